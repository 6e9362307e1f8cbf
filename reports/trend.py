"""The picture of several runs: how far from a copy each backend was, run by run.

Lines connect the runs of one machine. A multiple of a copy is fair to what memory limits and less so to the rest, so a
step from one machine to another says little about the code; it is drawn as another line, with points of another shape.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt
import pandas as pd

from reports import charts, formats
from reports.pictures import Picture, cell
from reports.statistic import geometric_mean
from reports.timeline import Stop

ALL = "all (geometric mean)"
SETTING = ("direction", "size", "dtype", "device", "threads", "cache")
KEY = [*SETTING, "backend", "mode", "column"]
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
MOST_POINTS = 10_000
"""Points that a page holds, 30 bytes each and as much in the table; beyond, the means alone."""
TITLE = "Run by run"
SCALE = alt.Scale(type="log", nice=False, padding=12)
INK = {"symbolStrokeColor": "currentColor", "symbolFillColor": "currentColor", "symbolOpacity": 1}
FAINT = 0.45
"""Opacity of machines other than the newest run's."""


def picture(stops: Sequence[Stop], table: pd.DataFrame) -> Picture | None:
    """Every backend and mode over the runs; None where no run has a time against a copy."""
    rows = points(stops, table)
    found = list(lines(rows))
    if not found:
        return None
    means = [own for own in found if own["activation"] == ALL]
    few = len(rows) > MOST_POINTS
    shown = pd.DataFrame(means if few else [*means, *(own for own in found if own["activation"] != ALL)])
    said = words(stops, means, rows) + (" The activations one by one are in table.parquet." if few else "")
    return Picture("trend", TITLE, said, drawing(stops, shown), *behind(stops, shown))


def points(stops: Sequence[Stop], table: pd.DataFrame) -> pd.DataFrame:
    """A row per activation and run that has a time and a copy; of two sides, head."""
    places = {stop.run.name: place for place, stop in enumerate(stops)}
    rows = charts.shown(table[table["side"] != "base"])
    rows = rows[rows["x_copy"].gt(0) & rows["x_copy"].lt(float("inf"))]
    return rows.assign(place=rows["run"].map(places)).drop_duplicates([*KEY, "label", "place"]).sort_values("place")


def lines(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Per backend, mode and setting: the mean over what all of its runs have in common, then each activation."""
    for key, part in rows.groupby(KEY, sort=False):
        own = dict(zip(KEY, key, strict=True))
        runs = part.groupby("label")["place"].nunique()
        common = part[part["label"].isin(runs.index[runs == part["place"].nunique()])]
        if len(common):
            count = formats.count(common["label"].nunique(), "activation")
            yield line(ALL, f"geometric mean of {count}", own, common)
        for label, mine in part.groupby("label"):
            yield line(str(label), str(label), own, mine)


def line(name: str, of: str, key: dict[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """One line, its points in lists: a row per point would be ten times as large."""
    runs = [mine for _, mine in rows.groupby("place")]
    x, seconds = ([geometric_mean(list(mine[figure])) for mine in runs] for figure in ("x_copy", "seconds"))
    figures = {"x": x, "us": [1e6 * own for own in seconds]}
    rounded = {name: [float(f"{own:.4g}") for own in known] for name, known in figures.items()}
    return {"activation": name, "of": of} | key | {"run": [int(mine["place"].iloc[0]) for mine in runs]} | rounded


def drawing(stops: Sequence[Stop], shown: pd.DataFrame) -> Any:
    """The lines, with what is known of the runs in a table of its own."""
    facts, machines = about(stops)
    known = ["at", "name", "date", "machine", "versions", "opacity"]
    runs = alt.LookupData(data=alt.Data(values=facts), key="run", fields=known)
    base = alt.Chart(alt.Data(values=embedded(shown))).encode(
        x=alt.X("at:N", title=None, sort=None, scale=alt.Scale(domain=[own["at"] for own in facts]), axis=dates(stops)),
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
    """The axis: a date above a name, slanted where they would overlap, and the date alone, upright, where still so."""
    tight, tighter = (f"width < {room * len(stops)}" for room in (90, 30))
    how = {
        "labelAngle": f"{tighter} ? -90 : {tight} ? -50 : 0",
        "labelAlign": f"{tight} ? 'right' : 'center'",
        "labelBaseline": f"{tighter} ? 'middle' : 'top'",
        "labelLimit": f"{tight} ? 130 : 84",
        "labelOverlap": f"{tighter} ? 'greedy' : false",
    }
    said = {name: alt.ExprRef(own) for name, own in how.items()}
    lines = "split(datum.label, '\\n')"
    return alt.Axis(labelExpr=f"{tighter} ? {lines}[0] : {lines}", **said)


def hues(names: list[str]) -> Any:
    """A colour per backend; a phone has room for two names in a line."""
    legend = alt.Legend(orient="bottom", title=None, columns=alt.ExprRef("width < 400 ? 2 : 8"), symbolOpacity=1)
    return alt.Color("backend:N", scale=alt.Scale(domain=names, range=charts.hues(names)), legend=legend)


def shapes(machines: list[str]) -> Any:
    """A shape per machine; no legend for one."""
    scale = alt.Scale(domain=machines, range=[SHAPES[n % len(SHAPES)] for n in range(len(machines))])
    limit = alt.ExprRef("width < 400 ? 230 : 500")
    legend = alt.Legend(orient="top", direction="vertical", title=None, columns=1, labelLimit=limit, **INK)
    return alt.Shape("machine:N", scale=scale, legend=legend if len(machines) > 1 else None)


def embedded(shown: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines as they are embedded: of the setting, what a switch asks for."""
    names = ["activation", *charts.varying(shown, SETTING), "backend", "mode", "of", "run", "x", "us"]
    return [dict(zip(names, own, strict=True)) for own in zip(*(shown[name] for name in names), strict=True)]


def tooltip() -> list[Any]:
    """What a point tells."""
    titles = {"name": "run", "date": "date", "backend": "backend", "version": "version", "mode": "mode"}
    titles |= {"of": "of", "us": "µs per call", "x": "times a copy", "machine": "machine"}
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def about(stops: Sequence[Stop]) -> tuple[list[dict[str, Any]], list[str]]:
    """What is known of each run, its label on the axis among it; and the machines' names, no two alike."""
    machines: dict[int, str] = {}
    for stop in stops:
        if stop.machine not in machines:
            name = stop.hardware
            machines[stop.machine] = f"{name} ({stop.machine + 1})" if name in machines.values() else name
    facts: list[dict[str, Any]] = []
    for place, stop in enumerate(stops):
        at = f"{stop.day}\n{brief(stop)}"
        at += f" ({place + 1})" if at in [own["at"] for own in facts] else ""
        known = {"run": place, "at": at, "name": stop.run.name, "date": stop.date, "versions": stop.end.versions}
        opacity = 1 if stop.machine == stops[-1].machine else FAINT
        facts.append(known | {"machine": machines[stop.machine], "opacity": opacity})
    return facts, list(machines.values())


def brief(stop: Stop) -> str:
    """The run's name in a few letters, less the date that stands above it."""
    day = f"{stop.when:%Y%m%d}" if stop.when else ""
    return formats.short(stop.run.name.removeprefix(day).strip("-_ ") or stop.run.name, 16)


def behind(stops: Sequence[Stop], shown: pd.DataFrame) -> tuple[list[str], list[list[dict[str, Any]]], str]:
    """The table of these lines, a column per run; and the picture in words."""
    names = {"activation": "activation", "column": "on", "direction": "direction"}
    names |= {name: name for name in charts.varying(shown, SETTING[1:])}
    rows = []
    for own in shown.to_dict("records"):
        known = dict(zip(own["run"], own["x"], strict=True))
        figures = [known.get(place, float("nan")) for place in range(len(stops))]
        rows.append([cell(own[name], None) for name in names] + [cell(formats.digits(x), x) for x in figures])
    columns = [*names.values(), *(formats.short(stop.run.name, 24) for stop in stops)]
    return columns, rows, in_words(stops, shown)


def in_words(stops: Sequence[Stop], shown: pd.DataFrame) -> str:
    """For who cannot see the lines: where each starts and ends on the newest machine, as they are first seen."""
    first = charts.first(shown, (*SETTING, "activation"))
    mine = {place for place, stop in enumerate(stops) if stop.machine == stops[-1].machine}
    said = []
    for own in first.to_dict("records"):
        x = [figure for place, figure in zip(own["run"], own["x"], strict=True) if place in mine]
        said += [f"{own['column']} {x[0]:g} to {x[-1]:g} ×"] if x else []
    ends = f"; on {stops[-1].hardware}, {first['activation'].iloc[0]}: {', '.join(said)}" if said else ""
    return formats.text(f"{formats.count(len(stops), 'run')}, {stops[0].day} to {stops[-1].day}{ends}")


def words(stops: Sequence[Stop], means: list[dict[str, Any]], rows: pd.DataFrame) -> str:
    """What the picture shows, and what it does not."""
    said = "The time against a copy in the geometric mean of the activations that all runs of a backend and mode have "
    said += "in common. In copies and not in seconds, since machines differ. "
    several = len({stop.machine for stop in stops}) > 1
    machines = "A line connects the runs of one machine alone; each machine has points of its own shape, and that of "
    machines += "the newest run is drawn strongest."
    said += machines if several else "All runs are of one machine."
    lone = {own["column"] for own in means}
    without = formats.short(", ".join(name for name in rows["column"].drop_duplicates() if name not in lone))
    return said + (f" No activation is common to all runs of {without}: choose one." if without else "")
