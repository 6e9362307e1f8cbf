"""The standings of a run: who is fastest in each group, in each mode and in the geometric mean, and the run's noise."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.speed import standings, verdicts
from bench.speed.standings import Blocks, Noise, Standing
from reports.data.load import Run
from reports.data.series import Series, collect, group

PANEL = ("side", "device", "dtype", "size", "threads", "cache", "direction")
"""What is the same in all groups of a panel of the report."""
PanelKey = tuple[object, ...]


@dataclass(frozen=True)
class Standings:
    """The standings of a run."""

    run: Run

    @cached_property
    def noise(self) -> Noise:
        """The relative differences that mean nothing in this run, and between such runs."""
        groups = (
            {name: series.blocks_by_replicate for name, series in members.items()}
            for panel in self.panels.values()
            for members in panel.values()
        )
        return standings.noise((*self.run.records, *self.run.twins), groups)

    @cached_property
    def floor(self) -> float:
        """The relative difference below which nothing counts: by twins, or else by the halves of the run."""
        by_twins = self.noise.ratios
        if not math.isnan(by_twins):
            return by_twins
        return verdicts.noise_floor([list(s.figures.values()) for s in collect(self.run) if not s.is_reference])

    @cached_property
    def panels(self) -> dict[PanelKey, dict[str, dict[str, Series]]]:
        """The series with times: by panel, activation, and column such as `torch compiled`."""
        panels: dict[PanelKey, dict[str, dict[str, Series]]] = {}
        for series in collect(self.run):
            if series.figures and not series.is_reference:
                groups = panels.setdefault(panel_key(series), {})
                groups.setdefault(series.case.label, {})[column(series)] = series
        return panels

    @cached_property
    def cases(self) -> dict[tuple[str, str], Standing]:
        """The standing of each case among all columns, by side and id."""
        return self.among([list(g.values()) for groups in self.panels.values() for g in groups.values()])

    @cached_property
    def cases_of_mode(self) -> dict[tuple[str, str], Standing]:
        """The standing of each case among the columns of its mode, by side and id."""
        groups = [g.values() for groups in self.panels.values() for g in groups.values()]
        modes = sorted({series.case.mode for group in groups for series in group})
        return self.among([[s for s in group if s.case.mode == mode] for group in groups for mode in modes])

    def among(self, groups: Sequence[Sequence[Series]]) -> dict[tuple[str, str], Standing]:
        """Return the standings within groups of series."""
        by_key = {key(series): series for members in groups for series in members}
        blocks = [{key(series): series.blocks_by_replicate for series in members} for members in groups]
        return standings.standings(blocks, lambda name: group(by_key[name]), self.floor)

    def means(self, panel: PanelKey) -> dict[str, Standing]:
        """Return the standing of each column of a panel in the geometric mean over its common activations."""
        groups = self.panels.get(panel, {})
        columns = dict.fromkeys(name for members in groups.values() for name in members)
        common: list[Mapping[str, Blocks]] = [
            {name: members[name].blocks_by_replicate for name in columns}
            for members in groups.values()
            if len(members) == len(columns)
        ]
        if len(columns) < 2 or not common:
            return {}
        return standings.standings([standings.geometric_means(common)], lambda _: "means", self.floor)


def panel_key(series: Series) -> PanelKey:
    """Return what a series has in common with its panel."""
    return (series.side, *(getattr(series.case, name) for name in PANEL[1:]))


def column(series: Series) -> str:
    """Return the column of a series in its panel."""
    return f"{series.case.backend} {series.case.mode}"


def key(series: Series) -> tuple[str, str]:
    """Return the side and id of a series."""
    return series.side, series.id
