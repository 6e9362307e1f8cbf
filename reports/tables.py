"""The tidy table seen from where a reader stands: activation × backend, means, winners, failures."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

import backends
from bench.cases import DIRECTIONS, NOOP, REFERENCES
from reports import formats
from reports.statistic import geometric_mean
from reports.tidy import SETTING

BACKENDS = backends.names()


@dataclass(frozen=True)
class Panel:
    """One setting and direction: what can be compared side by side."""

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
        """Direction and setting."""
        return f"{formats.text(self.direction)} · {self.setting}"

    @property
    def setting(self) -> str:
        """What is held fixed, for a reader."""
        parts = (self.side, self.dtype, f"{formats.size(self.size)} elements", self.device)
        hot = "hot inputs" if self.cache == "hot" else ""
        return formats.text(" · ".join(filter(None, (*parts, formats.count(self.threads, "thread"), hot))))

    @property
    def columns(self) -> list[str]:
        """`torch compiled`: backends in the project's order, then others by name; eager first."""
        order = self.rows.drop_duplicates("column").sort_values(["rank", "backend", "eager", "mode"])
        return list(order["column"])

    @property
    def labels(self) -> list[str]:
        """The activations, by name."""
        return sorted(self.rows["label"].unique())

    def wide(self, value: str) -> pd.DataFrame:
        """Activation × column."""
        wide = self.rows.drop_duplicates(["label", "column"]).set_index(["label", "column"])[value].unstack()  # noqa: PD010  # pivot_table would average
        return wide.reindex(index=self.labels, columns=self.columns)

    def winners(self) -> dict[str, str]:
        """By activation, the column whose interval lies below every other's; no entry where none does."""
        low, high = self.wide("seconds_low"), self.wide("seconds_high")
        found = {}
        for label in self.labels:
            upper = high.loc[label].dropna()
            lower = low.loc[label].dropna()
            if len(upper) > 1 and upper.min() < lower.drop(upper.idxmin()).min():
                found[label] = str(upper.idxmin())
        return found

    def common(self) -> list[str]:
        """The activations that every column with any time has a time for."""
        seconds = self.wide("seconds").dropna(axis="columns", how="all")
        return list(seconds.dropna().index) if len(seconds.columns) else []

    def means(self, value: str) -> dict[str, float]:
        """The geometric mean of each column over the common activations."""
        wide = self.wide(value).loc[self.common()]
        return {column: geometric_mean(list(wide[column].dropna())) for column in self.columns}


def panels(table: pd.DataFrame) -> list[Panel]:
    """Runs as in the table, head before base, largest size first, then by dtype; forward, backward, step."""
    rows = activations(table)
    runs = list(table["run"].drop_duplicates())
    order = {name: place for place, name in enumerate(DIRECTIONS)}
    found = []
    for _, part in rows.groupby([*SETTING, "direction"], sort=False):
        setting: dict[str, Any] = {name: part[name].iloc[0] for name in (*SETTING, "direction")}
        found.append(Panel(**setting, rows=part))
    return sorted(
        found,
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
    """Without the references; with `column`, and what columns are ordered by."""
    return arranged(table[~table["activation"].isin(REFERENCES)])


def arranged(table: pd.DataFrame) -> pd.DataFrame:
    """With `column`, and what columns are ordered by."""
    rows = table.copy()
    rows["column"] = rows["backend"] + " " + rows["mode"]
    rows["rank"] = [BACKENDS.index(name) if name in BACKENDS else len(BACKENDS) for name in rows["backend"]]
    rows["eager"] = rows["mode"] != "eager"
    return rows


def standings(rows: pd.DataFrame, by: list[str]) -> "pd.Series[str]":
    """Within each group: `fastest` where one interval lies below all others, `uncertain` for those that share the lead.

    Empty for all others, and in a group where nothing is to be compared.
    """
    found = pd.Series("", index=rows.index, dtype="str")
    for _, part in rows[rows["seconds_high"].notna()].groupby(by, sort=False):
        ahead = part.index[part["seconds_low"] <= part["seconds_high"].min()]
        if len(part) > 1:
            found[ahead] = "fastest" if len(ahead) == 1 else "uncertain"
    return found


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Every case without a number, alike ones of one backend together: status, reason, which."""
    failed = table[table["status"] != "ok"]
    key = ["run", "backend", "mode", "status", "reason"]
    found: list[dict[str, Any]] = []
    for values, part in failed.groupby(key, sort=False):
        labels = [f"{row.label} {row.direction}" for row in part.itertuples()]
        found.append(dict(zip(key, values, strict=True)) | {"cases": len(part), "which": ", ".join(sorted(labels))})
    return pd.DataFrame(found, columns=[*key, "cases", "which"])


@dataclass(frozen=True)
class Dispatch:
    """What a call costs before it computes anything, on one backend in one mode."""

    column: str
    setting: str
    seconds: dict[str, float]
    """By direction; NaN where the no-op has no time."""


def dispatch(table: pd.DataFrame) -> list[Dispatch]:
    """The no-ops, a line for each backend, mode and setting; the setting is told where there are several."""
    rows = arranged(table[table["activation"] == NOOP])
    shown = [name for name in ("run", "side", "dtype", "device", "threads") if len(set(rows[name])) > 1]
    key = ["run", "side", "device", "dtype", "threads", "cache", "rank", "backend", "eager", "mode"]
    found = []
    for _, part in rows.groupby(key):
        first = part.iloc[0]
        values = [formats.count(first[n], "thread") if n == "threads" else str(first[n]) for n in shown]
        times = dict(zip(part["direction"], part["seconds"], strict=True))
        seconds = {name: float(times[name]) for name in DIRECTIONS if name in times}
        found.append(Dispatch(formats.text(part["column"].iloc[0]), formats.text(" · ".join(values)), seconds))
    return found
