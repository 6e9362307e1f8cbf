"""The ledger of a run: compares failures with the divergences that the backend declares and with the record."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backends.activation import Variant, catalogue, variants
from backends.divergence import Divergence, select_divergences
from backends.interface import DTYPES
from bench.accuracy.device import DEVICE
from bench.core import setting
from bench.core.setting import Setting
from tests import behaviour, promises
from tests.behaviour import Behaviour, Line
from tests.conformance.verdicts import Failure
from tests.findings import Finding, Findings

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
KIND = "divergences"
UNDECLARED = "as in no recorded setting, or as recorded in this one"
SHOWN_FAILURES = 4  # the worst ones, which a message names


class Key(NamedTuple):
    """The subject of a test: a check of a variant in a dtype and a mode."""

    check: str
    variant: Variant
    dtype: str
    mode: str

    @property
    def id(self) -> str:
        """The key in words: `gelu-value-float32-eager`."""
        return f"{self.variant.id}-{self.check}-{self.dtype}-{self.mode}"


class Promise(NamedTuple):
    """The smallest part of an entry that must still hold: a variant that it names fails inside its bounds."""

    entry: Divergence
    dtype: str
    mode: str

    @property
    def id(self) -> str:
        """The promise in words: `gelu-value-float32-eager[-6.0,-2.0]`."""
        e = self.entry
        return f"{e.activation}-{e.check}-{self.dtype}-{self.mode}[{e.low!r},{e.high!r}]"


@dataclass
class Ledger:
    """The failures of a run, and those that were expected.

    Divergences are declared for the settings that have a record: there a failure that none of them covers fails the
    test, unless the record names it, and so does an entry inside whose bounds nothing fails. In other settings a
    failure of the framework's code is a finding; one of this project's code fails everywhere.
    """

    name: str
    backend: Any
    setting: Setting
    findings: Findings = field(default_factory=Findings)
    folder: Path = behaviour.FOLDER
    is_recording: bool = False
    ran: set[Key] = field(default_factory=set)
    confirmed: set[Promise] = field(default_factory=set)
    new: dict[Key, list[Failure]] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    """The ids of declared divergences and listed bugs that are still seen."""
    absent: dict[str, str] = field(default_factory=dict)
    """The reasons of those that are no longer seen, by id."""

    def __post_init__(self) -> None:
        """Read the record of this setting."""
        self.recorded = behaviour.load(KIND, self.name, self.setting, self.folder)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """The promises of all entries, one for each dtype and mode that an entry names."""
        entries = dict.fromkeys(self.backend.DIVERGENCES)
        return tuple(Promise(e, dtype, mode) for e in entries for dtype in e.dtypes for mode in e.modes)

    @property
    def is_pinned(self) -> bool:
        """Whether the framework has the version, and runs on the device, for which the divergences are strict."""
        return DEVICE.get() == "cpu" and bool(self.backend.version() == pin(self.name))

    @property
    def is_recorded(self) -> bool:
        """Whether this very setting has a record: every departure from it fails, the framework's too."""
        return self.recorded is not None and not self.is_recording

    def is_strict(self, activation: str) -> bool:
        """Return whether this setting has a record of an activation, for the revision of its function."""
        line = self._line(activation)
        if line is None or not self.is_recorded:
            return False
        return behaviour.subject_revision(line) == setting.revision(self.name, activation)

    def settle(self, *results: tuple[Key, list[Failure]]) -> None:
        """Fail the test with undeclared failures, mark it as xfail with declared ones, or let it pass."""
        expected: list[Divergence] = []
        for key, failures in results:
            expected += self._compare(key, failures)
        keys = [key for key, _ in results]
        if faults := [fault for key in keys for fault in self._faults(key)]:
            pytest.fail("\n".join(faults), pytrace=False)
        compared = [key for key in keys if not self.is_strict(key.variant.activation.name)]
        self.findings.settle(finding(key, self.new.get(key, [])) for key in compared)
        if reasons := [f"{d.kind}: {d.reason}" for d in expected] + [UNDECLARED for key in keys if key in self.new]:
            pytest.xfail("; ".join(dict.fromkeys(reasons)))

    def _compare(self, key: Key, failures: list[Failure]) -> list[Divergence]:
        """Return the entries that failures confirm; note those failures that no entry covers as new."""
        entries = select_divergences(self.backend.DIVERGENCES, key.variant.id, key.check, key.dtype, key.mode)
        seen = [d for d in entries if any(d.covers(f.x) for f in failures)]
        self.ran.add(key)
        self.confirmed |= {Promise(d, key.dtype, key.mode) for d in seen}
        if undeclared := self.undeclared(key, failures):
            self.new[key] = undeclared
        return seen

    def undeclared(self, key: Key, failures: list[Failure]) -> list[Failure]:
        """Return the failures that no entry covers."""
        entries = select_divergences(self.backend.DIVERGENCES, key.variant.id, key.check, key.dtype, key.mode)
        return [f for f in failures if not any(d.covers(f.x) for d in entries)]

    def _faults(self, key: Key) -> list[str]:
        """Return why a test fails: failures neither declared nor recorded, or a recorded test that is right."""
        failures, line = self.new.get(key, []), self._line(f"new {key.id}")
        if self._is_ours(key):
            return [message(failures)] if failures else []
        if not self.is_strict(key.variant.activation.name):
            return []
        outside = [f for f in failures if line is None or not covers(line, f.x)]
        if line is not None and not failures:
            return [f"{key.id}: recorded as wrong, and right: record anew"]
        return [message(outside)] if outside else []

    def _line(self, subject: str) -> Line | None:
        return self.recorded.subjects.get(subject) if self.recorded else None

    def miss(self, promise: Promise) -> None:
        """Note that nothing fails inside an entry's bounds; fail the test unless the record says so."""
        self.miss_all({promise.id: promise.entry.reason}, promise.entry.activation.partition("[")[0])

    def miss_all(self, absent: Mapping[str, str], activation: str) -> None:
        """Note that entries (reasons by id) no longer hold; fail the test unless the record says so."""
        self.absent |= absent
        if not self.is_strict(activation):
            self.findings.settle(Finding("FIXED", entry, reason) for entry, reason in absent.items())
            return
        new = [f"{entry} ({reason})" for entry, reason in absent.items() if self._line(f"fixed {entry}") is None]
        if new:
            pytest.fail("\n".join(["nothing fails there any more: take it out", *new]), pytrace=False)

    def record(self) -> None:
        """Write the differences of this setting from the declared entries; keep the record of tests that did not run.

        Each activation that ran gets a line: an activation without one is not held to the record.
        """
        if not self.ran:
            return
        present = {promise.id for promise in self.confirmed} | self.present
        ran = {f"new {key.id}" for key in self.ran} | {f"fixed {entry}" for entry in present}
        before = self.recorded.subjects if self.recorded else {}
        declared = {f"fixed {promise.id}" for promise in self.promises}
        gone = {s for s in before if s.startswith("fixed ") and s not in declared and not s.startswith("fixed bug ")}
        lines = {subject: line for subject, line in before.items() if subject not in ran | gone}
        lines |= {f"new {key.id}": bounds(failures) for key, failures in self.new.items() if not self._is_ours(key)}
        lines |= {f"fixed {entry}": {} for entry in self.absent}
        for activation in {key.variant.activation.name for key in self.ran}:
            revision = setting.revision(self.name, activation)
            lines[activation] = {"revision": revision} if revision != 1 else {}
        Behaviour(KIND, self.name, self.setting, lines).write(self.folder)

    def _is_ours(self, key: Key) -> bool:
        return promises.is_ours(self.name, key.variant.id)


def bounds(failures: Iterable[Failure]) -> Line:
    """Return the lowest and the highest failing input, as text since JSON has no infinity, and whether NaN fails."""
    xs = [failure.x for failure in failures]
    numbers = [x for x in xs if not math.isnan(x)]
    line: Line = {"low": repr(min(numbers)), "high": repr(max(numbers))} if numbers else {}
    return line | ({"nan": True} if len(numbers) < len(xs) else {})


def covers(line: Line, x: float) -> bool:
    """Return whether the record of a failing test names an input."""
    return bool(line.get("nan")) if math.isnan(x) else "low" in line and float(line["low"]) <= x <= float(line["high"])


def finding(key: Key, failures: list[Failure]) -> Finding:
    """Return how a test in a setting without a record compares with the declared divergences."""
    if not failures:
        return Finding("SAME", key.id)
    worst = max(failures, key=lambda failure: failure.badness)
    return Finding("NEW", key.id, worst.message, repr(worst.x))


def pin(name: str) -> str | None:
    """Return the version of a package in constraints.txt."""
    lines = (line.partition("==") for line in CONSTRAINTS.read_text().splitlines())
    return next((version for package, _, version in lines if package == name), None)


def message(failures: Iterable[Failure]) -> str:
    """Return the failures in a few lines, the worst first."""
    ordered = sorted(failures, key=lambda f: -f.badness)
    remaining = [f"... and {len(ordered) - SHOWN_FAILURES} more"] if len(ordered) > SHOWN_FAILURES else []
    worst = map(str, ordered[:SHOWN_FAILURES])
    return "\n".join([f"{len(ordered)} wrong and not declared, the worst first", *worst, *remaining])


def unknown_activations(divergences: Iterable[Divergence]) -> list[str]:
    """Return an error for each entry whose activation or variant does not exist."""
    names = {*catalogue(), *(v.id for v in variants())}
    return [f"unknown activation {d.activation!r}" for d in divergences if d.activation not in names]


def suggestions(new: dict[Key, list[Failure]]) -> list[str]:
    """Return entries ready to paste, apart for negative and positive inputs, grouped over dtypes and all variants."""
    bounds: dict[tuple[str, str, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for key, failures in new.items():
        name = key.variant.activation.name
        failing = {
            k.variant for k in new if (k.variant.activation.name, k.check, k.mode) == (name, key.check, key.mode)
        }
        subject = name if failing == set(key.variant.activation.variants) else key.variant.id
        for f in failures:
            side = "nan" if math.isnan(f.x) else "-" if math.copysign(1, f.x) < 0 else "+"
            bounds[subject, key.check, key.mode, side][key.dtype].append(f.x)
    return [_entry(*group, inputs) for group, inputs in bounds.items()]


def _entry(name: str, check: str, mode: str, side: str, inputs: dict[str, list[float]]) -> str:
    xs = [x for dtype_inputs in inputs.values() for x in dtype_inputs]
    low, high = ("math.nan", "math.nan") if side == "nan" else (_source(min(xs)), _source(max(xs)))
    dtypes = ", ".join(repr(d) for d in DTYPES if d in inputs)
    return (
        f"Divergence(activation={name!r}, check={check!r}, dtypes=({dtypes},), modes=({mode!r},), "
        f'low={low}, high={high}, kind="upstream", reason=""),'
    )


def _source(x: float) -> str:
    return repr(x).replace("inf", "math.inf")
