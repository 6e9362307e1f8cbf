"""The sections of the charts below the heat map, each with its figures and a text in its place."""

from collections.abc import Iterator, Sequence

import altair as alt
import pandas as pd

from reports import formats
from reports.page import charts
from reports.page.section import Chart, Column, Section, Table, Words

ONE_ACTIVATION = (*(name for name in charts.SWITCHES if name != "size"), "label")
"""The switches of a chart of one activation over its sizes."""

INTERVAL = Column("interval", "95 % interval", is_number=True, order="seconds_low")


def seconds(heading: str, key: str = "seconds") -> Column:
    """Return a column of times."""
    return Column(key, heading, formats.duration, is_number=True)


def sections(table: pd.DataFrame) -> Iterator[Section]:
    """Yield the sections of the charts for which there are data."""
    rows, calls = charts.shown(table), charts.calls(table)
    charts_of_rows = [make(rows) for make in (spread, compiling, backward, throughput, intervals)]
    yield from filter(None, [*charts_of_rows, dispatch(calls)])


def section(title: str, words: str, chart: Chart) -> Section:
    """Return the section of a chart, whose text begins with the title."""
    described = Chart(chart.name, chart.definition, f"{title}: {chart.alt}", chart.table)
    return Section(title, (Words(words), described))


def case_table(rows: pd.DataFrame, figures: Sequence[Column], name: str = "column") -> Table:
    """Return the figures of a chart, after the columns that say which case they are of; `name` says on what it ran."""
    cases = {"label": "activation", name: "on", "direction": "direction"}
    cases |= {key: key for key in charts.varying(rows, charts.SETTINGS)}
    columns = [*(Column(key, heading) for key, heading in cases.items()), *figures]
    return Table(rows, columns, is_sortable=True, style="numbers")


def extremes(rows: pd.DataFrame, figure: Column) -> str:
    """Return the least and the largest figure in words, for readers who do not see the chart."""
    texts = []
    for row in (rows.sort_values(figure.key).iloc[place] for place in (0, -1)):
        of_run = f" in {row['run']}" if "run" in charts.varying(rows, charts.SETTINGS) else ""
        texts.append(
            f"{figure.format(row[figure.key])} for {row['label']} {row['direction']} on {row['column']}{of_run}"
        )
    return f"{formats.count(len(rows), 'figure')}, from {texts[0]} to {texts[1]}; the table below holds them all"


def strip_section(rows: pd.DataFrame, name: str, title: str, words: str, axis: str, *more: Column) -> Section | None:
    """Return the section of one ratio, `value`, with a tick per activation; `more` are columns of its table."""
    rows = rows[rows["value"].gt(0) & rows["value"].lt(float("inf"))].copy()
    if rows.empty:
        return None
    figure = Column("value", axis, formats.times, is_number=True)
    drawn = charts.strip_plot(rows.assign(figure=rows["value"].map(formats.times)), "value", axis)
    return section(title, words, Chart(name, drawn, extremes(rows, figure), case_table(rows, [figure, *more])))


def against(rows: pd.DataFrame, name: str, base: str, other: str) -> pd.DataFrame:
    """Return the rows whose `name` is `other`, with `base_seconds` of the same case where it is `base`."""
    key = [column for column in (*charts.SWITCHES, "backend", "mode", "label") if column != name]
    base_seconds = rows[rows[name] == base].drop_duplicates(key).set_index(key)["seconds"]
    return rows[rows[name] == other].join(base_seconds.rename("base_seconds"), on=key)


def spread(rows: pd.DataFrame) -> Section | None:
    """Return the section of the times against a copy on one scale."""
    words = "The same figures on one scale: each stroke is an activation, the broken line is a copy."
    rows = rows.assign(value=rows["x_copy"])
    return strip_section(rows, "spread", "How far from a copy", words, "time against a copy")


def compiling(rows: pd.DataFrame) -> Section | None:
    """Return the section of eager against compiled times."""
    words = (
        "Each stroke is an activation: right of the broken line compiled is faster. Compile time is not in it; the "
        "table has that too, and after how many calls it is won back."
    )
    pairs = against(rows, "mode", "eager", "compiled")
    pairs = pairs.assign(value=pairs["base_seconds"] / pairs["seconds"])
    break_even = Column("break_even_calls", "calls to win it back", formats.digits, is_number=True)
    more = (seconds("eager", "base_seconds"), seconds("compiled"), seconds("to compile", "compile_seconds"), break_even)
    return strip_section(pairs, "compiling", "Does compiling pay?", words, "eager time ÷ compiled time", *more)


def backward(rows: pd.DataFrame) -> Section | None:
    """Return the section of backward against forward times."""
    words = "The backward pass alone, divided by the forward pass. It moves half as much again: 1.5 is no surprise."
    pairs = against(rows, "direction", "forward", "backward")
    pairs = pairs.assign(value=pairs["seconds"] / pairs["base_seconds"])
    title, axis = "What does the gradient cost?", "backward time ÷ forward time"
    return strip_section(pairs, "backward", title, words, axis, seconds("forward", "base_seconds"), seconds("backward"))


def throughput(rows: pd.DataFrame) -> Section | None:
    """Return the section of elements per second over the size; None where there is one size alone."""
    rows = rows[rows["seconds"].notna()].copy()
    if rows["elements"].nunique() < 2:
        return None
    figure = Column("value", "elements per second", "{:.3g}/s".format, is_number=True)
    rows["value"] = rows["elements"] / rows["seconds"]
    rows["copies"] = rows["elements"] / rows["copy_seconds"]
    rows["figure"] = rows["value"].map(figure.format)
    words = "One activation over the sizes. The thick broken line is the fastest copy: what memory allows."
    chart = Chart("throughput", throughput_chart(rows), extremes(rows, figure), case_table(rows, [figure]))
    return section("Size and throughput", words, chart)


def throughput_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Draw a line per backend and mode over the sizes, and the limit that the fastest copy sets."""
    scale, axis = alt.Scale(type="log"), alt.Axis(format="~s", tickCount=5)
    x = alt.X("elements:Q", title="elements", scale=scale, axis=axis)
    y = alt.Y("value:Q", title="elements per second", scale=scale, axis=axis)
    tip = [*charts.TOOLTIP, alt.Tooltip("figure:N", title="elements per second")]
    dash = alt.StrokeDash("mode:N", legend=alt.Legend(orient="bottom", title=None))
    names = list(rows["backend"].drop_duplicates())
    hue = alt.Color("backend:N", scale=alt.Scale(domain=names, range=charts.hues(names)))
    base = alt.Chart(rows).encode(x=x, y=y, tooltip=tip)
    lines = base.mark_line(point=True).encode(color=hue.legend(orient="bottom", title=None), strokeDash=dash)
    limit = base.mark_line(strokeDash=[2, 3], strokeWidth=3, color="#888", opacity=0.7)
    limit = limit.encode(y=alt.Y("max(copies):Q", title="elements per second"), tooltip=alt.value(None))
    drawn: alt.LayerChart = charts.chosen(alt.layer(limit, lines), rows, ONE_ACTIVATION)
    return drawn.properties(**charts.WIDTH, height=300)


def dispatch(rows: pd.DataFrame) -> Section | None:
    """Return the section of the dispatch cost: the time of a call that computes nothing."""
    words = "linear of one element: what a call costs before it computes anything. The thin line is the 95 % interval."
    return interval_section("dispatch", "What a call costs before it computes anything", words, rows, charts.SWITCHES)


def intervals(rows: pd.DataFrame) -> Section | None:
    """Return the section of the times of one activation with their intervals."""
    words = "One activation: its time, and as a thin line the 95 % interval. Where these overlap, nobody wins."
    return interval_section("intervals", "How certain is a time?", words, rows, (*charts.SWITCHES, "label"))


def interval_section(
    name: str, title: str, words: str, rows: pd.DataFrame, switches: tuple[str, ...]
) -> Section | None:
    """Return the section of times as points with their intervals."""
    rows = rows[rows["seconds"].notna()]
    if rows.empty:
        return None
    time = seconds("time")
    chart = Chart(name, interval_chart(rows, switches), extremes(rows, time), case_table(rows, [time, INTERVAL]))
    return section(title, words, chart)


def interval_chart(rows: pd.DataFrame, switches: tuple[str, ...]) -> alt.LayerChart:
    """Draw times in µs as points, and their intervals as lines."""
    names = ("seconds", "seconds_low", "seconds_high")
    rows = rows.assign(**{name: rows[name] * 1e6 for name in names})
    scale = alt.Scale(zero=True, nice=True)
    base = alt.Chart(rows).encode(y=alt.Y("column:N", title=None, sort=None), color=charts.coloured(rows))
    base = base.encode(tooltip=charts.TOOLTIP)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("seconds:Q", title="µs per call", scale=scale, axis=charts.NUMBERS)
    )
    rules = base.mark_rule(strokeWidth=2).encode(x="seconds_low:Q", x2="seconds_high:Q")
    drawn: alt.LayerChart = charts.chosen(alt.layer(rules, points), rows, switches)
    return drawn.properties(**charts.WIDTH, height={"step": 26})
