"""The chapter of the guide."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from bench.curves import depth
from reports import formats
from reports.cards import costs, draw
from reports.cards.load import CurveCollection
from reports.guide import calls, choosing, claims
from reports.guide.draw import fading
from reports.guide.evidence import Evidence
from reports.page.chapter import Chapter


def chapter(collection: CurveCollection, costs_table: pd.DataFrame | None) -> Chapter:
    """Return the chapter: the guide's claims, its advice and its calls."""
    return Chapter("guide", "Guide", contents(collection, costs_table))


def contents(collection: CurveCollection, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """Return the variables of the templates."""
    evidence = Evidence(collection, costs_table)
    chart = fading(evidence)
    return {
        "sitters": [{"name": recording.name, "version": recording.version} for recording in collection.recordings],
        "notes": [formats.text(note) for note in collection.notes],
        "calls": calls.calls(collection),
        "claims": [claim._asdict() | {"said": claim.statement} for claim in claims.claims(evidence)],
        "columns": choosing.columns(),
        "rows": choosing.rows(evidence),
        "chart": Markup(draw.svg(chart, "fading")) if chart else "",
        "networks": depth.WORDS,
        "deepest": max(depth.DEPTHS),
        "setting": costs.setting(costs_table),
    }
