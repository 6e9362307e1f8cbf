"""Pages made of chapters: one file with several chapters, or a page of a single chapter."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import vl_convert
from markupsafe import Markup

from reports.page import charts, files, html, markdown, templating
from reports.page.script import embedded
from reports.page.section import Block, charts_of


@dataclass(frozen=True)
class Chapter:
    """A chapter: its heading and its blocks, or its templates NAME.html and NAME.md; NAME.css is its style."""

    name: str
    title: str
    content: Mapping[str, Any] = field(default_factory=dict)
    charts: Mapping[str, Any] = field(default_factory=dict)
    """Altair definitions of a chapter with templates, by the name of the element into which each is drawn."""
    heading: str = ""
    blocks: Sequence[Block] = ()

    @cached_property
    def style(self) -> Markup:
        """The style sheet of the chapter, or nothing; its rules apply within the chapter alone."""
        return Markup(self.rendered("css") if templating.has(f"{self.name}.css") else "")

    @cached_property
    def body(self) -> Markup:
        """The chapter as HTML."""
        if not self.blocks:
            return Markup(self.rendered("html"))
        return Markup("<h1>{}</h1>\n").format(self.heading) + html.render(self.blocks)

    @cached_property
    def markdown(self) -> str:
        """The chapter as Markdown."""
        return f"# {self.heading}\n\n{markdown.render(self.blocks)}" if self.blocks else self.rendered("md")

    @cached_property
    def configured(self) -> dict[str, Any]:
        """The charts with the style of the project."""
        definitions = {**self.charts, **{chart.name: chart.described for chart in charts_of(self.blocks)}}
        return {name: chart.configure(**charts.CONFIG) for name, chart in definitions.items()}

    @cached_property
    def definitions(self) -> dict[str, dict[str, Any]]:
        """The charts as Vega-Lite definitions, with null for NaN and infinities; made once for page and files."""
        return {name: files.finite(chart.to_dict()) for name, chart in self.configured.items()}

    @property
    def drawings(self) -> dict[str, bytes]:
        """The charts as SVG files, with their switches at their first values."""
        return {f"report-{name}.svg": for_paper(chart).encode() for name, chart in self.definitions.items()}

    def rendered(self, kind: str) -> str:
        """Return one of the templates, rendered."""
        return templating.get(f"{self.name}.{kind}").render(self.content)

    def write(self, folder: Path, more: Mapping[str, bytes] | None = None) -> Path:
        """Write the page of this chapter alone, its Markdown and `more` files; return the path of the page."""
        pages = {f"{self.name}.md": self.markdown.encode(), f"{self.name}.html": page(self.title, [self])}
        files.write_all(folder, {**pages, **(more or {})})
        return folder / f"{self.name}.html"


def page(title: str, chapters: Sequence[Chapter]) -> bytes:
    """Return the HTML file of these chapters, which loads nothing else."""
    drawn = {name: embedded(for_browser(chart)) for chapter in chapters for name, chart in chapter.definitions.items()}
    shown = {"title": title, "chapters": chapters, "charts": drawn, "vega": Markup(vega() if drawn else "")}
    return templating.get("page.html").render(shown).encode()


def for_browser(chart: Mapping[str, Any]) -> Any:
    """Return a Vega-Lite definition as one of Vega, which the page need not translate; Vega-Lite warns on its console.

    Columns that the definition does not name are left out and the others packed, which makes a chart a tenth as large.
    """
    datasets = chart.get("datasets", {})
    definition = {name: value for name, value in chart.items() if name != "datasets"}
    text = json.dumps(definition)
    needed = {
        name: [{k: rounded(v) for k, v in row.items() if k in text} for row in rows] for name, rows in datasets.items()
    }
    compiled = vl_convert.vegalite_to_vega(definition | {"datasets": needed})
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


def for_paper(chart: Mapping[str, Any]) -> str:
    """Return a Vega-Lite definition as SVG on white, with its switches at their first values."""
    svg: str = vl_convert.vegalite_to_svg({**chart, "width": 900, "background": "white"})
    return svg


@cache
def vega() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script from vl_convert; nothing is downloaded."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")
