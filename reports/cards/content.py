"""The contents of a card, as plain rows for the templates."""

import contextlib
import inspect
import re
from typing import Any

import pandas as pd

from backends.activation import Variant, catalogue, parse_variant
from reports import formats
from reports.cards import costs
from reports.cards.facts import facts
from reports.cards.load import CurveCollection
from reports.cards.pictures import picture_of, table_of
from reports.cards.results import native, points, vanished
from reports.cards.words import kinks_of

EQUATION = re.compile(r"f\([^)]*\)(_i)? = ")


def cards(collection: CurveCollection, costs_table: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return a card for each activation, in catalogue order, then for each other parameter case that was recorded."""
    usual = [entry.variants[0] for entry in catalogue().values()]
    return [card(variant, collection, costs_table) for variant in dict.fromkeys([*usual, *others(collection)])]


def others(collection: CurveCollection) -> list[Variant]:
    """Return the parameter cases that were recorded, without those of packages that are not installed."""
    variants = []
    for name in dict.fromkeys(
        name for recording in collection.recordings for name in recording.portraits if "[" in name
    ):
        with contextlib.suppress(LookupError):
            variants.append(parse_variant(name))
    return variants


def card(variant: Variant, collection: CurveCollection, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """Return the card of one variant."""
    words, equation, more = described(variant)
    rows = [row for recording in collection.recordings if (row := recording.portrait(variant.id).row)]
    source, link, address = formats.text(variant.activation.source).partition("https://")
    return {
        "name": formats.text(variant.id),
        "words": words,
        "formula": equation,
        "notes": more,
        "signature": signature(variant),
        "aliases": aliases(variant),
        "source": source,
        "link": link + address,
        "row": formats.text(rows[0]) if rows else "",
        "facts": facts(variant, collection),
        "kinks": [formats.number(kink) for kink in kinks_of(variant, collection)],
        "pictures": [picture_of(variant, collection, name) for name in ("value", "slope")],
        "behind": table_of(variant, collection),
        "points": points(variant, collection),
        "vanished": [vanished(recording, variant) for recording in collection.recordings],
        "costs": costs.rows(costs_table, variant.id),
        "natives": [native(recording, variant) for recording in collection.recordings],
        "call": call(variant),
    }


def overview(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each card: its facts, and the least and the largest multiple of a copy of a forward call."""
    return [
        {
            "name": item["name"],
            "facts": {f["name"]: f["said"] for f in item["facts"]},
            "cost": costs.span(item["costs"]),
        }
        for item in cards
    ]


def described(variant: Variant) -> tuple[str, str, str]:
    """Return the words, the formula and the remaining text of the catalogue."""
    first, _, rest = (inspect.getdoc(variant.activation.formula) or "").partition("\n\n")
    if not EQUATION.search(first):
        second, _, rest = rest.partition("\n\n")
        first = f"{first} {second}"
    match = EQUATION.search(first)
    cut = match.start() if match else len(first)
    words, equation, more = (" ".join(part.replace("`", "").split()) for part in (first[:cut], first[cut:], rest))
    words = words.rstrip(": ")
    return words + "." * (not words.endswith(".")), equation, more


def signature(variant: Variant) -> str:
    """Return the signature as Keras has it; a parameter without a default stands without one."""
    parameters = variant.activation.parameters.values()
    parameters_shown = [p.name if p.required else f"{p.name}={p.default!r}" for p in parameters]
    return f"keras.activations.{variant.activation.name}({', '.join(['x', *parameters_shown])})"


def aliases(variant: Variant) -> str:
    """Return the other names of the activation and of its parameters."""
    activation = variant.activation
    renamed = [f"{old} for {new}" for old, new in activation.parameter_aliases.items()]
    return ", ".join([*activation.aliases, *renamed]) or "none"


def call(variant: Variant) -> str:
    """Return the call through this project, on any backend."""
    pairs = [(p, variant.parameters[p.name]) for p in variant.activation.parameters.values()]
    passed = [f", {p.name}={value!r}" for p, value in pairs if p.required or value != p.default]
    return f'backends.call("torch", "{variant.activation.name}", x{"".join(passed)})'
