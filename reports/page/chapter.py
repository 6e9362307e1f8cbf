"""Pages made of chapters: one file with several chapters, or a page of a single chapter."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reports.page import charts, files, html, markdown, templating, vega
from reports.page.script import embedded
from reports.page.section import Block, charts_of


@dataclass(frozen=True)
class Chapter:
    """A chapter: its heading and its blocks. The template NAME.css is its style, which is made of `style_content`."""

    name: str
    title: str
    """The short name in the row of chapters."""
    heading: str
    blocks: Sequence[Block]
    style_content: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def style(self) -> Markup:
        """The style sheet of the chapter, or nothing; its rules apply within the chapter alone."""
        name = f"{self.name}.css"
        return Markup(templating.get(name).render(self.style_content) if templating.has(name) else "")

    @cached_property
    def body(self) -> Markup:
        """The chapter as HTML."""
        return Markup("<h1>{}</h1>\n").format(self.heading) + html.render(self.blocks)

    @cached_property
    def markdown(self) -> str:
        """The chapter as Markdown."""
        return f"# {self.heading}\n\n{markdown.render(self.blocks)}"

    @cached_property
    def definitions(self) -> dict[str, dict[str, Any]]:
        """The charts with the style of the project, as Vega-Lite definitions."""
        drawn = {chart.name: chart.described.configure(**charts.CONFIG) for chart in charts_of(self.blocks)}
        # each part was checked when it was made; checking the whole again takes as long as drawing it
        return {name: files.finite(chart.to_dict(validate=False)) for name, chart in drawn.items()}

    @property
    def drawings(self) -> dict[str, bytes]:
        """The charts as SVG files, with their switches at their first values."""
        return {f"report-{name}.svg": for_paper(definition).encode() for name, definition in self.definitions.items()}

    def write(self, folder: Path, more: Mapping[str, bytes] | None = None) -> Path:
        """Write the page of this chapter alone, its Markdown and `more` files; return the path of the page."""
        pages = {f"{self.name}.md": self.markdown.encode(), f"{self.name}.html": page(self.title, [self])}
        files.write_all(folder, {**pages, **(more or {})})
        return folder / f"{self.name}.html"


def page(title: str, chapters: Sequence[Chapter]) -> bytes:
    """Return the HTML file of these chapters, which loads nothing else."""
    drawn = {name: embedded(for_browser(chart)) for chapter in chapters for name, chart in chapter.definitions.items()}
    script = vega.script().replace("</script", "<\\/script") if drawn else ""
    shown = {"title": title, "chapters": chapters, "charts": drawn, "vega": Markup(script)}
    return templating.get("page.html").render(shown).encode()


def narrowed(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition without the columns that it does not name, and with rounded numbers."""
    fields = {key: value for key, value in definition.items() if key != "datasets"}
    text = json.dumps(fields)
    datasets = {
        name: [{key: rounded(value) for key, value in row.items() if key in text} for row in rows]
        for name, rows in definition.get("datasets", {}).items()
    }
    return fields | {"datasets": datasets}


def for_browser(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Vega-Lite definition as one of Vega, which the page need not translate; Vega-Lite warns on its console.

    Columns that the definition does not name are left out and the others packed, which makes a chart a tenth as large.
    """
    compiled = vega.compiled(narrowed(definition))
    compiled["data"] = [packed(data) if is_table(data) else data for data in compiled.get("data", ())]
    return compiled


def is_table(data: Mapping[str, Any]) -> bool:
    """Return whether a data set holds more than one row, all of texts and numbers."""
    rows = data.get("values")
    return (
        isinstance(rows, list)
        and len(rows) > 1
        and all(isinstance(v, str | float | int | None) for row in rows for v in row.values())
    )


def packed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a data set with its rows as columns, each as its distinct values and the index of each row among them."""
    rows = data["values"]
    columns = {name: list(dict.fromkeys(row.get(name) for row in rows)) for name in rows[0]}
    places = {name: {value: place for place, value in enumerate(values)} for name, values in columns.items()}
    packs = {
        name: [values] if len(values) == len(rows) else [values, [places[name][row.get(name)] for row in rows]]
        for name, values in columns.items()
    }
    return {key: value for key, value in data.items() if key != "values"} | {"packed": packs}


def rounded(value: Any) -> Any:
    """Round a number to the six digits that a chart can show; its table and its tooltips have the figures as texts."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def for_paper(definition: Mapping[str, Any]) -> str:
    """Return a Vega-Lite definition as SVG on white, with its switches at their first values."""
    return vega.svg(narrowed(definition) | {"width": 900, "background": "white"})
