"""Parameter values beyond the catalogue's cases, and the inputs that tell how a backend treats them.

Each format has parameters that it cannot hold, beyond its range, below its smallest number, at which a kink vanishes,
and at which a backend takes another code path.
"""

from typing import Any

import numpy as np

from backends.activation import Variant, find_variant
from bench.reference.ulp import FORMATS
from tests import probes

Host = Any  # numpy.ndarray

BEYOND = {"float16": 65507.0, "bfloat16": 3.3961775292304957e38, "float32": 3.4028235677973357e38, "float64": 1e300}
"""Parameters above the largest number by less than half its ulp; in float64, which holds every parameter, 1e300."""
HUGE = {"float16": 1e6, "bfloat16": 1e39, "float32": 1e39, "float64": 1e100}
TINY = {"float16": 1e-9, "bfloat16": 1e-42, "float32": 1e-46, "float64": 1e-100}
FAR = {"float16": 2.0**15, "bfloat16": 2.0**127, "float32": 2.0**127, "float64": 2.0**1023}
"""Parameters within the range, but as a threshold so large that x - threshold may overflow."""
AROUND_20 = (5.0, 8.0, 10.0, 12.0, 15.0, 18.0, 19.9, 20.1, 22.0, 25.0, 30.0, 34.0)
"""Inputs where log(1 + exp(x)) and x differ in float64; torch returns x beyond 20."""
SIZES = (1e-5, 0.01, 0.1, 0.5, 1.0, 3.0, 11.0, 20.0, 90.0, 1e4)


def cases(dtype: str) -> tuple[Variant, ...]:
    """Return the variants to test in a format."""
    beyond, huge, tiny = BEYOND[dtype], HUGE[dtype], TINY[dtype]
    thresholds: list[dict[str, Any]] = [{"threshold": t} for t in (0.0, 0.3, 0.6, beyond, huge, tiny)]
    values: dict[str, list[dict[str, Any]]] = {
        "relu": [
            *({"threshold": t} for t in (0.3, -0.3, beyond, -huge, tiny, -tiny)),
            *({"max_value": m} for m in (0.0, 0.3, 0.6, beyond, huge, tiny)),
            *({"negative_slope": s} for s in (1.0, beyond, huge, tiny)),
            {"negative_slope": 0.25, "threshold": 0.3},
            {"negative_slope": 0.25, "threshold": huge},
            {"negative_slope": 0.25, "threshold": FAR[dtype]},
            {"negative_slope": huge, "threshold": 0.5},
            {"negative_slope": tiny, "threshold": -0.3},
            {"negative_slope": 0.7, "max_value": 0.6, "threshold": -0.3},
            {"max_value": 6.0, "threshold": -1.0},
            {"max_value": 0.0, "threshold": -1.0},
            {"max_value": 0.3, "threshold": 0.3},
            {"max_value": 0.3, "threshold": 0.6},
            {"negative_slope": 1.0, "max_value": 0.6},
        ],
        "leaky_relu": [{"negative_slope": s} for s in (0.7, 1.0, beyond, huge, tiny)],
        "elu": [{"alpha": a} for a in (0.0, 0.3, beyond, huge, tiny)],
        "celu": [{"alpha": a} for a in (0.3, 1000.0, beyond, huge, tiny)],
        "soft_shrink": thresholds,
        "hard_shrink": thresholds,
        "threshold": [
            {"threshold": t, "default_value": d}
            for t, d in ((0.3, 20.0), (0.6, 1 / 3), (0.3, 0.3), (-0.3, huge), (huge, 0.1), (-huge, 0.1), (tiny, tiny))
        ],
        "squareplus": [{"b": b} for b in (0.0, 0.3, 2.0**-70, 2.0**70, beyond, huge, tiny)],
    }
    variants = [find_variant(name, parameters) for name, choices in values.items() for parameters in choices]
    return tuple(v for v in variants if dtype == "float32" or _is_specific(v, dtype))


def _is_specific(variant: Variant, dtype: str) -> bool:
    """Return whether a variant tests more in this format than in float32, which has them all: JAX's calls are slow."""
    sizes = {abs(p) for p in variant.parameters.values() if p}
    if dtype == "float64":
        return any(not 2.0**-100 < size < 2.0**120 for size in sizes)
    return not sizes.isdisjoint((0.6, 1000.0, BEYOND[dtype], HUGE[dtype]))


COMPILED = (
    ("relu", {"threshold": 0.3}),
    ("relu", {"max_value": 0.6}),
    ("relu", {"max_value": 1e39}),
    ("relu", {"negative_slope": 0.25, "threshold": 0.3}),
    ("leaky_relu", {"negative_slope": 1e39}),
    ("elu", {"alpha": 1e39}),
    ("celu", {"alpha": 1e39}),
    ("soft_shrink", {"threshold": 0.0}),
    ("soft_shrink", {"threshold": 0.3}),
    ("hard_shrink", {"threshold": 0.0}),
    ("hard_shrink", {"threshold": 0.6}),
    ("threshold", {"threshold": 0.3, "default_value": 20.0}),
    ("squareplus", {"b": 0.0}),
    ("squareplus", {"b": 1e39}),
)
"""One case for each code path that a parameter selects, since compiling is slow."""


def points(variant: Variant, dtype: str) -> Host:
    """Return finite inputs: zeros, limits of the range, ordinary sizes, and the neighbours of each parameter."""
    form = FORMATS[dtype]
    limits = (form.smallest_subnormal, form.smallest_normal, form.largest / 2, form.largest)
    parameters = [abs(p) for p in variant.parameters.values() if isinstance(p, float)]
    with np.errstate(over="ignore", under="ignore"):
        close = [x for p in probes.rounded(parameters, dtype) for x in (p, *probes.neighbours(p, dtype))]
        neighbours = [x for p in close for x in probes.neighbours(p, dtype)]
    sizes = np.abs(probes.rounded([*SIZES, *limits, *neighbours], dtype))
    distinct = np.unique(sizes[np.isfinite(sizes) & (sizes != 0)])
    return np.concatenate([-distinct[::-1], [-0.0, 0.0], distinct])
