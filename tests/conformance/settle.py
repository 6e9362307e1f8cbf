"""What is wrong, compared with what the backend declares."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backends.activation import Variant, catalogue, variants
from backends.divergence import Divergence, applying
from backends.interface import DTYPES
from tests.conformance.verdicts import Failure

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
SHOWN = 4  # worst failures named in a message


class Key(NamedTuple):
    """What one test asks: a check of a variant in a dtype and a mode."""

    check: str
    variant: Variant
    dtype: str
    mode: str


class Promise(NamedTuple):
    """The smallest part of an entry that must be kept: some variant it names must fail inside its bounds."""

    entry: Divergence
    dtype: str
    mode: str

    @property
    def id(self) -> str:
        """Readable: `gelu-value-float32-eager[-6.0,-2.0]`."""
        e = self.entry
        return f"{e.activation}-{e.check}-{self.dtype}-{self.mode}[{e.low!r},{e.high!r}]"


@dataclass
class Ledger:
    """What the tests of a run have found, and what was expected of them."""

    name: str
    backend: Any
    device: str = "cpu"
    ran: set[Key] = field(default_factory=set)
    kept: set[Promise] = field(default_factory=set)
    new: dict[Key, list[Failure]] = field(default_factory=dict)
    fixed: set[Promise] = field(default_factory=set)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """Of every entry, one for each dtype and mode that it names."""
        entries = dict.fromkeys(self.backend.DIVERGENCES)
        return tuple(Promise(e, dtype, mode) for e in entries for dtype in e.dtypes for mode in e.modes)

    @property
    def is_pinned(self) -> bool:
        """Whether the framework has the version, and runs on the device, for which the divergences are strict."""
        return self.device == "cpu" and bool(self.backend.version() == pin(self.name))

    def settle(self, *found: tuple[Key, list[Failure]]) -> None:
        """Pass, fail the test with what is not declared, or expect what is."""
        expected: list[Divergence] = []
        for key, failures in found:
            expected += self._compare(key, failures)
        if unexplained := [f for key, _ in found for f in self.new.get(key, ())]:
            pytest.fail(message(unexplained), pytrace=False)
        if expected:
            pytest.xfail("; ".join(dict.fromkeys(f"{d.kind}: {d.reason}" for d in expected)))

    def _compare(self, key: Key, failures: list[Failure]) -> list[Divergence]:
        """The entries that are seen here; what none of them covers is noted as new."""
        entries = applying(self.backend.DIVERGENCES, key.variant.id, key.check, key.dtype, key.mode)
        seen = [d for d in entries if any(d.covers(f.x) for f in failures)]
        self.ran.add(key)
        self.kept |= {Promise(d, key.dtype, key.mode) for d in seen}
        if unexplained := [f for f in failures if not any(d.covers(f.x) for d in entries)]:
            self.new[key] = unexplained
        return seen


def pin(name: str) -> str | None:
    """The version of a package in constraints.txt."""
    lines = (line.partition("==") for line in CONSTRAINTS.read_text().splitlines())
    return next((version for package, _, version in lines if package == name), None)


def message(failures: Iterable[Failure]) -> str:
    """The worst first, a few lines."""
    ordered = sorted(failures, key=lambda f: -f.badness)
    rest = [f"... and {len(ordered) - SHOWN} more"] if len(ordered) > SHOWN else []
    return "\n".join([f"{len(ordered)} wrong and not declared, the worst first", *map(str, ordered[:SHOWN]), *rest])


def unknown(divergences: Iterable[Divergence]) -> list[str]:
    """What is wrong with the entries themselves: an activation or variant that does not exist."""
    known = {*catalogue(), *(v.id for v in variants())}
    return [f"unknown activation {d.activation!r}" for d in divergences if d.activation not in known]


def suggestions(new: dict[Key, list[Failure]]) -> list[str]:
    """Entries ready to paste: negative and positive inputs apart, grouped over dtypes and over all variants."""
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
    return [_entry(*where, found) for where, found in bounds.items()]


def _entry(name: str, check: str, mode: str, side: str, found: dict[str, list[float]]) -> str:
    xs = [x for some in found.values() for x in some]
    low, high = ("math.nan", "math.nan") if side == "nan" else (_source(min(xs)), _source(max(xs)))
    dtypes = ", ".join(repr(d) for d in DTYPES if d in found)
    return (
        f"Divergence(activation={name!r}, check={check!r}, dtypes=({dtypes},), modes=({mode!r},), "
        f'low={low}, high={high}, kind="upstream", reason=""),'
    )


def _source(x: float) -> str:
    return repr(x).replace("inf", "math.inf")
