"""The worst errors at a glance: activation × backend, coloured by the class of the error, for the report of a run.

Colours are those of the atlas' strips, green to blue for distances and red for what is wrong outright, so that nobody
takes it for the map of times, which runs from yellow to red over numbers. What is wrong outright is a word.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from bench.accuracy.record import CATEGORIES, EDGES
from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from reports import charts, formats
from reports.accuracy import atlas, bits, classes
from reports.pictures import Picture, cell

SWITCHES = ("direction", "dtype")
SHORT = {"nan": "NaN", "infinite": "inf"}
"""Categories whose name is shorter in a tile."""
OUTRIGHT = "wrong outright"
DISTANCES = classes.CLASSES[: len(EDGES) + 1]
KINDS = {own.words.partition(":")[0]: own.light for own in DISTANCES}
"""The classes of distances as the legend names them, short enough for a phone, and their colours."""
WRONG = "wrong"
KINDS |= {WRONG: classes.CLASSES[len(DISTANCES)].light}

WORDS = (
    "The farthest of all results from the exact value, whatever the input: in ulp, the distance of a number from the "
    "next. Up to 0.5 nothing could be better. NaN, inf, zero, sign: some result is that, or has the wrong sign, where "
    "it should not, which is worse than any distance. From the atlas of this project, not of these runs"
)


def picture(found: pd.DataFrame | None, judged: str = "") -> Picture | None:
    """The eager subjects of the atlas; None where there are none.

    `judged` says where the atlas was made, if it was not where the run was.
    """
    eager = found[found["mode"] == "eager"] if found is not None else pd.DataFrame()
    if not len(eager):
        return None
    rows = told(eager)
    words = f"{WORDS}: {', '.join(formats.text(f'{own.backend} {own.version}') for own in versions(eager))}."
    words = f"{words} {judged}".rstrip()
    return Picture("worst", "Worst errors by format", words, heat_map(rows), *behind(rows), summary(rows))


def versions(found: pd.DataFrame) -> list[Any]:
    """Backends and versions, in the project's order."""
    return list(found.sort_values(["rank", "version"]).drop_duplicates(["backend", "version"]).itertuples())


def told(found: pd.DataFrame) -> pd.DataFrame:
    """Subjects with what tiles, tooltips and cells say, float32 first; several versions of a backend are columns."""
    order = found["dtype"].map({name: number for number, name in enumerate(reversed(LAYOUTS))})
    rows = found.assign(order=order).sort_values(
        ["order", "rank", "who", "activation"], kind="stable", ignore_index=True
    )
    names = list(CATEGORIES)
    first = np.select([rows[name] > 0 for name in names], names, "")
    at_least = np.where(rows["stride"] > 1, "≥ ", "")
    said = [formats.ulp(own) if own else "0" for own in rows["worst_ulp"]]
    distance = pd.Series([mark + own if own else "" for mark, own in zip(at_least, said, strict=True)], rows.index)
    known = zip(rows["worst_bits"], rows["dtype"], strict=True)
    return rows.assign(
        label=rows["activation"].map(formats.text),
        column=rows["who"].map(formats.text),
        category=first,
        distance=distance.where(distance != "", "–"),
        text=[SHORT.get(name, name) or own or "–" for name, own in zip(first, distance, strict=True)],
        kind=[kind(*own) for own in zip(first, rows["worst_ulp"], strict=True)],
        at=[formats.number(bits.value(int(own), dtype)) if own >= 0 else "–" for own, dtype in known],
        well=[formats.ulp(own) or "–" for own in rows["well_ulp"]],
        wrong=[wrong(own) or "–" for own in atlas.plain(rows)],
    )


def kind(category: str, distance: float) -> str:
    """The class of a subject, as the legend names it; empty where nothing was measured."""
    if category:
        return WRONG
    return "" if np.isnan(distance) else list(KINDS)[int(np.searchsorted(EDGES, distance))]


def wrong(own: dict[str, Any]) -> str:
    """`zero at 410,772 inputs, as at -103.9`, by category; empty where there is none."""
    told = []
    for name in (name for name in CATEGORIES if own[name]):
        example = formats.number(bits.value(int(own[f"{name}_bits"]), own["dtype"]))
        told.append(f"{formats.category(name)} at {formats.count(own[name], 'input')}, as at {example}")
    return "; ".join(told)


def heat_map(rows: pd.DataFrame) -> Any:
    """Pale is correctly rounded, dark far off, red wrong outright."""
    top = alt.Axis(orient="top", labelAngle=-60 if rows["column"].nunique() > 3 else 0, labelLimit=140)
    base = alt.Chart(rows[DRAWN]).encode(
        x=alt.X("column:N", title=None, sort=None, axis=top, scale=alt.Scale(padding=0.03)),
        y=alt.Y("label:N", title=None, axis=charts.NAMES, scale=alt.Scale(padding=0.08)),
        tooltip=TOOLTIP,
    )
    scale = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    columns = alt.ExprRef("containerSize()[0] < 500 ? 2 : 8")
    legend = alt.Legend(title=None, orient="bottom", symbolType="square", columns=columns)
    empty = base.mark_rect(cornerRadius=3, color="#8883")
    # an edge: the darkest tile is as dark as a dark page
    tiles = base.mark_rect(cornerRadius=3, stroke="#8889", strokeWidth=0.5).encode(
        color=alt.Color("kind:N", scale=scale, legend=legend)
    )
    # at a luminance of 0.179 black and white stand out alike, by 4.6
    ink = "luminance(scale('color', datum.kind)) < 0.179 ? 'white' : 'black'"
    how = {
        "color": f"datum.kind ? ({ink}) : 'currentColor'",
        "fontWeight": f"datum.kind === '{WRONG}' ? 'bold' : 'normal'",
        "fontSize": "bandwidth('x') < 46 ? 9 : 11",
    }
    texts = base.mark_text(**{name: alt.ExprRef(said) for name, said in how.items()}).encode(text="text:N")
    tiles = tiles.transform_filter("datum.kind !== ''")
    chart = charts.chosen(alt.layer(empty, tiles, texts), rows, SWITCHES)
    return chart.properties(**charts.WIDTH, height={"step": 23})


def summary(rows: pd.DataFrame) -> str:
    """The map in words: how much of it is good, and how much is wrong outright, in the format that is seen first."""
    dtype = rows["dtype"].iloc[0]
    rows = rows[rows["dtype"] == dtype]
    rows = rows.assign(good=(rows["worst_ulp"] <= 1) & (rows["category"] == ""), bad=rows["kind"] == WRONG)
    said = []
    for direction in (name for name in DIRECTIONS if (rows["direction"] == name).any()):
        own = rows[rows["direction"] == direction]
        sums = own.groupby("column", sort=False)[["good", "bad"]].sum()
        parts = [f"{row.Index} {row.good} and {row.bad}" for row in sums.itertuples()]
        said.append(f"{direction} {', '.join(parts)} of {formats.count(own['label'].nunique(), 'activation')}")
    return f"Within 1 ulp, and wrong outright, in {dtype}: {'; '.join(said)}. The table below holds them all"


def behind(rows: pd.DataFrame) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """The table: a row per subject."""
    plain = {"label": "activation", "column": "on", "direction": "direction", "dtype": "dtype"}
    figures = {"distance": "worst_ulp", "well": "well_ulp", "wrong": "categories", "at": ""}
    heads = ["worst error (ulp)", "where well conditioned", OUTRIGHT, "worst at x"]
    columns = [[cell(own, None) for own in rows[name]] for name in plain]
    for name, order in figures.items():
        columns.append([cell(*pair) for pair in zip(rows[name], rows[order] if order else rows[name], strict=True)])
    return [*plain.values(), *heads], [list(row) for row in zip(*columns, strict=True)]


TOOLTIP = [
    alt.Tooltip("label:N", title="activation"),
    alt.Tooltip("column:N", title="on"),
    *(alt.Tooltip(f"{name}:N") for name in SWITCHES),
    alt.Tooltip("distance:N", title="worst error (ulp)"),
    alt.Tooltip("at:N", title="at x"),
    alt.Tooltip("well:N", title="worst where well conditioned (ulp)"),
    alt.Tooltip("wrong:N", title=OUTRIGHT),
]
DRAWN = ["label", "column", *SWITCHES, "text", "kind", "distance", "at", "well", "wrong"]
