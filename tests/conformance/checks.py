"""The checks: each runs a backend and returns what is wrong. The tests settle it with what is declared."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

import backends
from backends.activation import Variant
from backends.interface import Array, Function
from tests import probes
from tests.conformance import row_verdicts, verdicts
from tests.conformance.verdicts import Failure

Host = Any  # numpy.ndarray
SEED = 20


def bound(backend: Any, variant: Variant) -> Function:
    """The backend's own function with the variant's parameters."""
    own = getattr(backend, variant.activation.name, None)
    if own is None:  # an activation of another package
        name = backend.__name__.rpartition(".")[2].removesuffix("_backend")
        return backends.function(name, variant.activation.name, **variant.parameters)
    return functools.partial(own, **variant.parameters)


def cotangent(shape: tuple[int, ...]) -> Host:
    """Random, of both signs, with sizes in [0.5, 2]: nothing overflows that would not by itself."""
    random = np.random.default_rng(SEED)
    return random.uniform(0.5, 2.0, shape) * random.choice([-1.0, 1.0], shape)


def floats(backend: Any, x: Array) -> Host:
    """The numbers of `x` as float64, exactly."""
    return np.asarray(backend.to_numpy(x)).astype(np.float64)


class Observed:
    """Inputs, cotangents, values and gradients of one call, as float64 arrays."""

    def __init__(self, backend: Any, variant: Variant, dtype: str, points: Host, mode: str = "eager") -> None:
        function, compiled = bound(backend, variant), mode == "compiled"
        x = backend.asarray(points, dtype=dtype, device="cpu")
        # only a gated activation changes the shape, and an eager call tells how
        dy = backend.asarray(cotangent(tuple(function(x).shape)), dtype=dtype, device="cpu")
        if compiled:
            y, dx = backend.step(function, compiled=True)(x, dy)
        else:
            y = backend.forward(function, compiled=False)(x)
            dx = backend.backward(function, x, compiled=False)(dy)
        self.x, self.dy, self.y, self.dx = (floats(backend, a) for a in (x, dy, y, dx))
        self.dtypes = backend.dtype(y), backend.dtype(dx)
        self.shapes = tuple(y.shape), tuple(dx.shape)


@functools.lru_cache(maxsize=4)
def observe(backend: Any, variant: Variant, dtype: str, mode: str) -> tuple[Observed, ...]:
    """The backend at the probe points: one call for numbers, one per matrix for rows."""
    if variant.activation.kind == "elementwise":
        return (Observed(backend, variant, dtype, probes.ordinary(variant, dtype), mode),)
    return tuple(Observed(backend, variant, dtype, m, mode) for m in matrices(variant, probes.rows(variant, dtype)))


def matrices(variant: Variant, rows: list[list[float]]) -> Iterator[Host]:
    """The rows as inputs, laid along the variant's axis; rows of one length together."""
    axis = variant.parameters["axis"]
    for length in sorted({len(row) for row in rows}):
        same = np.array([row for row in rows if len(row) == length])
        if isinstance(axis, tuple):
            yield from (row.reshape(2, -1) if length % 2 == 0 else row.reshape(1, -1) for row in same)
        else:
            yield np.moveaxis(same, -1, axis)


def rows_of(variant: Variant, array: Host) -> list[list[float]]:
    """The rows that lie along the variant's axis: the reverse of `matrices`."""
    axis = variant.parameters["axis"]
    if isinstance(axis, tuple):
        return [[float(v) for v in array.reshape(-1)]]
    return [[float(v) for v in row] for row in np.moveaxis(array, axis, -1)]


def _by_row(variant: Variant, observed: tuple[Observed, ...], *names: str) -> Iterator[tuple[list[float], ...]]:
    """Row by row, what is asked for of what was observed."""
    for seen in observed:
        yield from zip(*(rows_of(variant, getattr(seen, name)) for name in names), strict=True)


def value(backend: Any, variant: Variant, dtype: str, mode: str = "eager") -> list[Failure]:
    """Against the exact value."""
    observed = observe(backend, variant, dtype, mode)
    if variant.activation.kind != "elementwise":
        rows = _by_row(variant, observed, "x", "y")
        return [f for x, y in rows for f in row_verdicts.values(variant, dtype, x, y)]
    seen = observed[0]
    return verdicts.values(variant, dtype, seen.x.tolist(), seen.y.tolist())


def slope(backend: Any, variant: Variant, dtype: str, mode: str = "eager") -> list[Failure]:
    """Against the exact slope times a random cotangent."""
    observed = observe(backend, variant, dtype, mode)
    if variant.activation.kind != "elementwise":
        rows = _by_row(variant, observed, "x", "dy", "dx")
        return [f for x, dy, dx in rows for f in row_verdicts.slopes(variant, dtype, x, dy, dx)]
    seen = observed[0]
    return verdicts.slopes(variant, dtype, seen.x.tolist(), seen.dy.tolist(), seen.dx.tolist())


def dtypes(backend: Any, variant: Variant, dtype: str, mode: str = "eager") -> list[Failure]:
    """Value and gradient keep dtype; the gradient has the input's shape."""
    failures = []
    for seen in observe(backend, variant, dtype, mode):
        if seen.dtypes != (dtype, dtype):
            failures.append(Failure(0.0, f"{dtype} became {seen.dtypes[0]} in value, {seen.dtypes[1]} in gradient"))
        if seen.shapes != (seen.dy.shape, seen.x.shape):
            failures.append(Failure(0.0, f"shape {seen.x.shape} became {seen.shapes[0]}, in gradient {seen.shapes[1]}"))
    return failures
