"""The chart of several runs: × copy of each backend, run by run.

Lines connect the runs of one machine. A multiple of a copy is fair to cases limited by memory and less so to others, so
a step from one machine to another says little about the code; it is drawn as a new line, with points of another shape.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt
import pandas as pd

from reports import formats
from reports.data.statistic import geometric_mean
from reports.history.timeline import Stop
from reports.page import charts
from reports.page.section import Chart, Column, Section, Table, Words

ALL = "all (geometric mean)"
SETTING = ("direction", "size", "dtype", "device", "threads", "cache")
KEY = [*SETTING, "backend", "mode", "column"]
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
MOST_POINTS = 10_000
"""The most points of a page, 30 bytes each and as much in the table; beyond, the means alone are drawn."""
TITLE = "Run by run"
SCALE = alt.Scale(type="log", nice=False, padding=12)
INK = {"symbolStrokeColor": "currentColor", "symbolFillColor": "currentColor", "symbolOpacity": 1}
FAINT = 0.45
"""The opacity of machines other than that of the newest run."""


def chart_section(stops: Sequence[Stop], table: pd.DataFrame) -> Section | None:
    """Return the section of every backend and mode over the runs; None where no run has a time against a copy."""
    rows = points(stops, table)
    drawn = list(lines(rows))
    if not drawn:
        return None
    means = [line for line in drawn if line["activation"] == ALL]
    means_alone = len(rows) > MOST_POINTS
    shown = pd.DataFrame(means if means_alone else [*means, *(line for line in drawn if line["activation"] != ALL)])
    text = words(stops, means, rows) + (" The activations one by one are in table.parquet." if means_alone else "")
    alt_text = f"{TITLE}: {in_words(stops, shown)}"
    chart = Chart("trend", drawing(stops, shown), alt_text, data_table(stops, shown))
    return Section(TITLE, (Words(text), chart))


def points(stops: Sequence[Stop], table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per activation and run with a time and a copy; of two sides, head."""
    places = {stop.run.name: place for place, stop in enumerate(stops)}
    rows = charts.shown(table[table["side"] != "base"])
    rows = rows[rows["x_copy"].gt(0) & rows["x_copy"].lt(float("inf"))]
    return rows.assign(place=rows["run"].map(places)).drop_duplicates([*KEY, "label", "place"]).sort_values("place")


def lines(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield, by backend, mode and setting, the mean over the activations of all its runs, then each activation."""
    for key, part in rows.groupby(KEY, sort=False):
        properties = dict(zip(KEY, key, strict=True))
        runs = part.groupby("label")["place"].nunique()
        common = part[part["label"].isin(runs.index[runs == part["place"].nunique()])]
        if len(common):
            count = formats.count(common["label"].nunique(), "activation")
            yield line(ALL, f"geometric mean of {count}", properties, common)
        for label, label_rows in part.groupby("label"):
            yield line(str(label), str(label), properties, label_rows)


def line(name: str, description: str, key: dict[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """Return one line with its points in lists, since a row per point would be ten times as large."""
    runs = [run_rows for _, run_rows in rows.groupby("place")]
    x, seconds = ([geometric_mean(list(run_rows[figure])) for run_rows in runs] for figure in ("x_copy", "seconds"))
    figures = {"x": x, "us": [1e6 * value for value in seconds]}
    rounded = {name: [float(f"{value:.4g}") for value in values] for name, values in figures.items()}
    return (
        {"activation": name, "of": description}
        | key
        | {"run": [int(run_rows["place"].iloc[0]) for run_rows in runs]}
        | rounded
    )


def drawing(stops: Sequence[Stop], shown: pd.DataFrame) -> Any:
    """Draw the lines, with the facts on the runs in a separate table."""
    facts, machines = about(stops)
    fields = ["at", "name", "date", "machine", "versions", "opacity"]
    runs = alt.LookupData(data=alt.Data(values=facts), key="run", fields=fields)
    base = alt.Chart(alt.Data(values=embedded(shown))).encode(
        x=alt.X(
            "at:N", title=None, sort=None, scale=alt.Scale(domain=[fact["at"] for fact in facts]), axis=dates(stops)
        ),
        y=alt.Y("x:Q", title="time against a copy (×)", axis=charts.NUMBERS, scale=SCALE),
        color=hues(list(shown["backend"].drop_duplicates())),
        detail="machine:N",
        opacity=alt.Opacity("opacity:Q", scale=None),
    )
    dash = alt.StrokeDash(
        "mode:N", legend=alt.Legend(orient="bottom", title=None, symbolType="stroke", columns=1, **INK)
    )
    paths = base.mark_line(strokeWidth=2).encode(strokeDash=dash, order="run:Q")
    marks = base.mark_point(filled=True, size=60).encode(shape=shapes(machines), tooltip=tooltip())
    chart = charts.chosen(alt.layer(paths, marks), shown, (*SETTING, "activation"))
    chart = chart.transform_flatten(["run", "x", "us"]).transform_lookup(lookup="run", from_=runs)
    chart = chart.transform_calculate(version="datum.versions[datum.backend] || ''")
    return chart.properties(**charts.WIDTH, height=340)


def dates(stops: Sequence[Stop]) -> Any:
    """Return the axis: a date above a name, slanted where they would overlap, or the date alone, upright."""
    tight, tighter = (f"width < {room * len(stops)}" for room in (90, 30))
    expressions = {
        "labelAngle": f"{tighter} ? -90 : {tight} ? -50 : 0",
        "labelAlign": f"{tight} ? 'right' : 'center'",
        "labelBaseline": f"{tighter} ? 'middle' : 'top'",
        "labelLimit": f"{tight} ? 130 : 84",
        "labelOverlap": f"{tighter} ? 'greedy' : false",
    }
    label_style = {name: alt.ExprRef(expression) for name, expression in expressions.items()}
    lines = "split(datum.label, '\\n')"
    return alt.Axis(labelExpr=f"{tighter} ? {lines}[0] : {lines}", **label_style)


def hues(names: list[str]) -> Any:
    """Return a colour per backend; on a phone, the legend has two names in a line."""
    legend = alt.Legend(orient="bottom", title=None, columns=alt.ExprRef("width < 400 ? 2 : 8"), symbolOpacity=1)
    return alt.Color("backend:N", scale=alt.Scale(domain=names, range=charts.hues(names)), legend=legend)


def shapes(machines: list[str]) -> Any:
    """Return a shape per machine, without a legend for a single machine."""
    scale = alt.Scale(domain=machines, range=[SHAPES[n % len(SHAPES)] for n in range(len(machines))])
    limit = alt.ExprRef("width < 400 ? 230 : 500")
    legend = alt.Legend(orient="top", direction="vertical", title=None, columns=1, labelLimit=limit, **INK)
    return alt.Shape("machine:N", scale=scale, legend=legend if len(machines) > 1 else None)


def embedded(shown: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines as they are embedded, with the properties of the setting that have a switch."""
    names = ["activation", *charts.varying(shown, SETTING), "backend", "mode", "of", "run", "x", "us"]
    return [dict(zip(names, values, strict=True)) for values in zip(*(shown[name] for name in names), strict=True)]


def tooltip() -> list[Any]:
    """Return the tooltips of a point."""
    titles = {"name": "run", "date": "date", "backend": "backend", "version": "version", "mode": "mode"}
    titles |= {"of": "of", "us": "µs per call", "x": "times a copy", "machine": "machine"}
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def about(stops: Sequence[Stop]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the facts on each run, its label on the axis included, and the distinct names of the machines."""
    machines: dict[int, str] = {}
    for stop in stops:
        if stop.machine not in machines:
            name = stop.hardware
            machines[stop.machine] = f"{name} ({stop.machine + 1})" if name in machines.values() else name
    facts: list[dict[str, Any]] = []
    for place, stop in enumerate(stops):
        label = f"{stop.day}\n{brief(stop)}"
        label += f" ({place + 1})" if label in [fact["at"] for fact in facts] else ""
        fact = {"run": place, "at": label, "name": stop.run.name, "date": stop.date, "versions": stop.side.versions}
        opacity = 1 if stop.machine == stops[-1].machine else FAINT
        facts.append(fact | {"machine": machines[stop.machine], "opacity": opacity})
    return facts, list(machines.values())


def brief(stop: Stop) -> str:
    """Return the name of the run in up to 16 characters, without the date that stands above it."""
    day = f"{stop.when:%Y%m%d}" if stop.when else ""
    return formats.short(stop.run.name.removeprefix(day).strip("-_ ") or stop.run.name, 16)


def data_table(stops: Sequence[Stop], shown: pd.DataFrame) -> Table:
    """Return the figures of the chart: a row per line, a column per run."""
    cases = {"activation": "activation", "column": "on", "direction": "direction"}
    cases |= {name: name for name in charts.varying(shown, SETTING[1:])}
    by_run = [dict(zip(line["run"], line["x"], strict=True)) for line in shown.to_dict("records")]
    x = pd.DataFrame(by_run, index=shown.index).reindex(columns=range(len(stops)))
    runs = [Column(n, formats.short(stop.run.name, 24), formats.digits, is_number=True) for n, stop in enumerate(stops)]
    columns = [*(Column(name, heading) for name, heading in cases.items()), *runs]
    return Table(shown[list(cases)].join(x), columns, is_sortable=True, style="numbers")


def in_words(stops: Sequence[Stop], shown: pd.DataFrame) -> str:
    """Return where each line shown first starts and ends on the newest machine, for readers who cannot see it."""
    first = charts.first(shown, (*SETTING, "activation"))
    same_machine = {place for place, stop in enumerate(stops) if stop.machine == stops[-1].machine}
    texts = []
    for line in first.to_dict("records"):
        x = [figure for place, figure in zip(line["run"], line["x"], strict=True) if place in same_machine]
        texts += [f"{line['column']} {x[0]:g} to {x[-1]:g} ×"] if x else []
    extremes = f"; on {stops[-1].hardware}, {first['activation'].iloc[0]}: {', '.join(texts)}" if texts else ""
    return formats.text(f"{formats.count(len(stops), 'run')}, {stops[0].day} to {stops[-1].day}{extremes}")


def words(stops: Sequence[Stop], means: list[dict[str, Any]], rows: pd.DataFrame) -> str:
    """Return the words above the chart: its contents and its limits."""
    text = "The time against a copy in the geometric mean of the activations that all runs of a backend and mode have "
    text += "in common. In copies and not in seconds, since machines differ. "
    several = len({stop.machine for stop in stops}) > 1
    machines = "A line connects the runs of one machine alone; each machine has points of its own shape, and that of "
    machines += "the newest run is drawn strongest."
    text += machines if several else "All runs are of one machine."
    drawn = {line["column"] for line in means}
    without = formats.short(", ".join(name for name in rows["column"].drop_duplicates() if name not in drawn))
    names = formats.markdown(without)
    return text + (f" No activation is common to all runs of {names}: choose one." if without else "")
