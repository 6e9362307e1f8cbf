"""The chapter of the cards."""

from collections import Counter
from typing import Any

import pandas as pd

from bench.portrait.measure import DRAWS, LAYOUTS
from reports import charts, formats
from reports.cards import content, costs
from reports.cards.load import Gallery
from reports.chapter import Chapter


def chapter(gallery: Gallery, costs_table: pd.DataFrame | None) -> Chapter:
    """All of them."""
    return Chapter("cards", "Cards", contents(gallery, costs_table))


def contents(gallery: Gallery, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """What the templates show."""
    hues = dict(zip(gallery.names, charts.hues(gallery.names), strict=True))
    machines = Counter(formats.text(own.about.get("cpu", "")) for own in gallery.sitters)
    cards = content.cards(gallery, costs_table)
    return {
        "cards": cards,
        "overview": content.overview(cards),
        "sitters": [{"name": own.name, "version": own.version, "hue": hues[own.name]} for own in gallery.sitters],
        "machine": ", ".join(name for name in machines if name),
        "notes": [formats.text(note) for note in gallery.notes],
        "dtypes": list(LAYOUTS),
        "draws": f"{DRAWS:,}",
        "setting": costs.setting(costs_table),
        "directions": costs.directions(costs_table),
    }
