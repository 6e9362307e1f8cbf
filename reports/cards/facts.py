"""What a card says of the function itself: what is proved, then what the backends gave for N(0, 1) inputs."""

from typing import Any

from backends.activation import Variant
from reports import formats
from reports.cards import exact
from reports.cards.load import Gallery
from reports.cards.words import mean, no_data, size

TOLD = 1e-3
"""Means that differ by less are told as one."""


def facts(variant: Variant, gallery: Gallery) -> list[dict[str, str]]:
    """What follows from the definition, then what the backends gave for N(0, 1) inputs."""
    own = exact.facts(variant)
    found = [fact("range", "no data", "this kind of activation has no portrait")] if own is None else definite(own)
    return [*found, centred(own, variant, gallery), dead(variant, gallery)]


def fact(name: str, said: str, more: str = "") -> dict[str, str]:
    """A line of them."""
    return {"name": name, "said": said, "more": more}


def definite(own: exact.Facts) -> list[dict[str, str]]:
    """Of the exact function."""
    how = f"at {len(exact.POINTS)} exact values" if own.sampled else "proved for every float32 number"
    monotone = "no: it falls and rises"
    if not own.falls or not own.rises:
        monotone = f"yes: it never {'rises' if own.falls else 'falls'}"
    limits = f"goes to {size(own.left)} at −∞, to {size(own.right)} at ∞"
    return [
        fact("range", f"{size(own.low)} to {size(own.high)}", limits),
        fact("monotone", monotone, how),
        fact("slope", f"{size(own.slope_low)} to {size(own.slope_high)}", how),
    ]


def centred(own: exact.Facts | None, variant: Variant, gallery: Gallery) -> dict[str, str]:
    """Whether outputs lie around 0: by symmetry, or on average."""
    means, known = told(variant, gallery, "mean", mean), gallery.numbers(variant.id, "normal", "mean").values()
    if own and own.odd:
        return fact("zero-centred", "yes", "by symmetry: f(−x) = −f(x)")
    level = known and all(abs(y) < TOLD for y in known)
    return fact("zero-centred", "on average" if level else "no", f"mean output {means}")


def dead(variant: Variant, gallery: Gallery) -> dict[str, str]:
    """The share of N(0, 1) inputs without a slope."""
    return fact(
        "dead", told(variant, gallery, "dead", formats.probability), "of N(0, 1) inputs have a slope of exactly 0"
    )


def told(variant: Variant, gallery: Gallery, name: str, say: Any) -> str:
    """Once where all backends say the same, else one by one."""
    said: dict[str, list[str]] = {}
    known = gallery.numbers(variant.id, "normal", name)
    for own in gallery.sitters:
        text = say(known[own.name]) if own.name in known else no_data(own.part(variant.id, "normal"))
        said.setdefault(text, []).append(own.name)
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{text} on {', '.join(names)}" for text, names in said.items())
