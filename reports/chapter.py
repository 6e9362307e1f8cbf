"""A page in chapters: one file that holds whatever there is, or a single chapter alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import vl_convert
from markupsafe import Markup

from reports import charts, files, templating
from reports.script import embedded


@dataclass(frozen=True)
class Chapter:
    """What its templates show: NAME.html, NAME.css if it has a style of its own, NAME.md."""

    name: str
    title: str
    content: Mapping[str, Any]
    charts: Mapping[str, Any] = field(default_factory=dict)
    """Altair definitions by the name of the element that each is drawn into."""

    @cached_property
    def style(self) -> Markup:
        """Its own; every rule holds within it alone."""
        return Markup(self.rendered("css") if templating.has(f"{self.name}.css") else "")

    @cached_property
    def body(self) -> Markup:
        """Of the page."""
        return Markup(self.rendered("html"))

    @cached_property
    def markdown(self) -> str:
        """The same for where there is no page."""
        return self.rendered("md")

    @cached_property
    def configured(self) -> dict[str, Any]:
        """Its charts in the project's looks."""
        return {name: chart.configure(**charts.CONFIG) for name, chart in self.charts.items()}

    @property
    def drawings(self) -> dict[str, bytes]:
        """Its charts as files, their switches at their first values."""
        return {f"report-{name}.svg": for_paper(chart).encode() for name, chart in self.configured.items()}

    def rendered(self, kind: str) -> str:
        """One of its templates."""
        return templating.get(f"{self.name}.{kind}").render(self.content)

    def write(self, folder: Path, more: Mapping[str, bytes] | None = None) -> Path:
        """A page of it alone, its Markdown, and what else belongs to them; returns the path of the page."""
        own = {f"{self.name}.md": self.markdown.encode(), f"{self.name}.html": page(self.title, [self])}
        files.write_all(folder, {**own, **(more or {})})
        return folder / f"{self.name}.html"


def page(title: str, chapters: Sequence[Chapter]) -> bytes:
    """The file of these chapters, that asks for nothing else."""
    drawn = {name: embedded(for_browser(own)) for c in chapters for name, own in c.configured.items()}
    shown = {"title": title, "chapters": chapters, "charts": drawn, "vega": Markup(vega() if drawn else "")}
    return templating.get("page.html").render(shown).encode()


def for_browser(chart: Any) -> Any:
    """Vega's own definition: the page need not translate it, which Vega-Lite does with warnings on its console.

    Columns that the definition does not name are left out and the others packed: a chart is a tenth as large.
    """
    definition = files.finite(chart.to_dict())
    rows = definition.pop("datasets", {})
    said = json.dumps(definition)
    needed = {name: [{k: rounded(v) for k, v in row.items() if k in said} for row in own] for name, own in rows.items()}
    compiled = vl_convert.vegalite_to_vega(definition | {"datasets": needed})
    compiled["data"] = [packed(own) if is_table(own) else own for own in compiled.get("data", ())]
    return compiled


def is_table(data: Mapping[str, Any]) -> bool:
    """Whether a data set holds more than one row, all of texts and numbers."""
    rows = data.get("values")
    return (
        isinstance(rows, list)
        and len(rows) > 1
        and all(isinstance(v, str | float | int | None) for row in rows for v in row.values())
    )


def packed(data: Mapping[str, Any]) -> dict[str, Any]:
    """A data set with its rows as columns, each the values that there are and which of them a row has."""
    rows = data["values"]
    columns = {name: list(dict.fromkeys(row.get(name) for row in rows)) for name in rows[0]}
    places = {name: {value: place for place, value in enumerate(found)} for name, found in columns.items()}
    packs = {
        name: [found] if len(found) == len(rows) else [found, [places[name][row.get(name)] for row in rows]]
        for name, found in columns.items()
    }
    return {key: value for key, value in data.items() if key != "values"} | {"packed": packs}


def rounded(value: Any) -> Any:
    """To what a picture can show of a number; its table and its tooltips have the figures as texts."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def for_paper(chart: Any) -> str:
    """The same definition as SVG, its switches at their first values, on white, wherever it is put."""
    definition = files.finite(chart.to_dict()) | {"width": 900, "background": "white"}
    svg: str = vl_convert.vegalite_to_svg(definition)
    return svg


@cache
def vega() -> str:
    """Vega, Vega-Lite and vega-embed as one script, from vl_convert: nothing is fetched."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")
