"""The steps of `python -m bench check`: start the worker, judge its results as they come, and give the verdict."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backends.activation import Variant
from bench.accuracy.verdict import refuse_flushing
from bench.check import effect, messages, plan, special
from bench.check.evaluator import differing
from bench.check.findings import Finding
from bench.check.judge import Judge, Judged, counter_of
from bench.check.limits import Limits
from bench.check.messages import Message, Plan, Task
from bench.check.plan import Choice
from bench.check.process import WorkerProcess
from bench.check.report import Report
from bench.core.cli import echo
from bench.core.faults import BadInput


def check(choice: Choice, variant: Variant, limits: Limits, python: str | None, seconds: float) -> Report:
    """Check a function, print each finding as it comes, and return all of them; `python` runs the worker."""
    refuse_flushing()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        progress = Check(Judge(variant, limits), plan.write(choice, folder), folder)
        report = Report(choice.target, variant.id, choice.backend)
        with WorkerProcess(folder, choice.backend, python, seconds) as worker:
            prepare(choice, variant)
            for message in worker.answers():
                if message.kind == "refused":
                    raise BadInput(message.reason)
                if message.kind == "loaded":
                    report.version = message.version
                    echo(report.heading)
                for finding in progress.findings(message):
                    report.findings.append(finding)
                    echo(finding.line)
    return report


def prepare(choice: Choice, variant: Variant) -> None:
    """Load or build the exact values of the first results while the worker imports its framework."""
    counter_of(variant.id, choice.directions[0], choice.dtypes[0])


@dataclass
class Check:
    """A check in progress: the judge, the results of earlier tasks, and the findings."""

    judge: Judge
    plan: Plan
    folder: Path
    number: int = 0
    """The number of the task whose answer comes next."""
    judged: dict[Task, Judged] = field(default_factory=dict)

    def findings(self, message: Message) -> Iterator[Finding]:
        """Yield the findings of a message about a task."""
        if message.kind not in ("fault", "skipped", "done"):
            return
        task = self.plan.tasks[self.number]  # answers come in the order of the tasks; a dead worker gives no number
        if message.kind == "fault":
            yield Finding(task.name, "fails", message.reason)
        elif message.kind == "skipped":
            yield Finding(task.name, "skipped", message.reason)
        elif task.kind == "parity":
            yield from self.judge.parity(task, message.circumstances)
        elif task.kind == "evaluate":
            yield from self.evaluated(self.number, task)
        self.number += 1

    def evaluated(self, number: int, task: Task) -> Iterator[Finding]:
        """Yield the findings of stored results."""
        names = [messages.result_name(number, part) for part in range(len(task.inputs))]
        patterns = [messages.read(self.folder, name) for name in names]
        for inputs, name in plan.EFFECT_NAMES.items():
            if task.inputs == (inputs,):
                x = messages.read(self.folder, inputs)
                yield effect.finding(f"effect on {name} {task.dtype}", self.judge.variant, x, patterns[0], task.dtype)
                return
        judged = self.judged[task] = self.judge.judged(task, patterns)
        if task.is_other:
            return
        allowed = self.judged.get(task.other())
        yield self.judge.finding(judged, allowed)
        permitted = allowed.record if allowed else None
        if limit := special.finding(task, judged.record, self.judge.variant, self.judge.limits, permitted):
            yield limit
        eager = self.judged.get(task.eager())
        if eager and task.mode == "compiled":
            yield same_bits(judged, eager)


def same_bits(compiled: Judged, eager: Judged) -> Finding:
    """Return whether compiled results have the bits of the eager ones; both are judged by themselves."""
    pairs = list(zip(compiled.parts, eager.parts, strict=True))
    count = sum(int(differing(one, other).sum()) for one, other in pairs)
    size = sum(one.size for one, _ in pairs)
    name = f"parity compiled {compiled.task.name.removesuffix(' compiled')}"
    if not count:
        return Finding(name, "holds", "same bits as eager", size)
    return Finding(name, "note", f"{count:,} of {size:,} results have other bits than eager", size)
