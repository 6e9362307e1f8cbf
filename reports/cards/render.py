"""The chapter of the cards."""

from collections import Counter

import pandas as pd

from bench.curves.measure import DRAWS
from reports import formats
from reports.cards import content, costs, facts
from reports.cards.load import CurveCollection
from reports.page import charts
from reports.page.chapter import Chapter
from reports.page.section import Block, Fold, Index, Items, Legend, Words

INTRODUCTION = (
    "What each activation of Keras is, what every framework makes of it, where it stops learning, and what it costs. "
    "Curves, kinks and zeros were computed by the frameworks themselves, in float32 unless said otherwise."
)
METHOD = (
    "Range, derivative and monotone follow from the exact definition by interval arithmetic, for every float32 number; "
    f"for what takes a row, at points along one entry. Zero-centred and dead are of {DRAWS:,} equally likely N(0, 1) "
    "inputs. Vanished: every input of the 16-bit formats was tried; of float32 and float64 a grid, then all between "
    "the last derivative that is not 0 and its neighbour, so that a derivative that is not 0 between two zeros of the "
    "grid would go unseen."
)


def chapter(collection: CurveCollection, costs_table: pd.DataFrame | None) -> Chapter:
    """Return the chapter of all cards."""
    variants = content.variants(collection)
    overview = content.overview(variants, collection, costs_table)
    blocks: list[Block] = [
        Words(INTRODUCTION),
        legend(collection),
        *(Words(formats.markdown(text), "soft") for text in machines(collection)),
        *(Words(f"Left out: {formats.markdown(note)}.", "fault") for note in collection.notes),
        Fold("What the words mean", [Items([*terms()]), Words(METHOD, "soft")]),
        Index("Activations", {variant.id: content.anchor(variant) for variant in variants}),
        Fold("All of them in one table", [overview]),
        *(content.card(variant, collection, costs_table) for variant in variants),
    ]
    return Chapter("cards", "Cards", "Activation cards", blocks)


def legend(collection: CurveCollection) -> Legend:
    """Return the backends and their versions, with the colours of the pictures."""
    hues = charts.hues(collection.names)
    names = [f"{recording.name} {recording.version}" for recording in collection.recordings]
    return Legend(dict(zip(names, hues, strict=True)))


def machines(collection: CurveCollection) -> list[str]:
    """Return the processors on which the curves were recorded, in a line; empty where none is recorded."""
    names = Counter(recording.cpu for recording in collection.recordings)
    line = ", ".join(name for name in names if name)
    return [line] if line else []


def terms() -> list[str]:
    """Return the terms of a card with their meanings."""
    meanings = facts.MEANINGS | {"vanished": content.VANISHED, costs.COPY.unit: costs.COPY.meaning}
    return [f"**{name}**: {meaning}" for name, meaning in meanings.items()]
