"""Impostors for the suite of all inputs: a fault at a single input shows in the records and is a new finding."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import find
from bench.accuracy import evaluate
from bench.core import setting
from tests import budgets
from tests.budgets import Sweep
from tests.conformance import input_figures

VARIANT = find("silu").variants[0]
Fault = Callable[[Any, Any], Any]
"""A function from (x, y) to y."""


def replace_at(x: Any, place: float, y: Any, result: Callable[[Any], Any]) -> Any:
    """Return the results with another one at one input."""
    return np.where(x == np.float32(place), result(y), y).astype(y.dtype)


FAULTS: dict[str, tuple[str, Fault]] = {
    "above_one": ("one ulp more at one input", lambda x, y: replace_at(x, 1.5, y, lambda v: np.nextafter(v, v * 2))),
    "zero": ("zero for a tiny normal number", lambda x, y: replace_at(x, 2.0**-13, y, np.zeros_like)),
    "nan": ("NaN for one input", lambda x, y: replace_at(x, -2.0, y, lambda v: v * np.float16(np.nan))),
    "sign": ("one wrong sign", lambda x, y: replace_at(x, -2.0, y, np.negative)),
    "infinite": ("infinity for one input", lambda x, y: replace_at(x, 3.0, y, lambda v: v + np.float16(np.inf))),
    "position_differ": ("other at each seventh place", lambda x, y: np.where(np.arange(x.size) % 7, y, y * 0)),
    "zero_sign": ("no zero is negative", lambda x, y: np.where((y == 0) & (x != 0), np.abs(y), y)),
    "nan_swallowed": ("0 for NaN", lambda x, y: np.where(np.isnan(x), np.float16(0), y)),
    "out_of_range": ("below the minimum", lambda x, y: replace_at(x, -1.28125, y, lambda v: v * np.float16(1.01))),
    "not_monotone": (
        "a dent",
        lambda x, y: replace_at(x, 1.5, y, lambda v: np.nextafter(np.nextafter(v, v * 0), v * 0)),
    ),
}


def sweep_with_fault(fault: Fault | None, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """Return the figures of silu in float16 with a fault in its values."""
    honest = evaluate.program

    def tampered(subject: Any) -> Any:
        run = honest(subject)
        return run if fault is None or subject.direction == "backward" else lambda x: fault(x, run(x))

    monkeypatch.setattr(evaluate, "program", tampered)
    input_figures.judge_subject.cache_clear()
    with np.errstate(all="ignore"):
        figures = input_figures.figures("numpy", VARIANT, "float16")
    input_figures.judge_subject.cache_clear()
    return figures


def new_findings(sweep: Sweep) -> dict[str, str]:
    """Return the figures worse than those recorded for NumPy, with another machine's slack: this one may be another."""
    budget = budgets.load("inputs", "numpy", setting.current(backends.load("numpy")))
    budget.exact = None
    return {finding.subject: finding.message for finding in budget.findings(sweep) if finding.verdict == "NEW"}


def test_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend that the impostors are based on has no new finding."""
    assert new_findings(sweep_with_fault(None, monkeypatch)) == {}


@pytest.mark.parametrize("figure", FAULTS)
def test_caught(figure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fault is caught by the figure that is made for it, even with the slack."""
    honest = sweep_with_fault(None, monkeypatch)
    monkeypatch.undo()
    figures = sweep_with_fault(FAULTS[figure][1], monkeypatch)
    key = "silu value float16 eager"

    assert figures[key].figures[figure] > honest[key].figures[figure]
    assert f"{figure} " in new_findings(figures)[key]
