"""The strips: every binade of a subject along the real line, as SVG.

Altair is not used: 41 variants × 2 directions × 4 backends × 512 binades are 170,000 marks, which Vega takes tens of MB
and seconds to lay out. Neighbours of one class merge into runs, and the runs of one class in a strip into one path, so
that the page stays small and the browser draws it at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from bench.accuracy.shards import LAYOUTS
from reports import formats
from reports.accuracy import bits, classes, runs
from reports.accuracy.atlas import Setting
from reports.accuracy.runs import Run
from reports.accuracy.subjects import WorstError
from reports.accuracy.worst_table import Errors
from reports.page import templating
from reports.page.script import embedded

PITCH = 13  # pixels from one backend's strip to the next, the line height of the names beside them
HEIGHT = 10
AXIS = (1e38, 256.0, 1.0, 1e-4)
TICKS = {"float16": (6e4, 1.0, 1e-3), "bfloat16": AXIS, "float32": AXIS}
LEGEND = (*classes.CLASSES, classes.MISSING)


@dataclass(frozen=True)
class Strips:
    """The strips of one activation and direction, one above another, with the figures beside them."""

    svg: Markup
    figures: list[WorstError]
    tips: Markup
    """The tooltips of each strip, as JSON."""


@dataclass(frozen=True)
class Row:
    """The strips of one activation, a picture for each direction."""

    name: Markup
    sides: list[Strips]


@dataclass(frozen=True)
class Tick:
    """A label of the axis, at a share of its width from the left."""

    percent: float
    text: str


def legend() -> Markup:
    """Return the colours with their meanings."""
    return Markup(templating.get("atlas.html").module.legend(LEGEND))  # type: ignore[attr-defined]


def switch(settings: dict[str, str]) -> Markup:
    """Return the choice of one of several settings; `settings` holds the names of their sections by id."""
    return Markup(templating.get("atlas.html").module.switch(settings))  # type: ignore[attr-defined]


def script() -> Markup:
    """Return the script of tooltips and of the choice of a setting."""
    layouts = {name: {**layout._asdict(), "scale": bits.scale(name)} for name, layout in LAYOUTS.items()}
    words = {entry.letter: entry.words for entry in LEGEND}
    return Markup(templating.get("atlas.html").module.script(embedded(words), embedded(layouts)))  # type: ignore[attr-defined]


def drawing(setting: Setting, worst: Errors) -> Markup:
    """Return the strips of a setting, with the worst errors beside them."""
    rows = draw_rows(setting, worst)
    return Markup(templating.get("atlas.html").module.strips(setting, ticks(setting.dtype), rows))  # type: ignore[attr-defined]


def draw_rows(setting: Setting, worst: Errors) -> Iterator[Row]:
    """Yield a row for each activation."""
    keys = ["activation", "direction", "column"]
    places = setting.rows.groupby(keys, sort=False).indices
    columns = runs.columns(setting.rows)
    for activation in setting.activations:
        sides = []
        for direction in setting.directions:
            subjects = [(activation, direction, column) for column in setting.columns]
            records = [{name: values[places.get(key, [])] for name, values in columns.items()} for key in subjects]
            errors = [worst.get(key, WorstError()) for key in subjects]
            sides.append(draw(setting, f"{activation} {direction}", records, errors))
        yield Row(breakable(activation), sides)


def draw(setting: Setting, name: str, records: list[runs.Columns], errors: list[WorstError]) -> Strips:
    """Return the strips of one direction of one activation."""
    strips = [runs.runs(columns, setting.dtype) for columns in records]
    figures = "; ".join(f"{column} {error.words}" for column, error in zip(setting.columns, errors, strict=True))
    svg = picture(strips, setting.dtype, formats.text(f"{name}: {figures}"))
    return Strips(svg, errors, embedded([runs.table(parts) for parts in strips]))


def picture(strips: list[list[Run]], dtype: str, label: str) -> Markup:
    """Return strips one above another."""
    width, height = f"{bits.scale(dtype)[-1][1]:g}", PITCH * len(strips)
    drawn = "".join(part for number, row in enumerate(strips) for part in path(row, number * PITCH + 1, dtype))
    marks = (bits.drawn(bits.place_of(x, dtype), dtype) for x in (-1.0, 0.0, 1.0))
    lines = "".join(f"M{x:g} 0v{height}" for x in marks)
    head = Markup('<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}" height="{}">').format(
        width, height, label, height
    )
    return head + Markup(f'{drawn}<path class="rule" d="{lines}"/></svg>')


def path(parts: list[Run], top: int, dtype: str) -> Iterator[str]:
    """Yield an SVG path for each class that occurs."""
    edges = {part.start: (bits.drawn(part.start, dtype), bits.drawn(part.start + part.length, dtype)) for part in parts}
    for letter in dict.fromkeys(part.letter for part in parts):
        places = (edges[part.start] for part in parts if part.letter == letter)
        boxes = (f"M{start:g} {top}h{end - start:g}v{HEIGHT}h{start - end:g}z" for start, end in places)
        yield f'<path class="{"m" if letter == "-" else letter}" d="{"".join(boxes)}"/>'


def breakable(name: str) -> Markup:
    """Return a name whose line may break after a bracket or a comma."""
    escaped = str(Markup.escape(formats.text(name)))
    return Markup(escaped.replace("[", "[<wbr>").replace(",", ",<wbr>"))


def ticks(dtype: str) -> list[Tick]:
    """Return the labels of the axis."""
    labels = [(bits.drawn(bits.place_of(x, dtype), dtype), f"{x:g}".replace("e+", "e")) for x in TICKS[dtype]]
    width = bits.scale(dtype)[-1][1]
    mirrored = [(width - x, f"−{text}") for x, text in labels]
    every = [*mirrored, (width / 2, "0"), *reversed(labels)]
    return [Tick(round(100 * x / width, 2), text) for x, text in every]
