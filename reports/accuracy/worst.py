"""The worst errors at a glance: activation × backend, coloured by the class of the error, for the report of a run.

Colours are those of the atlas' strips, green to blue for errors in ulp and red for results wrong outright, to differ
from the map of times, which runs from yellow to red over numbers. A result wrong outright is a word.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from bench.accuracy.record import CATEGORIES, EDGES
from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from reports import formats
from reports.accuracy import atlas, bits, classes
from reports.page import charts
from reports.page.section import Chart, Column, Section, Table, Words

TITLE = "Worst errors by format"
SWITCHES = ("direction", "dtype")
SHORT = {"nan": "NaN", "infinite": "inf"}
"""Categories with a shorter name in a tile."""
OUTRIGHT = "wrong outright"
DISTANCES = classes.CLASSES[: len(EDGES) + 1]
KINDS = {entry.words.partition(":")[0]: entry.light for entry in DISTANCES}
"""The classes of errors as the legend names them, short enough for a phone, and their colours."""
WRONG = "wrong"
KINDS |= {WRONG: classes.CLASSES[len(DISTANCES)].light}

WORDS = (
    "The farthest of all results from the exact value, whatever the input: in ulp, the distance of a number from the "
    "next. Up to 0.5 nothing could be better. NaN, inf, zero, sign: some result is that, or has the wrong sign, where "
    "it should not, which is worse than any distance. From the atlas of this project, not of these runs"
)


def chart_section(table: pd.DataFrame | None, judged: str = "") -> Section | None:
    """Return the section of the atlas' eager subjects; None where there are none.

    `judged` says where the atlas was made, if it was not where the run was.
    """
    eager = table[table["mode"] == "eager"] if table is not None else pd.DataFrame()
    if not len(eager):
        return None
    rows = tile_rows(eager)
    judged_versions = ", ".join(formats.markdown(f"{row.backend} {row.version}") for row in versions(eager))
    words = f"{WORDS}: {judged_versions}. {formats.markdown(judged)}".rstrip()
    figures = Table(rows, COLUMNS, is_sortable=True, style="numbers")
    return Section(TITLE, (Words(words), Chart("worst", heat_map(rows), f"{TITLE}: {summary(rows)}", figures)))


def versions(table: pd.DataFrame) -> list[Any]:
    """Return backends and versions, in the project's order."""
    return list(table.sort_values(["rank", "version"]).drop_duplicates(["backend", "version"]).itertuples())


def tile_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return subjects with the texts of tiles, tooltips and cells, float32 first; versions of a backend are columns."""
    order = table["dtype"].map({name: number for number, name in enumerate(reversed(LAYOUTS))})
    rows = table.assign(order=order).sort_values(
        ["order", "rank", "column", "activation"], kind="stable", ignore_index=True
    )
    names = list(CATEGORIES)
    first = np.select([rows[name] > 0 for name in names], names, "")
    at_least = np.where(rows["stride"] > 1, "≥ ", "")
    ulps = [formats.ulp(value) if value else "0" for value in rows["worst_ulp"]]
    distance = pd.Series(
        [mark + value if value else "" for mark, value in zip(at_least, ulps, strict=True)], rows.index
    )
    examples = zip(rows["worst_bits"], rows["dtype"], strict=True)
    return rows.assign(
        label=rows["activation"].map(formats.text),
        column=rows["column"].map(formats.text),
        category=first,
        distance=distance.where(distance != "", "–"),
        text=[SHORT.get(name, name) or value or "–" for name, value in zip(first, distance, strict=True)],
        kind=[kind(*pair) for pair in zip(first, rows["worst_ulp"], strict=True)],
        at=[formats.number(bits.value(int(value), dtype)) if value >= 0 else "–" for value, dtype in examples],
        well=[formats.ulp(value) or "–" for value in rows["well_ulp"]],
        wrong=[wrong(row) or "–" for row in atlas.plain(rows)],
    )


def kind(category: str, distance: float) -> str:
    """Return the class of a subject, as the legend names it; empty where nothing was measured."""
    if category:
        return WRONG
    return "" if np.isnan(distance) else list(KINDS)[int(np.searchsorted(EDGES, distance))]


def wrong(row: dict[str, Any]) -> str:
    """Return the categories, such as `zero at 410,772 inputs, as at -103.9`; empty where there is none."""
    parts = []
    for name in (name for name in CATEGORIES if row[name]):
        example = formats.number(bits.value(int(row[f"{name}_bits"]), row["dtype"]))
        parts.append(f"{formats.category(name)} at {formats.count(row[name], 'input')}, as at {example}")
    return "; ".join(parts)


def heat_map(rows: pd.DataFrame) -> Any:
    """Return the chart: pale is correctly rounded, dark far off, red wrong outright."""
    base = charts.tile_base(rows[DRAWN], TOOLTIP)
    scale = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    columns = alt.ExprRef("containerSize()[0] < 500 ? 2 : 8")
    legend = alt.Legend(title=None, orient="bottom", symbolType="square", columns=columns)
    empty = base.mark_rect(cornerRadius=3, color="#8883")
    # with an edge, since the darkest tile is as dark as a dark page
    tiles = base.mark_rect(cornerRadius=3, stroke="#8889", strokeWidth=0.5).encode(
        color=alt.Color("kind:N", scale=scale, legend=legend)
    )
    how = {
        "color": f"datum.kind ? ({charts.tile_ink('kind')}) : 'currentColor'",
        "fontWeight": f"datum.kind === '{WRONG}' ? 'bold' : 'normal'",
        "fontSize": charts.TILE_FONT_SIZE,
    }
    texts = base.mark_text(**{name: alt.ExprRef(expression) for name, expression in how.items()}).encode(text="text:N")
    tiles = tiles.transform_filter("datum.kind !== ''")
    chart = charts.chosen(alt.layer(empty, tiles, texts), rows, SWITCHES)
    return chart.properties(**charts.WIDTH, height={"step": 23})


def summary(rows: pd.DataFrame) -> str:
    """Return the map in words: the share that is good, and that is wrong outright, in the format seen first."""
    dtype = rows["dtype"].iloc[0]
    rows = rows[rows["dtype"] == dtype]
    rows = rows.assign(good=(rows["worst_ulp"] <= 1) & (rows["category"] == ""), bad=rows["kind"] == WRONG)
    sentences = []
    for direction in (name for name in DIRECTIONS if (rows["direction"] == name).any()):
        group = rows[rows["direction"] == direction]
        sums = group.groupby("column", sort=False)[["good", "bad"]].sum()
        parts = [f"{row.Index} {row.good} and {row.bad}" for row in sums.itertuples()]
        sentences.append(f"{direction} {', '.join(parts)} of {formats.count(group['label'].nunique(), 'activation')}")
    return f"Within 1 ulp, and wrong outright, in {dtype}: {'; '.join(sentences)}. The table below holds them all"


TOOLTIP = [
    alt.Tooltip("label:N", title="activation"),
    alt.Tooltip("column:N", title="on"),
    *(alt.Tooltip(f"{name}:N") for name in SWITCHES),
    alt.Tooltip("distance:N", title="worst error (ulp)"),
    alt.Tooltip("at:N", title="at x"),
    alt.Tooltip("well:N", title="worst where well conditioned (ulp)"),
    alt.Tooltip("wrong:N", title=OUTRIGHT),
]
COLUMNS = (
    Column("label", "activation"),
    Column("column", "on"),
    *(Column(name, name) for name in SWITCHES),
    Column("distance", "worst error (ulp)", is_number=True, order="worst_ulp"),
    Column("well", "where well conditioned", is_number=True, order="well_ulp"),
    Column("wrong", OUTRIGHT, is_number=True, order="categories"),
    Column("at", "worst at x", is_number=True),
)
DRAWN = ["label", "column", *SWITCHES, "text", "kind", "distance", "at", "well", "wrong"]
