"""Promises that hold in every setting for this project's compositions, whatever is recorded.

A backend's literal OURS names the activations, or variants, that its file composes itself, in value and derivative;
"*" stands for all of them, and so does a missing literal. The others are the framework's responsibility.
"""

import functools
from collections.abc import Mapping

from backends.activation import Variant, variants
from bench.core.cases import literal
from tests.budgets import Measured

HALF = ("float16", "bfloat16")
GOALS = {"value": 4.0, "slope": 8.0}
"""The largest ulp error over 1 + condition number in float32 and float64."""
HALF_GOAL = 1.0
"""The same in half precision, which is computed in float32 and rounded once."""
HALF_WORST = 0.51
"""The largest ulp error in half precision: half for the one rounding; 82 ulp of float32 are 0.01 of float16's."""
WRONG = ("nan", "infinite", "zero", "sign", "nonzero")
"""The figures that count results wrong in kind."""


@functools.cache
def ours(backend: str) -> tuple[str, ...]:
    """Return the names and variants that a backend computes itself."""
    return tuple(literal(backend, "OURS", ("*",)))


def is_ours(backend: str, variant_id: str) -> bool:
    """Return whether a variant is computed by this project rather than by the framework."""
    return not {"*", variant_id, variant_id.partition("[")[0]}.isdisjoint(ours(backend))


def composed(backend: str) -> list[Variant]:
    """Return for each elementwise activation the first variant that the backend composes itself."""
    elementwise = [variant for variant in variants() if variant.activation.kind == "elementwise"]
    chosen: dict[str, Variant] = {}
    for variant in elementwise:
        if is_ours(backend, variant.id):
            chosen.setdefault(variant.activation.name, variant)
    return list(chosen.values())


def broken(subject: str, measured: Measured) -> list[str]:
    """Return the figures of a subject that exceed the promises for this project's code, a line each."""
    figures, inputs = measured.figures, measured.inputs
    above = {name: bound for name, bound in limits(subject, figures).items() if not figures.get(name, 0.0) <= bound}
    words = [f"{subject}: {name} is {figures[name]:g}, promised {bound:g}" for name, bound in above.items()]
    return [f"{line}, at {inputs[name]}" if name in inputs else line for name, line in zip(above, words, strict=True)]


def limits(subject: str, figures: Mapping[str, float]) -> dict[str, float]:
    """Return the largest value that is promised, by figure."""
    _, direction, dtype, *_ = subject.split(" ")
    limits = dict.fromkeys(WRONG, 0.0) | {"scaled": HALF_GOAL if dtype in HALF else GOALS[direction], "sum": 1.0}
    if dtype in HALF:
        # a subnormal result that is flushed to zero lies at the bound of an open range, outside of it
        limits |= {"worst": HALF_WORST, "out_of_range": figures.get("flushed", 0.0)}
    if direction == "value":
        limits["nan_swallowed"] = 0.0  # the derivative of a constant piece may be 0 for NaN: a convention
    return limits
