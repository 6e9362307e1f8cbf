"""The tidy table seen from where a reader stands: activation × backend, means, winners, failures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

import backends
from bench.cases import COPY, DIRECTIONS
from reports import formats
from reports.load import SETTING
from reports.statistic import geometric_mean

BACKENDS = backends.names()


@dataclass(frozen=True)
class Panel:
    """One setting and direction: what can be compared side by side."""

    run: str
    device: str
    dtype: str
    size: int
    threads: int
    direction: str
    rows: pd.DataFrame

    @property
    def title(self) -> str:
        """Direction and setting."""
        return f"{formats.text(self.direction)} · {self.setting}"

    @property
    def setting(self) -> str:
        """What is held fixed, for a reader."""
        threads = formats.count(self.threads, "thread")
        return formats.text(f"{self.dtype} · {formats.size(self.size)} elements · {self.device} · {threads}")

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
    """Largest size first, then by dtype; forward before backward before step."""
    rows = activations(table)
    order = {name: place for place, name in enumerate(DIRECTIONS)}
    found = []
    for _, part in rows.groupby([*SETTING, "direction"], sort=False):
        setting: dict[str, Any] = {name: part[name].iloc[0] for name in (*SETTING, "direction")}
        found.append(Panel(**setting, rows=part))
    return sorted(
        found,
        key=lambda p: (p.run, -p.size, p.dtype != "float32", p.dtype, p.device, p.threads, order.get(p.direction, 9)),
    )


def activations(table: pd.DataFrame) -> pd.DataFrame:
    """Without the copies; with `column`, and what columns are ordered by."""
    rows = table[table["activation"] != COPY].copy()
    rows["column"] = rows["backend"] + " " + rows["mode"]
    rows["rank"] = [BACKENDS.index(name) if name in BACKENDS else len(BACKENDS) for name in rows["backend"]]
    rows["eager"] = rows["mode"] != "eager"
    return rows


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Every case without a number, alike ones of one backend together: status, reason, which."""
    failed = table[table["status"] != "ok"]
    key = ["run", "backend", "mode", "status", "reason"]
    found: list[dict[str, Any]] = []
    for values, part in failed.groupby(key, sort=False):
        labels = [f"{row.label} {row.direction}" for row in part.itertuples()]
        found.append(dict(zip(key, values, strict=True)) | {"cases": len(part), "which": ", ".join(sorted(labels))})
    return pd.DataFrame(found, columns=[*key, "cases", "which"])


def findings(table: pd.DataFrame) -> Iterator[str]:
    """What was found, in sentences made of the figures; of each run, the largest setting alone."""
    names = list(table["run"].drop_duplicates())
    for name in names:
        rows = table[table["run"] == name]
        every = panels(rows)
        said = [line for panel in every if panel.setting == every[0].setting for line in panel_findings(panel)]
        said += failure_findings(failures(rows))
        yield from (f"{formats.text(name)}: {line}" if len(names) > 1 else line for line in said)


def panel_findings(panel: Panel) -> Iterator[str]:
    """Who is fastest by the geometric mean, and the two ends of × copy."""
    means = {column: mean for column, mean in panel.means("seconds").items() if not math.isnan(mean)}
    if not means:
        yield formats.text(f"{panel.direction.capitalize()}: no activation has a time on every backend that has any.")
        return
    ranked = sorted(means, key=means.__getitem__)
    known = panel.rows[panel.rows["x_copy"].notna()].sort_values("x_copy")
    rest = ", ".join(f"{name} {formats.times(means[name] / means[ranked[0]])}" for name in ranked[1:])
    over = formats.count(len(panel.common()), "activation")
    least = f"{ranked[0]} takes {formats.duration(means[ranked[0]])} in the geometric mean of {over}"
    yield formats.text(f"{panel.direction.capitalize()}: {least}" + (f"; as multiples of it {rest}." if rest else "."))
    if len(known):
        ends = [f"{row['label']} on {row['column']} ({formats.times(row['x_copy'])})" for row in ends_of(known)]
        yield formats.text(f"{panel.direction.capitalize()}: against a copy, least {ends[0]}, most {ends[1]}.")


def ends_of(rows: pd.DataFrame) -> list[Any]:
    """The first and the last row."""
    return [rows.iloc[0], rows.iloc[-1]]


def failure_findings(failed: pd.DataFrame) -> Iterator[str]:
    """A line per backend and status: how many cases, and one of the reasons."""
    for (backend, status), part in failed.groupby(["backend", "status"], sort=False):
        cases = formats.count(int(part["cases"].sum()), "case")
        kind = str(status).replace("_", " ")
        reason = part["reason"].iloc[0]
        yield formats.text(f"Without a time: {cases} {kind} on {backend}" + (f", as {reason}" if reason else ""))
