"""The three sentences of the first screen: who is fastest, whether they agree, what surprises. All from the figures."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from reports import formats, tables
from reports.tables import Panel

TRIVIAL = "linear"
"""Hands back what it was given, where a framework may: no surprise."""


def three(table: pd.DataFrame, floors: Mapping[str, float], departures: int, keras: str) -> list[dict[str, str]]:
    """Of the first run's largest setting, each with the words that it is about; `keras` is said of Keras' promise.

    Of several runs, each names the one that it speaks of.
    """
    name = str(table["run"].iloc[0])
    table = table[table["run"] == name]
    panels = tables.panels(table)
    panels = [own for own in panels if own.setting == panels[0].setting]
    floor = floors[name]
    said = {
        "Fastest": next(filter(None, (fastest(panel, floor) for panel in panels)), ""),
        "Agreement": " ".join(filter(None, (agreement(table, departures), keras))),
        "Largest surprise": surprise(panels, floor) if panels else "",
    }
    nothing = "no data: there is nothing to compare."
    of_run = f"{formats.short(name, 40)}: " if len(floors) > 1 else ""
    return [{"about": about, "said": formats.text(f"{of_run}{words or nothing}")} for about, words in said.items()]


def fastest(panel: Panel, floor: float) -> str:
    """The least geometric mean, the next and the last; whether the lead is beyond the noise of the run."""
    means = {column: mean for column, mean in panel.means("seconds").items() if not math.isnan(mean)}
    if len(means) < 2:
        return ""
    first, second, *_, last = *(ranked := sorted(means, key=means.__getitem__)), ranked[-1]
    over = f"in the geometric mean of {formats.count(len(panel.common()), 'activation')}, {panel.direction}"
    lead = means[second] / means[first]
    said = f"{first}, {formats.duration(means[first])} {over}; next {second}, {formats.times(lead)} as long"
    if last != second:
        said += f", last {last}, {formats.times(means[last] / means[first])}"
    if math.isnan(floor):
        return f"{said}. One pass cannot tell whether the lead is more than noise."
    if lead - 1 <= floor:
        return f"{said}. UNCERTAIN: the lead is within this run's noise, {formats.percent(floor)}."
    return f"{said}. The lead is beyond this run's noise, {formats.percent(floor)}."


def agreement(table: pd.DataFrame, departures: int) -> str:
    """How many outputs were wrong of those that were checked, and how many departures are declared."""
    own = tables.activations(table)
    own = own[own["side"] != "base"]  # which may be Keras itself, held to dtype and shape alone
    checked, wrong = int(own["status"].isin(["ok", "wrong"]).sum()), int((own["status"] == "wrong").sum())
    if not checked:
        return ""
    kept = "all" if not wrong else f"{checked - wrong:,}"
    declared = f"; {formats.count(departures, 'departure')} declared, see Agreement" if departures else ""
    held = f"{kept} of {formats.count(checked, 'output')} held to the exact values at sampled places{declared}."
    return held[0].upper() + held[1:]


def surprise(panels: Sequence[Panel], floor: float) -> str:
    """The case farthest from what its backend and its activation usually take, where that is beyond the noise."""
    found = max((far for panel in panels for far in residuals(panel)), key=lambda far: abs(far[0]), default=None)
    if found is None:
        return ""
    amount, label, column, panel = found
    if not abs(amount) > math.log1p(0 if math.isnan(floor) else floor):
        return f"none: every time is what its backend and its activation let expect, to {formats.percent(floor)}."
    seconds = float(panel.wide("seconds").loc[label, column])  # type: ignore[arg-type]  # a figure
    what = f"{label} {panel.direction} on {column} takes {formats.duration(seconds)}"
    return f"{what}, {formats.times(math.exp(amount))} as long as the rest of its row and of its column let expect."


def residuals(panel: Panel) -> Iterator[tuple[float, str, str, Panel]]:
    """Of every cell that all columns have: log of its time over (mean of row × mean of column ÷ mean of all)."""
    wide = panel.wide("seconds").loc[[label for label in panel.common() if label != TRIVIAL]]
    wide = wide.dropna(axis="columns", how="all")
    logs = np.log(wide.to_numpy(dtype=float))
    if min(logs.shape) > 1:
        apart = logs - logs.mean(axis=1, keepdims=True) - logs.mean(axis=0) + logs.mean()
        for (row, column), amount in np.ndenumerate(apart):
            yield float(amount), str(wide.index[row]), str(wide.columns[column]), panel
