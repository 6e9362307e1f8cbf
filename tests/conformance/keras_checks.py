"""Against Keras: agreement with its torch or its JAX backend, the golden pair.

Both sides are judged values, each right within k (1 + condition number) ulp, so that they may lie
twice that apart. Where both of the pair are themselves wrong an accurate backend differs, and says so.
"""

import functools
import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from backends.activation import Variant
from bench import truth, ulp
from bench.accuracy.device import DEVICE
from tests import golden, probes
from tests.conformance import row_verdicts
from tests.conformance.checks import Host, bound, eager, floats, padded
from tests.conformance.verdicts import Failure, K, conditioning
from tests.golden import recipe

DTYPES = ("float64", "float32")
LIVE = {"torch": "torch", "jax": "jax", "tensorflow": "tensorflow"}
"""By backend, Keras' own on the same framework, which the process can run."""


class Expected(NamedTuple):
    """What Keras computes: inputs and cotangents, and each value and gradient that is right."""

    x: Host
    dy: Host
    values: list[Host]
    gradients: list[Host]


def stored(variant: Variant, dtype: str) -> Expected:
    """Return what the golden pair computed where it was recorded."""
    recorded = golden.read(variant, golden.GOLDEN_PAIR)
    value, slope = ([a for (_, d), a in of.items() if d == dtype] for of in (recorded.values, recorded.gradients))
    return Expected(recorded.inputs[dtype], recorded.cotangents[dtype], value, slope)


@functools.cache
def todays(keras_backend: str) -> recipe.Keras:
    """Return Keras on this process' framework; what its imports warn of is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return recipe.Keras(keras_backend)


def today(
    backend: Any, name: str, variant: Variant, dtype: str
) -> tuple[list[Failure], list[Failure]] | tuple[None, None]:
    """Return what differs from Keras on this framework, computed in this process; everything where it can't be."""
    if name not in LIVE or not importlib.util.find_spec("keras"):
        return None, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        section = recipe.section(todays(LIVE[name]), variant, dtype)
    if "refused" in section:
        return None, None
    x, dy, y, dx = (column.astype(np.float64) for column in section["points"])
    return keras(backend, variant, dtype, Expected(x, dy, [y], [dx]))


def common(failures: list[Failure], undeclared: list[Failure], today: list[Failure] | None) -> list[Failure]:
    """Return the failures less those undeclared ones at whose inputs today's Keras agrees."""
    if today is None:
        return failures
    differing = {failure.x for failure in today}
    return [failure for failure in failures if failure not in undeclared or failure.x in differing]


def keras(backend: Any, variant: Variant, dtype: str, due: Expected) -> tuple[list[Failure], list[Failure]]:
    """What differs from all that Keras computes: in value, in slope."""
    x, dy = due.x, due.dy
    laid = (backend.asarray(padded(probes.lay(variant, a)), dtype=dtype, device=DEVICE.get()) for a in (x, dy))
    found = eager(backend, bound(backend, variant), *laid)
    y, dx = (probes.unlay(variant, floats(backend, a))[: len(x)] for a in found)
    value, slope = _allowed(variant, dtype, x, dy)
    return (
        list(_differing(x, y, due.values, value, dtype)),
        list(_differing(x, dx, due.gradients, slope, dtype)),
    )


def _allowed(variant: Variant, dtype: str, x: Host, dy: Host) -> tuple[Host, Host]:
    """How far two right values, and two right gradients, may lie apart."""
    if variant.activation.kind != "elementwise":
        return _allowed_in_rows(variant, dtype, x, dy)
    eps = ulp.FORMATS[dtype].epsilon
    points = x.tolist()
    value = [(1 + conditioning(variant, p)) * abs(float(truth.value(variant, p))) for p in points]
    slope = [(1 + conditioning(variant, p, of_slope=True)) * abs(float(truth.slope(variant, p))) for p in points]
    return 2 * K[dtype] * eps * np.array(value), 2 * K[dtype] * eps * np.array(slope) * np.abs(dy)


def _allowed_in_rows(variant: Variant, dtype: str, x: Host, dy: Host) -> tuple[Host, Host]:
    eps = ulp.FORMATS[dtype].epsilon
    value, slope = [], []
    for row, dys in zip(x.tolist(), dy.tolist(), strict=True):
        outputs, conditions = row_verdicts.exact(variant, tuple(row))[0], row_verdicts.conditions(variant, row)
        value.append([2 * K[dtype] * eps * (1 + c) * abs(float(f)) for f, c in zip(outputs, conditions, strict=True)])
        slope.append([2 * row_verdicts.slope_tolerance(variant, dtype, row, dys, i) for i in range(len(row))])
    return np.array(value), np.array(slope)


def _differing(x: Host, ours: Host, theirs: list[Host], allowed: Host, dtype: str) -> Iterator[Failure]:
    flush = ulp.FORMATS[dtype].smallest_normal  # either side may flush
    with np.errstate(invalid="ignore"):
        close = [(ours == t) | (np.isnan(ours) & np.isnan(t)) | (abs(ours - t) <= allowed + flush) for t in theirs]
    for at in zip(*np.nonzero(~np.any(close, axis=0)), strict=True):
        said = " and ".join(repr(float(t[at])) for t in theirs)
        yield Failure(float(x[at]), f"{float(ours[at])!r}, Keras has {said}")
