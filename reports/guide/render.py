"""The chapter of the guide."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from bench.curves import depth
from reports import formats
from reports.cards import costs, draw
from reports.cards.load import CurveCollection
from reports.guide import calls, choosing, claims
from reports.guide.draw import fading
from reports.guide.evidence import DEEPEST, Evidence
from reports.page.chapter import Chapter
from reports.page.section import Block, Column, Drawing, Fold, Items, Section, Table, Words, table_of

INTRODUCTION = (
    "This project grew from a beginners' guide to Keras' activation layers. Here are its calls with the digits that it "
    "printed, its claims, and its advice, beside what was measured of each on every backend."
)
FADING = (
    "Layers against the share of the gradient that reaches the first one, for seven activations and two kinds of "
    "weights. The table of all activations below holds the last points of the lines."
)
CHOICE = (
    "“forward” and “backward” are times against a copy of the input, 1 is about what memory "
    f"allows; “Glorot” and “He” the share of a gradient that reaches the first of {DEEPEST} layers with these weights."
)
DIGITS = (
    "Each result with its distance from the exact value in ulp, the spacing of float32 numbers there: half of one is "
    "as near as a float32 number can be."
)
CLAIM_COLUMNS = (
    Column("statement", "the guide says"),
    Column("verdict", "it", mark="mark"),
    Column("figures", "what was measured", "{}.".format, is_list=True),
)


def chapter(collection: CurveCollection, costs_table: pd.DataFrame | None) -> Chapter:
    """Return the chapter: the guide's claims, its advice and its calls."""
    evidence = Evidence(collection, costs_table)
    blocks: list[Block] = [
        Words(INTRODUCTION),
        Words(versions(collection, costs_table), "soft"),
        *(Words(f"Left out: {formats.markdown(note)}.", "fault") for note in collection.notes),
        claimed(evidence),
        Section("How far a gradient reaches", [*networks(evidence)], "depth", is_card=True),
        choice(evidence),
        Section("The guide's calls", [Words(DIGITS, "soft"), *calls.sections(collection)], "calls", is_card=True),
    ]
    return Chapter("guide", "Guide", "The guide, measured", blocks)


def versions(collection: CurveCollection, costs_table: pd.DataFrame | None) -> str:
    """Return the backends with their versions, and the run that the costs are of."""
    names = formats.markdown(", ".join(f"{recording.name} {recording.version}" for recording in collection.recordings))
    setting = costs.setting(costs_table)
    return f"{names} · costs of run {formats.markdown(setting)}" if setting else names


def claimed(evidence: Evidence) -> Section:
    """Return the section on the guide's claims."""
    table = table_of(list(claims.claims(evidence)), CLAIM_COLUMNS, style="words claims")
    return Section("What the guide claims", [table], "claims", is_card=True)


def networks(evidence: Evidence) -> Iterator[Block]:
    """Yield the chart of how a gradient fades with depth, and the networks that it was measured on."""
    chart = fading(evidence)
    if chart is None:
        yield Words("no data: no recording holds deep networks.")
        return
    yield Drawing(Markup(draw.svg(chart.to_dict(), "fading")), alt=FADING)
    yield Words(f"Measured on {depth.WORDS}. Lines end where less than 1e-20 is left.", "soft")


def choice(evidence: Evidence) -> Section:
    """Return the section with the table to choose from."""
    table = Table(choosing.rows(evidence), choosing.COLUMNS, is_sortable=True, style="numbers")
    meanings = [f"**{column.heading}**: {column.meaning}" for column in choosing.COLUMNS if column.meaning]
    fold = Fold("What the columns mean", [Items(meanings)])
    return Section("Which activation should I use?", [Words(CHOICE, "soft"), table, fold], "choosing", is_card=True)
