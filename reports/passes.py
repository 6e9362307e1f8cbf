"""A run's records as series: one case of one side over its passes, which are the replications."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench import alternation
from bench.cases import COPY, NOOP, REFERENCES
from reports.load import Run
from reports.records import Row, is_time

COPY_KEY = ("backend", "device", "dtype", "size", "threads", "cache")
NOOP_KEY = ("backend", "device", "dtype", "direction", "mode", "threads", "cache")


@dataclass(frozen=True)
class Series:
    """One case of one side, over its passes."""

    side: str
    records: tuple[Row, ...]
    """One a pass, by its number."""

    @property
    def case(self) -> Row:
        """What was measured."""
        case: Row = self.records[0]["case"]
        return case

    @property
    def id(self) -> str:
        """The case's."""
        return str(self.case["id"])

    @property
    def is_reference(self) -> bool:
        """Whether it is a copy or a no-op, which is no activation."""
        return self.case["activation"] in REFERENCES

    @cached_property
    def failed(self) -> Row | None:
        """The first record without a time: one spoils the case."""
        return next((record for record in self.records if record["status"] != "ok"), None)

    @property
    def status(self) -> str:
        """`ok`, or what became of it."""
        return str(self.failed["status"]) if self.failed else "ok"

    @property
    def reason(self) -> str:
        """Why it has no time; empty where it has one."""
        return str(self.failed.get("reason", "")) if self.failed else ""

    @cached_property
    def blocks(self) -> list[float]:
        """The block medians of all passes; none for a case that failed in any."""
        return [] if self.failed else [seconds for record in self.records for seconds in record["block_seconds"]]

    @cached_property
    def figures(self) -> dict[int, float]:
        """By pass, the median of its blocks; none for a case that failed in any."""
        if self.failed:
            return {}
        return {record["pass_number"]: statistics.median(record["block_seconds"]) for record in self.records}

    def against(self, reference: "Series | None") -> dict[int, float]:
        """By pass, in multiples of what the reference took in the same pass; none without it."""
        theirs: Mapping[int, float] = reference.figures if reference else {}
        return {number: own / theirs[number] for number, own in self.figures.items() if number in theirs}

    def times(self, name: str, **where: Any) -> list[float]:
        """A field of the records that is a time, of those records that have it and agree with `where`."""
        records = [] if self.failed else [r for r in self.records if all(r.get(k) == v for k, v in where.items())]
        return [record[name] for record in records if is_time(record.get(name))]

    def counts(self, name: str) -> list[int]:
        """A field of the records that is a whole number, of those records that have it."""
        found = [] if self.failed else [record.get(name) for record in self.records]
        return [n for n in found if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**63]


def of(run: Run) -> list[Series]:
    """Every case of a run, in the order in which they first appear; a later record of a pass replaces an earlier."""
    found: dict[tuple[str, str], dict[int, Row]] = {}
    for record in run.records:
        found.setdefault((record["side"], record["case"]["id"]), {})[record["pass_number"]] = record
    return [Series(side, tuple(by[n] for n in sorted(by))) for (side, _), by in found.items()]


class References:
    """The copies and the no-ops of a run, by what they are references of."""

    def __init__(self, found: Iterable[Series]) -> None:
        self.found: dict[Sequence[Any], Series] = {}
        for series in found:
            if series.is_reference:
                key = self.copy_key(series) if series.case["activation"] == COPY else self.noop_key(series)
                self.found.setdefault(key, series)

    @staticmethod
    def copy_key(series: Series) -> tuple[Any, ...]:
        """What a copy shares with the cases that are told in multiples of it."""
        return (COPY, series.side, *(series.case[name] for name in COPY_KEY))

    @staticmethod
    def noop_key(series: Series) -> tuple[Any, ...]:
        """What a no-op shares with the calls whose cost it is."""
        return (NOOP, series.side, *(series.case[name] for name in NOOP_KEY))

    def copy(self, series: Series) -> Series | None:
        """The copy of the same tensor on the same backend; None where the run has none."""
        return self.found.get(self.copy_key(series))

    def noop(self, series: Series) -> Series | None:
        """The call of the same kind that computes nothing; None where the run has none."""
        return self.found.get(self.noop_key(series))


def group(series: Series) -> str:
    """Of like cases, whose spread is alike too: `bench.verdicts` pools their variances."""
    return f"{series.side} {alternation.like(series.case)}"
