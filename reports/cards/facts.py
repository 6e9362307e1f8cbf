"""The facts on a card: those that are proved, then the results of the backends for N(0, 1) inputs."""

from typing import Any

from backends.activation import Variant
from bench.core.curves import Normal
from reports import formats
from reports.cards import exact
from reports.cards.load import CurveCollection
from reports.cards.words import mean, no_data, size

MEAN_TOLERANCE = 1e-3
"""The size of a mean below which it counts as 0."""


def facts(variant: Variant, collection: CurveCollection) -> list[dict[str, str]]:
    """Return the facts that follow from the definition, then the results of the backends for N(0, 1) inputs."""
    exact_facts = exact.facts(variant)
    lines = (
        [fact("range", "no data", "this kind of activation has no portrait")]
        if exact_facts is None
        else definite(exact_facts)
    )
    return [*lines, centred(exact_facts, variant, collection), dead(variant, collection)]


def fact(name: str, text: str, more: str = "") -> dict[str, str]:
    """Return one line of the facts."""
    return {"name": name, "said": text, "more": more}


def definite(exact_facts: exact.Facts) -> list[dict[str, str]]:
    """Return the facts about the exact function."""
    how = f"at {len(exact.POINTS)} exact values" if exact_facts.sampled else "proved for every float32 number"
    monotone = "no: it falls and rises"
    if not exact_facts.falls or not exact_facts.rises:
        monotone = f"yes: it never {'rises' if exact_facts.falls else 'falls'}"
    limits = f"goes to {size(exact_facts.left_limit)} at −∞, to {size(exact_facts.right_limit)} at ∞"
    return [
        fact("range", f"{size(exact_facts.low)} to {size(exact_facts.high)}", limits),
        fact("monotone", monotone, how),
        fact("slope", f"{size(exact_facts.slope_low)} to {size(exact_facts.slope_high)}", how),
    ]


def centred(exact_facts: exact.Facts | None, variant: Variant, collection: CurveCollection) -> dict[str, str]:
    """Return whether outputs lie around 0: by symmetry, or on average."""
    means, values = (
        by_backend(variant, collection, "mean", mean),
        collection.numbers(variant.id, "mean").values(),
    )
    if exact_facts and exact_facts.odd:
        return fact("zero-centred", "yes", "by symmetry: f(−x) = −f(x)")
    level = values and all(abs(y) < MEAN_TOLERANCE for y in values)
    return fact("zero-centred", "on average" if level else "no", f"mean output {means}")


def dead(variant: Variant, collection: CurveCollection) -> dict[str, str]:
    """Return the share of N(0, 1) inputs with a derivative of exactly 0."""
    return fact(
        "dead",
        by_backend(variant, collection, "dead", formats.probability),
        "of N(0, 1) inputs have a slope of exactly 0",
    )


def by_backend(variant: Variant, collection: CurveCollection, name: str, format_value: Any) -> str:
    """Return the text once where all backends agree, otherwise backend by backend."""
    groups: dict[str, list[str]] = {}
    values = collection.numbers(variant.id, name)
    for recording in collection.recordings:
        text = (
            format_value(values[recording.name])
            if recording.name in values
            else no_data(recording.part(variant.id, Normal))
        )
        groups.setdefault(text, []).append(recording.name)
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{text} on {', '.join(names)}" for text, names in groups.items())
