"""The three sentences of the first screen, made from the figures: the fastest, agreement, the largest surprise."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from reports import formats
from reports.data import tables
from reports.data.tables import Panel

TRIVIAL = "linear"
"""The activation that a framework may implement by returning its input, which is no surprise."""


def three(table: pd.DataFrame, floors: Mapping[str, float], divergences: int, keras: str) -> dict[str, str]:
    """Return the sentences on the largest setting of the first run, by topic; `keras` is on Keras' promise.

    Of several runs, each sentence names the run that it is about.
    """
    name = str(table["run"].iloc[0])
    table = table[table["run"] == name]
    panels = tables.panels(table)
    panels = [panel for panel in panels if panel.setting == panels[0].setting]
    floor = floors[name]
    sentences = {
        "Fastest": next(filter(None, (fastest(panel, floor) for panel in panels)), ""),
        "Agreement": " ".join(filter(None, (agreement(table, divergences), keras))),
        "Largest surprise": surprise(panels, floor) if panels else "",
    }
    nothing = "no data: there is nothing to compare."
    of_run = f"{formats.short(name, 40)}: " if len(floors) > 1 else ""
    return {topic: formats.text(f"{of_run}{words or nothing}") for topic, words in sentences.items()}


def fastest(panel: Panel, floor: float) -> str:
    """Return the columns of the least, next and largest geometric mean, and whether the lead exceeds the noise."""
    means = {column: mean for column, mean in panel.means("seconds").items() if not math.isnan(mean)}
    if len(means) < 2:
        return ""
    first, second, *_, last = *(ranked := sorted(means, key=means.__getitem__)), ranked[-1]
    over = f"in the geometric mean of {formats.count(len(panel.common()), 'activation')}, {panel.direction}"
    lead = means[second] / means[first]
    sentence = f"{first}, {formats.duration(means[first])} {over}; next {second}, {formats.times(lead)} as long"
    if last != second:
        sentence += f", last {last}, {formats.times(means[last] / means[first])}"
    if math.isnan(floor):
        return f"{sentence}. One pass cannot tell whether the lead is more than noise."
    if lead - 1 <= floor:
        return f"{sentence}. UNCERTAIN: the lead is within this run's noise, {formats.percent(floor)}."
    return f"{sentence}. The lead is beyond this run's noise, {formats.percent(floor)}."


def agreement(table: pd.DataFrame, divergences: int) -> str:
    """Return how many of the checked outputs were wrong, and how many divergences are declared."""
    rows = tables.activations(table)
    rows = rows[rows["side"] != "base"]  # base may be Keras itself, which is checked for dtype and shape alone
    checked, wrong = int(rows["status"].isin(["ok", "wrong"]).sum()), int((rows["status"] == "wrong").sum())
    if not checked:
        return ""
    correct = "all" if not wrong else f"{checked - wrong:,}"
    declared = f"; {formats.count(divergences, 'divergence')} declared, see Agreement" if divergences else ""
    held = f"{correct} of {formats.count(checked, 'output')} held to the exact values at sampled places{declared}."
    return held[0].upper() + held[1:]


def surprise(panels: Sequence[Panel], floor: float) -> str:
    """Return the case farthest from the usual time of its backend and its activation, if it exceeds the noise."""
    farthest = max(
        (residual for panel in panels for residual in residuals(panel)),
        key=lambda residual: abs(residual[0]),
        default=None,
    )
    if farthest is None:
        return ""
    amount, label, column, panel = farthest
    if not abs(amount) > math.log1p(0 if math.isnan(floor) else floor):
        return f"none: every time is what its backend and its activation let expect, to {formats.percent(floor)}."
    seconds = float(panel.wide("seconds").loc[label, column])  # type: ignore[arg-type]  # a figure
    what = f"{label} {panel.direction} on {column} takes {formats.duration(seconds)}"
    return f"{what}, {formats.times(math.exp(amount))} as long as the rest of its row and of its column let expect."


def residuals(panel: Panel) -> Iterator[tuple[float, str, str, Panel]]:
    """Yield the log of time over (mean of row × mean of column ÷ mean of all) of every cell all columns have."""
    wide = panel.wide("seconds").loc[[label for label in panel.common() if label != TRIVIAL]]
    wide = wide.dropna(axis="columns", how="all")
    logs = np.log(wide.to_numpy(dtype=float))
    if min(logs.shape) > 1:
        residual_logs = logs - logs.mean(axis=1, keepdims=True) - logs.mean(axis=0) + logs.mean()
        for (row, column), amount in np.ndenumerate(residual_logs):
            yield float(amount), str(wide.index[row]), str(wide.columns[column]), panel
