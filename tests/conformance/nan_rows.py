"""A NaN in a row is a NaN everywhere in its value and gradient, and nowhere in another row's.

Of a gated activation it is one in the value and in both gradients of its pair alone.
"""

import itertools
import math
from typing import Any

import numpy as np

from backends.activation import Variant
from tests import probes
from tests.conformance import checks, row_figures
from tests.conformance.checks import Host
from tests.conformance.verdicts import Failure

LENGTHS = (3, 1001)
"""Lengths of `rows.LENGTHS`: a vector's tail alone, and a body with a tail."""
ORDINARY = (1.0, 2.0, 0.5, -1.0, 0.75, 1.75, -0.25)
NAMES = ("no NaN", "NaN first", "NaN in the middle", "NaN last")


def failures(backend: Any, variant: Variant, dtype: str, length: int, mode: str = "eager") -> list[Failure]:
    """Return what is wrong with rows of a length: an ordinary one, then NaN in first, middle and last place.

    They are repeated up to the number of rows of `test_rows`, whose shape a compiler has seen.
    """
    gated = variant.activation.kind == "gated"
    due = np.zeros((len(NAMES), length), bool)
    due[[1, 2, 3], [0, length // 2, length - 1]] = True
    flat = np.resize(ORDINARY, due.shape)
    if gated or isinstance(variant.parameters["axis"], tuple):  # two halves, the second with the NaN
        flat = np.concatenate([flat, np.where(due, math.nan, flat)], -1)
    else:
        flat[due] = math.nan
    if not gated:
        due = np.broadcast_to(due.any(-1, keepdims=True), flat.shape)
    count = max(len(NAMES), len(row_figures.samples(variant, dtype, length)))
    flat, due = (np.resize(a, (count, a.shape[-1])) for a in (flat, due))
    x = probes.lay(variant, flat)
    dy = probes.cotangents(variant.output_shape(x.shape))
    laid = checks.results(backend, variant, x, dtype, dy=dy, mode=mode)
    ys, dxs = (probes.unlay(variant, a) for a in laid)
    wrong = {"value": np.isnan(ys) != due, "gradient": np.isnan(dxs) != np.tile(due, (1, 1 + gated))}
    return [Failure(math.nan, f"{what}, {counts}") for what, w in wrong.items() if (counts := _counts(w, length))]


def _counts(wrong: Host, length: int) -> str:
    """Return how many entries of which rows are wrong; nothing where none is."""
    counts = zip(itertools.cycle(NAMES), wrong.sum(-1).tolist(), strict=False)
    words = dict.fromkeys(f"{name}: {count} entries wrong" for name, count in counts if count)
    return ", ".join([f"rows of {length}", *words]) if words else ""
