"""Checks of agreement with Keras on torch or on JAX, the golden pair.

Either side is right within k (1 + condition number) ulp, so that they may differ by twice that. Where both backends
of the pair are wrong, an accurate backend differs and declares it.
"""

import functools
import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from backends.activation import Variant
from bench.accuracy.device import DEVICE
from bench.reference import truth, ulp
from tests import golden, probes
from tests.conformance import row_verdicts
from tests.conformance.checks import Host, bound, eager, floats, padded
from tests.conformance.verdicts import Failure, K, conditioning
from tests.golden import recipe

DTYPES = ("float64", "float32")
LIVE = {"torch": "torch", "jax": "jax", "tensorflow": "tensorflow"}
"""Keras' backend on the same framework, by backend."""


class Expected(NamedTuple):
    """Inputs, cotangents, and each value and gradient that Keras computes for them."""

    x: Host
    dy: Host
    values: list[Host]
    gradients: list[Host]


def read_expected(variant: Variant, dtype: str) -> Expected:
    """Return the recorded results of the golden pair."""
    recorded = golden.read(variant, golden.GOLDEN_PAIR)
    value, slope = (
        [a for (_, d), a in arrays.items() if d == dtype] for arrays in (recorded.values, recorded.gradients)
    )
    return Expected(recorded.inputs[dtype], recorded.cotangents[dtype], value, slope)


@functools.cache
def load_keras(keras_backend: str) -> recipe.Keras:
    """Return Keras on this process' framework, without the warnings of its imports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return recipe.Keras(keras_backend)


def live_failures(
    backend: Any, name: str, variant: Variant, dtype: str
) -> tuple[list[Failure], list[Failure]] | tuple[None, None]:
    """Return the differences from Keras as this process computes it, in value and gradient; None where it cannot."""
    if name not in LIVE or not importlib.util.find_spec("keras"):
        return None, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        section = recipe.section(load_keras(LIVE[name]), variant, dtype)
    if "refused" in section:
        return None, None
    x, dy, y, dx = (column.astype(np.float64) for column in section["points"])
    return keras(backend, variant, dtype, Expected(x, dy, [y], [dx]))


def drop_outdated(failures: list[Failure], undeclared: list[Failure], live: list[Failure] | None) -> list[Failure]:
    """Return the failures without those undeclared ones at whose inputs the live Keras agrees."""
    if live is None:
        return failures
    inputs = {failure.x for failure in live}
    return [failure for failure in failures if failure not in undeclared or failure.x in inputs]


def keras(backend: Any, variant: Variant, dtype: str, expected: Expected) -> tuple[list[Failure], list[Failure]]:
    """Return the differences, in value and in gradient, from every result of Keras."""
    x, dy = expected.x, expected.dy
    laid = (padded(backend, dtype, probes.lay(variant, a)) for a in (x, dy))
    arrays = (backend.asarray(a, dtype=dtype, device=DEVICE.get()) for a in laid)
    results = eager(backend, bound(backend, variant), *arrays)
    y, dx = (probes.unlay(variant, floats(backend, a))[: len(x)] for a in results)
    value, slope = _allowed(variant, dtype, x, dy)
    return (
        list(_differences(x, y, expected.values, value, dtype)),
        list(_differences(x, dx, expected.gradients, slope, dtype)),
    )


def _allowed(variant: Variant, dtype: str, x: Host, dy: Host) -> tuple[Host, Host]:
    """Return the absolute difference allowed between two values, and between two gradients."""
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


def _differences(x: Host, results: Host, expected: list[Host], allowed: Host, dtype: str) -> Iterator[Failure]:
    limit = allowed + ulp.FORMATS[dtype].smallest_normal  # either side may flush
    with np.errstate(invalid="ignore"):
        close = [(results == e) | (np.isnan(results) & np.isnan(e)) | (abs(results - e) <= limit) for e in expected]
    for index in zip(*np.nonzero(~np.any(close, axis=0)), strict=True):
        keras_results = " and ".join(repr(float(e[index])) for e in expected)
        yield Failure(float(x[index]), f"{float(results[index])!r}, Keras has {keras_results}")
