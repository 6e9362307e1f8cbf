"""Views of the tidy table for a reader: activation × backend, means, winners, failures."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

import backends
from bench.core.cases import DIRECTIONS, NOOP, REFERENCES
from reports import formats
from reports.data.standings import PANEL, PanelKey
from reports.data.statistic import geometric_mean
from reports.data.tidy import SETTING

BACKENDS = backends.names()


@dataclass(frozen=True)
class Panel:
    """One setting and direction, in which times can be compared side by side."""

    run: str
    side: str
    device: str
    dtype: str
    size: int
    threads: int
    cache: str
    direction: str
    rows: pd.DataFrame

    @property
    def title(self) -> str:
        """The direction and the setting."""
        return f"{formats.text(self.direction)} · {self.setting}"

    @property
    def setting(self) -> str:
        """The properties held fixed, in words."""
        parts = (self.side, self.dtype, f"{formats.size(self.size)} elements", self.device)
        hot = "hot inputs" if self.cache == "hot" else ""
        return formats.text(" · ".join(filter(None, (*parts, formats.count(self.threads, "thread"), hot))))

    @property
    def key(self) -> PanelKey:
        """The key of the panel in the standings of its run."""
        return tuple(getattr(self, name) for name in PANEL)

    @property
    def columns(self) -> list[str]:
        """The columns, as in `torch compiled`: backends in the order of the project, others by name; eager first."""
        order = self.rows.drop_duplicates("column").sort_values(["rank", "backend", "eager", "mode"])
        return list(order["column"])

    @property
    def labels(self) -> list[str]:
        """The activations, by name."""
        return sorted(self.rows["label"].unique())

    def wide(self, value: str) -> pd.DataFrame:
        """Return the values by activation and column."""
        wide = self.rows.drop_duplicates(["label", "column"]).set_index(["label", "column"])[value].unstack()  # noqa: PD010  # pivot_table would average
        return wide.reindex(index=self.labels, columns=self.columns)

    def winners(self) -> dict[str, str]:
        """Return, by activation, the column that all others are certainly behind; no entry where there is none."""
        first = self.rows[self.rows["standing"] == "fastest"]
        return dict(zip(first["label"], first["column"], strict=True))

    def common(self) -> list[str]:
        """Return the activations for which every column with any time has a time."""
        seconds = self.wide("seconds").dropna(axis="columns", how="all")
        return list(seconds.dropna().index) if len(seconds.columns) else []

    def means(self, value: str) -> dict[str, float]:
        """Return the geometric mean of each column over the common activations."""
        wide = self.wide(value).loc[self.common()]
        return {column: geometric_mean(list(wide[column].dropna())) for column in self.columns}


def panels(table: pd.DataFrame) -> list[Panel]:
    """Return the panels: runs as in the table, head first, largest size first, then by dtype and direction."""
    rows = activations(table)
    runs = list(table["run"].drop_duplicates())
    order = {name: place for place, name in enumerate(DIRECTIONS)}
    panels = []
    for _, part in rows.groupby([*SETTING, "direction"], sort=False):
        setting: dict[str, Any] = {name: part[name].iloc[0] for name in (*SETTING, "direction")}
        panels.append(Panel(**setting, rows=part))
    return sorted(
        panels,
        key=lambda p: (
            *(
                runs.index(p.run),
                p.side == "base",
                -p.size,
                p.dtype != "float32",
                p.dtype,
                p.device,
                p.threads,
                p.cache,
            ),
            order.get(p.direction, 9),
        ),
    )


def activations(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without references, with `column` and the columns to order by."""
    return arranged(table[~table["activation"].isin(REFERENCES)])


def arranged(table: pd.DataFrame) -> pd.DataFrame:
    """Add `column` and the columns to order by."""
    rows = table.copy()
    rows["column"] = rows["backend"] + " " + rows["mode"]
    rows["rank"] = [BACKENDS.index(name) if name in BACKENDS else len(BACKENDS) for name in rows["backend"]]
    rows["eager"] = rows["mode"] != "eager"
    return rows


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cases without a time, like ones of a backend merged: status, reason, number and names."""
    failed = table[table["status"] != "ok"]
    key = ["run", "backend", "mode", "status", "reason"]
    groups: list[dict[str, Any]] = []
    for values, part in failed.groupby(key, sort=False):
        labels = [f"{row.label} {row.direction}" for row in part.itertuples()]
        groups.append(dict(zip(key, values, strict=True)) | {"cases": len(part), "which": ", ".join(sorted(labels))})
    return pd.DataFrame(groups, columns=[*key, "cases", "which"])


@dataclass(frozen=True)
class Dispatch:
    """The dispatch cost on one backend in one mode."""

    column: str
    setting: str
    seconds: dict[str, float]
    """The time of the no-op by direction; NaN where it has none."""


def dispatch(table: pd.DataFrame) -> list[Dispatch]:
    """Return the dispatch costs by backend, mode and setting; the setting is named where there are several."""
    rows = arranged(table[table["activation"] == NOOP])
    shown = [name for name in ("run", "side", "dtype", "device", "threads") if len(set(rows[name])) > 1]
    key = ["run", "side", "device", "dtype", "threads", "cache", "rank", "backend", "eager", "mode"]
    costs = []
    for _, part in rows.groupby(key):
        first = part.iloc[0]
        values = [formats.count(first[name], "thread") if name == "threads" else str(first[name]) for name in shown]
        times = dict(zip(part["direction"], part["seconds"], strict=True))
        seconds = {name: float(times[name]) for name in DIRECTIONS if name in times}
        costs.append(Dispatch(formats.text(part["column"].iloc[0]), formats.text(" · ".join(values)), seconds))
    return costs
