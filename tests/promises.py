"""What holds in every setting for what is this project's own code, whatever is recorded.

A backend's literal OURS names the activations, or variants, that are compositions of its own file, in value and
derivative; "*" is all of them, and so is no literal. The others are the framework's to keep.
"""

import functools
from collections.abc import Mapping

from backends.activation import Variant, variants
from bench.cases import literal
from tests.budgets import Measured

HALF = ("float16", "bfloat16")
GOALS = {"value": 4.0, "slope": 8.0}
"""Ulp over 1 + condition number in float32 and float64."""
HALF_GOAL = 1.0
"""The same in half precision, which is computed in float32 and rounded once."""
HALF_WORST = 0.51
"""Ulp from the exact value in half precision: half for the one rounding; 82 ulp of float32 are 0.01 of float16's."""
WRONG = ("nan", "infinite", "zero", "sign", "nonzero")
"""Figures that count results wrong in kind."""


@functools.cache
def ours(backend: str) -> tuple[str, ...]:
    """Return the names and variants that a backend computes itself."""
    return tuple(literal(backend, "OURS", ("*",)))


def is_ours(backend: str, variant_id: str) -> bool:
    """Return whether a variant is computed by this project rather than by the framework."""
    return not {"*", variant_id, variant_id.partition("[")[0]}.isdisjoint(ours(backend))


def composed(backend: str) -> list[Variant]:
    """Return of each elementwise activation one variant that the backend composes itself, the first."""
    elementwise = [variant for variant in variants() if variant.activation.kind == "elementwise"]
    chosen: dict[str, Variant] = {}
    for variant in elementwise:
        if is_ours(backend, variant.id):
            chosen.setdefault(variant.activation.name, variant)
    return list(chosen.values())


def broken(subject: str, measured: Measured) -> list[str]:
    """Return which of a subject's figures are beyond what is promised of our own code, a line each."""
    figures, inputs = measured.figures, measured.inputs
    above = {name: end for name, end in limits(subject, figures).items() if not figures.get(name, 0.0) <= end}
    words = [f"{subject}: {name} is {figures[name]:g}, promised {end:g}" for name, end in above.items()]
    return [f"{line}, at {inputs[name]}" if name in inputs else line for name, line in zip(above, words, strict=True)]


def limits(subject: str, figures: Mapping[str, float]) -> dict[str, float]:
    """Return the largest value that is promised, by figure."""
    _, direction, dtype, *_ = subject.split(" ")
    limits = dict.fromkeys(WRONG, 0.0) | {"scaled": HALF_GOAL if dtype in HALF else GOALS[direction], "sum": 1.0}
    if dtype in HALF:
        # a subnormal result that is flushed to zero is at the end of an open range, outside of it
        limits |= {"worst": HALF_WORST, "out_of_range": figures.get("flushed", 0.0)}
    if direction == "value":
        limits["nan_swallowed"] = 0.0  # the derivative of a constant piece may be 0 for NaN: a convention
    return limits
