"""The gate over several runs: each is compared with the previous run on the same machine.

A run of two sides has the verdict of its sides and is never compared with another, since its times are interleaved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.core import reading
from reports import formats
from reports.comparison import comparison, outcome, sides, verdict
from reports.comparison.comparison import Comparison
from reports.comparison.outcome import Outcome
from reports.data import load
from reports.data.load import as_dict
from reports.fault import BadRun
from reports.history.timeline import Stop, alike

LARGEST_BYTES = 2**26
"""The largest verdict.json that is read; one of 10,000 cases has a sixteenth of it."""
STATUSES = {
    outcome.SAME_OR_FASTER: "",
    outcome.SLOWER: "SLOWER",
    outcome.UNCERTAIN: "UNCERTAIN",
    outcome.NOTHING_MEASURED: "NOTHING IN COMMON",
    outcome.WRONG: "WRONG OUTPUT",
    outcome.MACHINES_DIFFER: "MACHINES DIFFER",
}
"""The word for a status; empty where it is that of the verdict."""


@dataclass(frozen=True)
class RunVerdict:
    """A run with the verdict of the gate."""

    stop: Stop
    comparison: Comparison | None
    reason: str
    """The reason for which it is not compared with the run just before it; empty where it is."""

    @property
    def result(self) -> Outcome | None:
        """The outcome of the comparison, or None without one."""
        return outcome.decide(self.comparison) if self.comparison else None

    @property
    def base(self) -> str:
        """The name of the run with which it is compared; empty where there is none, and for a run of two sides."""
        return self.comparison.base.run.name if self.comparison and not self.comparison.alternated else ""

    @property
    def is_bad(self) -> bool:
        """Whether it got slower, or an output is wrong."""
        return self.word in ("SLOWER", "WRONG OUTPUT")

    @property
    def word(self) -> str:
        """The outcome in a word; empty where there was nothing to compare with."""
        return word(self.result.status, self.result.word) if self.result else ""


def word(status: int, verdict_word: str) -> str:
    """Return the word for an exit status; that of the verdicts where the status has none."""
    return STATUSES[status] or verdict_word


def judge_all(stops: Sequence[Stop]) -> list[RunVerdict]:
    """Return every run with its verdict, in the same order."""
    return [judge(stop, stops[:place]) for place, stop in enumerate(stops)]


def judge(stop: Stop, before: Sequence[Stop]) -> RunVerdict:
    """Judge a run by its two sides, or else against the newest earlier run with which it can be compared."""
    if stop.run.alternated:
        return RunVerdict(stop, comparison.compare(*sides.of_run(stop.run)), "")
    candidates = [earlier for earlier in before if not earlier.run.alternated and alike(earlier.run, stop.run)]
    last = before[-1] if before else None
    reason = refusal(last, stop) if last and (not candidates or candidates[-1] is not last) else ""
    return RunVerdict(stop, comparison.compare(candidates[-1].side, stop.side) if candidates else None, reason)


def refusal(before: Stop, stop: Stop) -> str:
    """Return the reason for which two runs are not compared."""
    name = formats.text(before.run.name)
    if before.run.alternated:
        return f"Not compared with {name}, the run before it: that one measured two environments in turns."
    parts = outcome.listed(tuple(sides.find_machine_differences(before.run, stop.run)))
    return formats.text(f"Not compared with {name}, the run before it: the machines differ, {parts}.")


@dataclass(frozen=True)
class RecordedVerdict:
    """The verdict that an earlier `compare` left beside the records."""

    word: str
    answer: str
    against: str
    """The run that was compared with."""


def recorded(stop: Stop, dates: dict[str, str]) -> tuple[RecordedVerdict | None, str]:
    """Return the verdict that an earlier `compare` left beside the records, and the reason if it cannot be used."""
    path = stop.run.folder / verdict.NAMES[0]
    try:
        if not path.is_file():
            return None, ""
        if path.stat().st_size > LARGEST_BYTES:
            raise BadRun("it is too large to be one")
        return parse_verdict(load.read_json(path, {}), stop.run.name, dates), ""
    except OSError as error:
        fault = reading.reason(error)
    except BadRun as error:
        fault = str(error).removeprefix(f"{path} cannot be read: ")
    return None, f"{path.name} of {stop.run.name} is not shown: {formats.short(fault)}"


def parse_verdict(content: object, name: str, dates: dict[str, str]) -> RecordedVerdict:
    """Return the answer of a verdict and the compared runs; raise BadRun for anything but a verdict of this version."""
    fields = as_dict(content)
    status, answer = fields.get("status"), fields.get("reason")
    if fields.get("schema") != verdict.SCHEMA:
        raise BadRun(f"it is no verdict of version {verdict.SCHEMA}")
    if type(status) is not int or status not in STATUSES or not isinstance(answer, str) or not answer:
        raise BadRun("it holds no answer")
    base, head = (
        formats.short(as_dict(fields.get(side)).get("run") or "a run without a name") for side in ("base", "head")
    )
    against = "its two sides" if base == head else f"{base} ({dates.get(base, 'not among these runs')})"
    former = "" if head == formats.short(name) else f"; the run was called {head} then"
    return RecordedVerdict(
        word(status, formats.short(fields.get("word") or "")), formats.text(answer), f"{against}{former}"
    )
