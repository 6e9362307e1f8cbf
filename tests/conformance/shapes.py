"""Checks that results do not depend on shape: every layout gives the results of a contiguous array."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.accuracy.device import DEVICE
from bench.reference.ulp import FORMATS
from tests.conformance import checks
from tests.conformance.checks import Host, bound, eager, floats, mode_of_shapes, padded, program
from tests.conformance.verdicts import Failure, K, conditioning
from tests.probes import cotangents

# empty, one element, and odd lengths around vector widths of 4, 8, 16, 32 and 64
LENGTHS = (0, 1, 3, 7, 15, 16, 17, 31, 33, 63, 65, 127)
FEW_LENGTHS = (1, 33)
"""Lengths of programs where eager calls compile: `test_vectors` tests another, `test_ranks` 0-d and empty arrays."""
ROW_LENGTHS = (1, 3, 17, 65)
LARGE = 100_000
View = Callable[[Any], Any]


def shapes(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Return the differences of every shape and layout from the contiguous array that they are cut from."""
    check = _numbers if variant.activation.kind == "elementwise" else _rows
    return list(check(backend, variant, dtype))


def _base(backend: Any, dtype: str, shape: tuple[int, ...]) -> Host:
    # inside [-2, 2], where every activation is well conditioned; other checks judge the tails
    points = np.random.default_rng(21).uniform(-2, 2, shape)
    return floats(backend, backend.asarray(points, dtype=dtype, device=DEVICE.get()))


def _call(backend: Any, variant: Variant, dtype: str, hosts: tuple[Host, Host], view: View) -> tuple[Host, Host]:
    """Return value and gradient of a view of the input, for the same view of the cotangent."""
    function = bound(backend, variant)
    x, dy = (view(backend.asarray(a, dtype=dtype, device=DEVICE.get())) for a in hosts)
    is_compiled = mode_of_shapes(backend, variant) == "compiled"
    shape = tuple(x.shape)
    y, dx = program(backend, variant, dtype, shape)(x, dy) if is_compiled else eager(backend, function, x, dy)
    return floats(backend, y), floats(backend, dx)


def _identity(x: Any) -> Any:
    return x


def _numbers(backend: Any, variant: Variant, dtype: str) -> Iterator[Failure]:
    base, dy = _base(backend, dtype, (LENGTHS[-1],)), cotangents((LENGTHS[-1],))
    tolerance = _tolerance(variant, dtype, base)
    whole = checks.results(backend, variant, padded(backend, dtype, base), dtype, dy=padded(backend, dtype, dy))
    expected = tuple(a[: len(base)] for a in whole)
    is_few = mode_of_shapes(backend, variant) == "compiled"
    for description, cut in _cuts(few=is_few).items():
        results = _call(backend, variant, dtype, (base[cut], dy[cut]), _identity)
        yield from _compare(description, results, (expected, cut, base, tolerance))
    for description, view in _views(backend).items():
        square = np.arange(120).reshape(10, 12)
        cut = view(square)
        results = _call(backend, variant, dtype, (base[square], dy[square]), view)
        yield from _compare(description, results, (expected, cut, base, tolerance))


def _cuts(*, few: bool) -> dict[str, Any]:
    """Return the places within the contiguous array of which the other arrays consist, by shape."""
    lengths = {f"length {n}": np.s_[:n] for n in (FEW_LENGTHS if few else LENGTHS)}
    large = {"large": np.arange(LARGE) % LENGTHS[-1]}
    return lengths | large | ({} if few else {"0-d": 5, "3-d": np.arange(60).reshape(3, 4, 5)})


def _views(backend: Any) -> dict[str, View]:
    """Return the non-contiguous layouts that the framework has; of JAX a view is a copy."""
    if checks.compiles_eagerly(backend):
        return {}
    views: dict[str, View] = {"every second column": lambda x: x[:, ::2], "a corner": lambda x: x[1:8, 3:]}
    one = backend.asarray(np.ones((1, 1)), dtype="float32", device=DEVICE.get())
    if hasattr(one, "T"):  # TensorFlow has no such view
        views["transposed"] = lambda x: x.T
    return views


def _tolerance(variant: Variant, dtype: str, base: Host) -> Host:
    """Return the relative difference allowed between two right results."""
    factors = [max(conditioning(variant, x), conditioning(variant, x, of_slope=True)) for x in base.tolist()]
    return 2 * K[dtype] * (1 + np.array(factors)) * FORMATS[dtype].epsilon


def _compare(description: str, results: Any, whole: tuple[Any, Any, Host, Host]) -> Iterator[Failure]:
    expected, cut, base, near = whole
    for kind, one, other in zip(("value", "gradient"), results, expected, strict=True):
        yield from _differences(f"{kind}, {description}", one, other[cut], base[cut], near[cut] * np.abs(other[cut]))


def _differences(description: str, one: Host, other: Host, x: Host, allowed: Host) -> Iterator[Failure]:
    if one.shape != np.shape(other):
        yield Failure(0.0, f"{description}: shape {one.shape} instead of {np.shape(other)}")
        return
    wrong = ~(np.abs(one - other) <= allowed)
    if wrong.any():
        worst = x[wrong].flat[0] if x.shape == wrong.shape else x.flat[0]
        yield Failure(float(worst), f"{description}: {int(wrong.sum())} differ")


def _rows(backend: Any, variant: Variant, dtype: str) -> Iterator[Failure]:
    """Yield the differences of rows of each length, alone in memory and as slices, along their axis."""
    gated = variant.activation.kind == "gated"
    for n in ROW_LENGTHS:
        length = 2 * n if gated else n
        yield from _row_length(backend, variant, dtype, length)


def _row_length(backend: Any, variant: Variant, dtype: str, length: int) -> Iterator[Failure]:
    axis = variant.parameters["axis"]
    shape = (2, length) if isinstance(axis, tuple) else (3, length) if axis else (length, 3)
    x = _base(backend, dtype, shape)
    dy = cotangents(variant.output_shape(shape))
    expected = _call(backend, variant, dtype, (x, dy), _identity)
    # a sum of `length` terms in another order
    tolerance = 4 * K[dtype] * FORMATS[dtype].epsilon * max(8, math.sqrt(length))
    for description, pad in (("alone in memory", 0), ("a slice", 2)):
        results = _call(backend, variant, dtype, (_pad(x, pad), _pad(dy, pad)), _remove_padding(pad))
        for kind, one, other in zip(("value", "gradient"), results, expected, strict=True):
            yield from _differences(f"{kind}, {description}, {shape}", one, other, x, tolerance * np.abs(other).max())


def _remove_padding(pad: int) -> View:
    return lambda x: x[pad:, pad:]


def _pad(x: Host, pad: int) -> Host:
    return np.pad(x, ((pad, 0), (pad, 0)))
