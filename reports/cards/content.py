"""What a card says, as plain rows for the templates."""

import contextlib
import inspect
import re
from typing import Any

import pandas as pd

from backends.activation import Variant, catalogue, spelled
from reports import formats
from reports.cards import costs
from reports.cards.facts import facts
from reports.cards.gave import native, points, vanished
from reports.cards.load import Gallery
from reports.cards.pictures import behind, pictured
from reports.cards.words import kinks_of

EQUATION = re.compile(r"f\([^)]*\)(_i)? = ")


def cards(gallery: Gallery, costs_table: pd.DataFrame | None) -> list[dict[str, Any]]:
    """A card of each activation, in catalogue order, then of each other parameter case that was portrayed."""
    usual = [entry.variants[0] for entry in catalogue().values()]
    return [card(variant, gallery, costs_table) for variant in dict.fromkeys([*usual, *others(gallery)])]


def others(gallery: Gallery) -> list[Variant]:
    """Parameter cases that were asked for; without those of packages that are not here."""
    found = []
    for name in dict.fromkeys(name for own in gallery.sitters for name in own.portraits if "[" in name):
        with contextlib.suppress(LookupError):
            found.append(spelled(name))
    return found


def card(variant: Variant, gallery: Gallery, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """One of them."""
    words, equation, more = described(variant)
    rows = [row for own in gallery.sitters if (row := own.portrait(variant.id).get("row"))]
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
        "facts": facts(variant, gallery),
        "kinks": [formats.number(kink) for kink in kinks_of(variant, gallery)],
        "pictures": [pictured(variant, gallery, name) for name in ("value", "slope")],
        "behind": behind(variant, gallery),
        "points": points(variant, gallery),
        "vanished": [vanished(own, variant) for own in gallery.sitters],
        "costs": costs.rows(costs_table, variant.id),
        "natives": [native(own, variant) for own in gallery.sitters],
        "call": call(variant),
    }


def overview(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line of each card: its facts, and the least and the largest multiple of a copy of a forward call."""
    return [
        {"name": own["name"], "facts": {f["name"]: f["said"] for f in own["facts"]}, "cost": costs.span(own["costs"])}
        for own in cards
    ]


def described(variant: Variant) -> tuple[str, str, str]:
    """From the catalogue: the words, the formula, and the rest."""
    first, _, rest = (inspect.getdoc(variant.activation.formula) or "").partition("\n\n")
    if not EQUATION.search(first):
        second, _, rest = rest.partition("\n\n")
        first = f"{first} {second}"
    found = EQUATION.search(first)
    cut = found.start() if found else len(first)
    words, equation, more = (" ".join(part.replace("`", "").split()) for part in (first[:cut], first[cut:], rest))
    words = words.rstrip(": ")
    return words + "." * (not words.endswith(".")), equation, more


def signature(variant: Variant) -> str:
    """As Keras has it; what has no default stands without one."""
    parameters = variant.activation.parameters.values()
    said = [p.name if p.required else f"{p.name}={p.default!r}" for p in parameters]
    return f"keras.activations.{variant.activation.name}({', '.join(['x', *said])})"


def aliases(variant: Variant) -> str:
    """Other names of the activation and of its parameters."""
    own = variant.activation
    renamed = [f"{old} for {new}" for old, new in own.parameter_aliases.items()]
    return ", ".join([*own.aliases, *renamed]) or "none"


def call(variant: Variant) -> str:
    """From this project, on any backend."""
    given = [(p, variant.parameters[p.name]) for p in variant.activation.parameters.values()]
    passed = [f", {p.name}={value!r}" for p, value in given if p.required or value != p.default]
    return f'backends.call("torch", "{variant.activation.name}", x{"".join(passed)})'
