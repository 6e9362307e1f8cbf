"""The chapter of the cards."""

from collections import Counter
from typing import Any

import pandas as pd

from bench.portrait.measure import DRAWS, LAYOUTS
from reports import formats
from reports.cards import content, costs
from reports.cards.load import CurveCollection
from reports.page import charts
from reports.page.chapter import Chapter


def chapter(collection: CurveCollection, costs_table: pd.DataFrame | None) -> Chapter:
    """Return the chapter of all cards."""
    return Chapter("cards", "Cards", contents(collection, costs_table))


def contents(collection: CurveCollection, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """Return the variables of the templates."""
    hues = dict(zip(collection.names, charts.hues(collection.names), strict=True))
    machines = Counter(recording.cpu for recording in collection.recordings)
    cards = content.cards(collection, costs_table)
    return {
        "cards": cards,
        "overview": content.overview(cards),
        "sitters": [
            {"name": recording.name, "version": recording.version, "hue": hues[recording.name]}
            for recording in collection.recordings
        ],
        "machine": ", ".join(name for name in machines if name),
        "notes": [formats.text(note) for note in collection.notes],
        "dtypes": list(LAYOUTS),
        "draws": f"{DRAWS:,}",
        "setting": costs.setting(costs_table),
        "directions": costs.directions(costs_table),
    }
