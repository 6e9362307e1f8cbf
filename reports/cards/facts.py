"""The facts on a card: those that are proved, then the results of the backends for N(0, 1) inputs."""

from collections.abc import Callable
from dataclasses import dataclass

from backends.activation import Variant
from bench.core.curves import Normal
from reports import formats
from reports.cards import exact
from reports.cards.load import CurveCollection
from reports.cards.words import mean, no_data, size

MEAN_TOLERANCE = 1e-3
"""The size of a mean below which it counts as 0."""
MEANINGS = {
    "range": "The least and the largest value that the function takes or comes near to.",
    "monotone": "Whether a larger input never gives a smaller output, or never a larger one.",
    "derivative": "By how much the output changes when the input does. Training multiplies these along the layers.",
    "zero-centred": "Whether outputs lie evenly around 0 when inputs do. If not, the next layer sees a shift.",
    "dead": "The share of standard normal inputs whose derivative is exactly 0: there nothing is learnt.",
    "kinks": "Inputs at which value or derivative jumps. Mathematics leaves open which derivative counts there; each "
    "framework chooses.",
}


@dataclass(frozen=True)
class Fact:
    """A line of the facts."""

    name: str
    text: str
    note: str = ""


def facts(variant: Variant, collection: CurveCollection) -> list[Fact]:
    """Return the facts that follow from the definition, then the results of the backends for N(0, 1) inputs."""
    exact_facts = exact.facts(variant)
    unknown = Fact("range", "no data", "this kind of activation has no curves")
    lines = [unknown] if exact_facts is None else definite(exact_facts)
    return [*lines, centred(exact_facts, variant, collection), dead(variant, collection)]


def definite(exact_facts: exact.Facts) -> list[Fact]:
    """Return the facts about the exact function."""
    proof = f"at {len(exact.POINTS)} exact values" if exact_facts.sampled else "proved for every float32 number"
    monotone = "no: it falls and rises"
    if not exact_facts.falls or not exact_facts.rises:
        monotone = f"yes: it never {'rises' if exact_facts.falls else 'falls'}"
    limits = f"goes to {size(exact_facts.left_limit)} at −∞, to {size(exact_facts.right_limit)} at ∞"
    return [
        Fact("range", f"{size(exact_facts.low)} to {size(exact_facts.high)}", limits),
        Fact("monotone", monotone, proof),
        Fact("derivative", f"{size(exact_facts.derivative_low)} to {size(exact_facts.derivative_high)}", proof),
    ]


def centred(exact_facts: exact.Facts | None, variant: Variant, collection: CurveCollection) -> Fact:
    """Return whether outputs lie around 0: by symmetry, or on average."""
    if exact_facts and exact_facts.odd:
        return Fact("zero-centred", "yes", "by symmetry: f(−x) = −f(x)")
    values = collection.numbers(variant.id, "mean").values()
    is_level = values and all(abs(y) < MEAN_TOLERANCE for y in values)
    means = by_backend(variant, collection, "mean", mean)
    return Fact("zero-centred", "on average" if is_level else "no", f"mean output {means}")


def dead(variant: Variant, collection: CurveCollection) -> Fact:
    """Return the share of N(0, 1) inputs with a derivative of exactly 0."""
    shares = by_backend(variant, collection, "dead", formats.probability)
    return Fact("dead", shares, "of N(0, 1) inputs have a derivative of exactly 0")


def by_backend(variant: Variant, collection: CurveCollection, name: str, format_value: Callable[[float], str]) -> str:
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
