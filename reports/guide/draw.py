"""A chart of how a gradient fades with depth: one Altair definition, drawn to SVG."""

import math
from typing import Any

import altair as alt
import pandas as pd

from reports.guide.evidence import Evidence
from reports.page import charts

SHOWN = ("relu", "tanh", "sigmoid", "gelu", "selu", "silu", "softmax")
"""The guide's four activations, and the most used others."""
HUES = [*charts.HUES.values(), *charts.OTHER_HUES]
FLOOR = 1e-20
TITLES = {"glorot": "Keras' default weights (Glorot)", "he": "He's weights"}


def fading(evidence: Evidence) -> Any | None:
    """Return depth against the share of the gradient that reaches the first layer, a panel for each kind of weights."""
    rows = [
        {"activation": name, "weights": title, "depth": depth, "share": share, "last": depth == max(shares)}
        for name in SHOWN
        for weights, title in TITLES.items()
        for shares in [evidence.reaching(name, weights)]
        for depth, share in shares.items()
        if math.isfinite(share) and share >= FLOOR
    ]
    if not rows:
        return None
    x = alt.X(
        "depth:Q", title="layers", scale=alt.Scale(type="log", base=2), axis=alt.Axis(values=[1, 2, 4, 8, 16, 32, 64])
    )
    y = alt.Y(
        "share:Q",
        title="share of the gradient that reaches the first layer",
        scale=alt.Scale(type="log", domain=[FLOOR, 100.0], clamp=True),
        axis=alt.Axis(format=".0e", tickCount=6),
    )
    colour = alt.Color("activation:N", scale=alt.Scale(domain=list(SHOWN), range=HUES), sort=list(SHOWN), title=None)
    base = alt.Chart(pd.DataFrame(rows)).encode(x=x, y=y, color=colour)
    lines = base.mark_line(strokeWidth=2, point=True, clip=True).properties(width=330, height=300)
    return lines.facet(column=alt.Column("weights:N", title=None, sort=list(TITLES.values()))).configure(
        **charts.CONFIG
    )
