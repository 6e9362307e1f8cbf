"""The records of a run as series: one case of one side over its replicates."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench.core.cases import COPY, NOOP
from bench.core.record import LEAST_SECONDS, MOST_SECONDS, CaseRecord, Record
from bench.speed import pairing
from reports.data.load import Run

COPY_KEY = ("backend", "device", "dtype", "size", "threads", "cache")
NOOP_KEY = ("backend", "device", "dtype", "direction", "mode", "threads", "cache")


@dataclass(frozen=True)
class Series:
    """One case of one side, over its replicates."""

    side: str
    records: tuple[Record, ...]
    """One record per replicate, in the order of their numbers."""

    @property
    def case(self) -> CaseRecord:
        """The measured case."""
        return self.records[0].case

    @property
    def id(self) -> str:
        """The id of the case."""
        return self.case.id

    @property
    def is_reference(self) -> bool:
        """Whether the case is a copy or a no-op instead of an activation."""
        return self.case.is_reference

    @cached_property
    def failed(self) -> Record | None:
        """The first record without a time, or None; one such record spoils the case."""
        return next((record for record in self.records if record.status != "ok"), None)

    @property
    def status(self) -> str:
        """The status of the case: `ok`, or that of its first failure."""
        return self.failed.status if self.failed else "ok"

    @property
    def reason(self) -> str:
        """The reason for which the case has no time; empty where it has one."""
        return self.failed.reason if self.failed else ""

    @cached_property
    def blocks(self) -> list[float]:
        """The block medians of all replicates; empty for a case that failed in any."""
        return [] if self.failed else [seconds for record in self.records for seconds in record.block_seconds]

    @cached_property
    def figures(self) -> dict[int, float]:
        """The median of the blocks by replicate; empty for a case that failed in any."""
        if self.failed:
            return {}
        return {record.replicate: statistics.median(record.block_seconds) for record in self.records}

    @cached_property
    def blocks_by_replicate(self) -> dict[int, tuple[float, ...]]:
        """The blocks by replicate, one per cycle; empty for a case that failed in any."""
        return {} if self.failed else {record.replicate: record.block_seconds for record in self.records}

    def against_copy(self, copy: "Series | None") -> dict[int, float]:
        """Return multiples of the copy by replicate: of its blocks in the same cycles, where they were measured."""
        paired = {r.replicate: r.copy_seconds for r in self.records if r.copy_seconds}
        if not paired:
            return self.against(copy)
        return {n: pairing.paired_ratio(self.blocks_by_replicate[n], paired[n]) for n in paired} if self.figures else {}

    def against(self, reference: "Series | None") -> dict[int, float]:
        """Return multiples of the reference of the same replicate, by replicate; empty without a reference."""
        reference_figures: Mapping[int, float] = reference.figures if reference else {}
        return {
            number: figure / reference_figures[number]
            for number, figure in self.figures.items()
            if number in reference_figures
        }

    def times(self, name: str, **where: Any) -> list[float]:
        """Return the values of a field that is a time, from the records that have it and agree with `where`."""
        records = [] if self.failed else [r for r in self.records if all(getattr(r, k) == v for k, v in where.items())]
        values = (getattr(record, name) for record in records)
        return [seconds for seconds in values if seconds is not None and LEAST_SECONDS <= seconds <= MOST_SECONDS]

    def counts(self, name: str) -> list[int]:
        """Return the values of a field that is a whole number, from the records that have it."""
        values = [] if self.failed else [getattr(record, name) for record in self.records]
        return [n for n in values if n is not None and 0 <= n < 2**63]


def collect(run: Run) -> list[Series]:
    """Return every case of a run in order of first appearance; a later record of a replicate replaces an earlier."""
    groups: dict[tuple[str, str], dict[int, Record]] = {}
    for record in run.records:
        groups.setdefault((record.side, record.case.id), {})[record.replicate] = record
    return [Series(side, tuple(by_number[n] for n in sorted(by_number))) for (side, _), by_number in groups.items()]


class References:
    """The copies and the no-ops of a run, by the properties that they share with the cases compared with them."""

    def __init__(self, measured: Iterable[Series]) -> None:
        self.by_key: dict[Sequence[Any], Series] = {}
        for series in measured:
            if series.is_reference:
                key = self.copy_key(series) if series.case.activation == COPY else self.noop_key(series)
                self.by_key.setdefault(key, series)

    @staticmethod
    def copy_key(series: Series) -> tuple[Any, ...]:
        """Return the properties that a copy shares with the cases expressed in multiples of it."""
        return (COPY, series.side, *(getattr(series.case, name) for name in COPY_KEY))

    @staticmethod
    def noop_key(series: Series) -> tuple[Any, ...]:
        """Return the properties that a no-op shares with the calls whose dispatch cost it is."""
        return (NOOP, series.side, *(getattr(series.case, name) for name in NOOP_KEY))

    def copy(self, series: Series) -> Series | None:
        """Return the copy of the same tensor on the same backend; None where the run has none."""
        return self.by_key.get(self.copy_key(series))

    def noop(self, series: Series) -> Series | None:
        """Return the call of the same kind that computes nothing; None where the run has none."""
        return self.by_key.get(self.noop_key(series))


def group(series: Series) -> str:
    """Return the group of like cases, which have like spreads: `bench.speed.verdicts` pools their variances."""
    return f"{series.side} {pairing.like(series.case)}"
