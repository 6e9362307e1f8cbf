"""The three sentences of the first screen, made from the figures: the fastest, agreement, the largest surprise."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from bench.speed.standings import Standing
from reports import formats
from reports.data import tables
from reports.data.standings import Standings
from reports.data.tables import Panel

TRIVIAL = "linear"
"""The activation that a framework may implement by returning its input, which is no surprise."""


def three(table: pd.DataFrame, standings: Mapping[str, Standings], divergences: int, keras: str) -> dict[str, str]:
    """Return the sentences on the largest setting of the first run, by topic; `keras` is on Keras' promise.

    Of several runs, each sentence names the run that it is about.
    """
    name = str(table["run"].iloc[0])
    table = table[table["run"] == name]
    panels = tables.panels(table)
    panels = [panel for panel in panels if panel.setting == panels[0].setting]
    floor = standings[name].floor
    sentences = {
        "Fastest": " ".join(filter(None, (fastest(panel, standings[name]) for panel in panels))),
        "Agreement": " ".join(filter(None, (agreement(table, divergences), keras))),
        "Largest surprise": surprise(panels, floor) if panels else "",
    }
    nothing = "no data: there is nothing to compare."
    of_run = f"{formats.short(name, 40)}: " if len(standings) > 1 else ""
    return {topic: formats.text(f"{of_run}{words or nothing}") for topic, words in sentences.items()}


def fastest(panel: Panel, standings: Standings) -> str:
    """Return who is fastest in the geometric mean, how far behind the next one is, and with whom it is tied."""
    places = standings.means(panel.key)
    ranked = sorted(places, key=lambda column: places[column].ratio)
    if len(ranked) < 2:
        return ""
    first, last = ranked[0], ranked[-1]
    tied = [column for column in ranked[1:] if places[column].word == "tied"]
    slower = [column for column in ranked if places[column].word == "behind"]
    mean = formats.duration(panel.means("seconds")[first])
    over = f"{panel.direction}, {mean} in the geometric mean of {formats.count(len(panel.common()), 'activation')}"
    if math.isnan(places[ranked[1]].high):
        lead = formats.times(places[ranked[1]].ratio)
        return (
            f"{first}, {over}; next {ranked[1]}, {lead}. One replicate cannot tell whether the lead is more than noise."
        )
    if tied:
        share = formats.percent(max(places[column].high for column in tied) - 1)
        sentence = f"{first} and {' and '.join(tied)} are tied within {share}, {over}"
    else:
        sentence = f"{first}, {over}"
    if slower:
        sentence += f"; next {slower[0]}, {against(places[slower[0]])}"
    if len(slower) > 1:
        sentence += f", last {last}, {formats.times(places[last].ratio)}"
    return f"{sentence}."


def against(place: Standing) -> str:
    """Return how many times as long as the fastest a contender takes, with the interval."""
    interval = f"{formats.digits(place.low)} to {formats.digits(place.high)}"
    return f"{formats.times(place.ratio)} as long ({interval})"


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
