"""Checks of a test's functions without a process: the worker's tasks and the judge, one after the other."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backends.interface import Backend
from bench.check import judge, plan, target
from bench.check.command import Check
from bench.check.evaluator import Evaluator
from bench.check.findings import Finding
from bench.check.judge import Judge
from bench.check.limits import Limits
from bench.check.plan import Choice
from bench.check.worker import Worker


def findings(
    backend: Backend,
    function: Callable[[Any], Any],
    choice: Choice,
    limits: Limits | None = None,
    backprop: Callable[[Any, Any], Any] | None = None,
) -> list[Finding]:
    """Return the findings about a function, up to the first that fails."""
    results: list[Finding] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        work = plan.write(choice, folder)
        check = Check(Judge(judge.definition(choice.definition), limits or Limits()), work, folder)
        evaluator = Evaluator(backend, target.bound(function), backprop)
        worker = Worker(folder, -1, work, os.getpid(), {False: evaluator})
        for number, task in enumerate(work.tasks):
            message = worker.run(number, task)
            results += check.findings(message)
            if failing(results):
                break
    return results


def failing(results: list[Finding]) -> list[Finding]:
    """Return the findings that fail."""
    return [finding for finding in results if finding.status == "fails"]
