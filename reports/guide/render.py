"""The chapter of the guide, measured."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from bench.portrait import depth
from reports import formats
from reports.cards import costs, draw
from reports.cards.load import Gallery
from reports.chapter import Chapter
from reports.guide import calls, choosing, claims
from reports.guide.draw import fading
from reports.guide.evidence import Evidence


def chapter(gallery: Gallery, costs_table: pd.DataFrame | None) -> Chapter:
    """Its claims, its advice and its calls."""
    return Chapter("guide", "Guide", contents(gallery, costs_table))


def contents(gallery: Gallery, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """What the templates show."""
    evidence = Evidence(gallery, costs_table)
    chart = fading(evidence)
    return {
        "sitters": [{"name": own.name, "version": own.version} for own in gallery.sitters],
        "notes": [formats.text(note) for note in gallery.notes],
        "calls": calls.calls(gallery),
        "claims": list(claims.claims(evidence)),
        "columns": choosing.columns(),
        "rows": choosing.rows(evidence),
        "chart": Markup(draw.svg(chart, "fading")) if chart else "",
        "networks": depth.WORDS,
        "deepest": max(depth.DEPTHS),
        "setting": costs.setting(costs_table),
    }
