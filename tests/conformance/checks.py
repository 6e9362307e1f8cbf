"""Checks that run a backend and return its failures, which the tests settle with the declared divergences."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import backends
from backends.activation import Variant
from backends.interface import Array, Function
from bench.accuracy.device import DEVICE
from bench.accuracy.evaluate import SHIFTED_INPUTS
from tests import probes
from tests.conformance import row_verdicts, verdicts
from tests.conformance.verdicts import Failure

Host = Any  # numpy.ndarray
SIZE = 160  # holds the probe points of every variant
PADDED = SIZE + 7  # a multiple of no vector's length: a program has a vectorised body and a scalar tail
SHARED_LENGTHS = {**SHIFTED_INPUTS, "float64": 2**12 + 5}
"""The length of all arrays of numbers where eager calls compile, by dtype.

It is that of the sweeps, and no multiple of a vector's length either.
"""
EXAMPLES = ("relu", "threshold", "glu", "softmax")
"""One activation of each kind of code: a kernel of the framework, a composition, parts of an axis, rows."""


def bound(backend: Any, variant: Variant) -> Function:
    """Return the backend's function with the variant's parameters."""
    function = getattr(backend, variant.activation.name, None)
    if function is None:  # an activation of another package
        name = backend.__name__.rpartition(".")[2].removesuffix("_backend")
        return backends.function(name, variant.activation.name, **variant.parameters)
    return functools.partial(function, **variant.parameters)


def compiles_eagerly(backend: Any) -> bool:
    """Return whether each eager call at a new shape compiles its operations first."""
    return bool(getattr(backend, "EAGER_COMPILES", False))


def mode_of_shapes(backend: Any, variant: Variant) -> str:
    """Return the mode in which shapes are tested: eager; programs where eager calls compile, but for the EXAMPLES.

    There a program compiles once, and eager calls run the same code but compile each of some 15 operations.
    """
    return "eager" if is_example(variant) or not compiles_eagerly(backend) else "compiled"


def is_example(variant: Variant) -> bool:
    """Return whether a variant is the first one of an example."""
    return variant.activation.name in EXAMPLES and variant == variant.activation.variants[0]


def floats(backend: Any, x: Array) -> Host:
    """Return the numbers of `x` as float64, exactly."""
    return np.asarray(backend.to_numpy(x)).astype(np.float64)


def length_of(backend: Any, dtype: str) -> int:
    """Return the length of arrays of numbers: one for each dtype, as JAX compiles each operation for every shape."""
    return SHARED_LENGTHS[dtype] if compiles_eagerly(backend) else PADDED


def padded(backend: Any, dtype: str, points: Host) -> Host:
    """Repeat numbers up to the length of their dtype, and leave rows as they are."""
    return np.resize(points, length_of(backend, dtype)) if points.ndim == 1 else points


def padded_cotangents(shape: tuple[int, ...]) -> Host:
    """Return the cotangents of SIZE numbers, repeated as the numbers are; of rows their own."""
    return np.resize(probes.cotangents((SIZE,)), shape) if len(shape) == 1 else probes.cotangents(shape)


class Observed:
    """Inputs, cotangents, values and gradients of one call, as float64 arrays."""

    def __init__(self, backend: Any, variant: Variant, dtype: str, points: Host, mode: str = "eager") -> None:
        function = bound(backend, variant)
        x = backend.asarray(padded(backend, dtype, points), dtype=dtype, device=DEVICE.get())
        dy_shape = variant.output_shape(tuple(x.shape))
        dy = backend.asarray(padded_cotangents(dy_shape), dtype=dtype, device=DEVICE.get())
        y, dx = self._compiled(backend, function, x, dy) if mode == "compiled" else eager(backend, function, x, dy)
        self.dtypes = backend.dtype(y), backend.dtype(dx)
        self.shapes = tuple(y.shape) == tuple(dy.shape), tuple(dx.shape) == tuple(x.shape)
        self.x, self.dy, self.y, self.dx = (floats(backend, a)[: len(points)] for a in (x, dy, y, dx))

    def _compiled(self, backend: Any, function: Function, x: Array, dy: Array) -> tuple[Array, Array]:
        """Count the graphs of the first and of the second call."""
        program, before = backend.step(function, compiled=True), backend.graphs()
        results = program(x, dy)
        first = backend.graphs()
        backend.synchronize(program(x, dy)[1])
        self.graphs, self.program = (first - before, backend.graphs() - first), program
        return results  # type: ignore[no-any-return]  # a backend's module is Any here


def eager(backend: Any, function: Function, x: Array, dy: Array) -> tuple[Array, Array]:
    """Return the value and the gradient of an eager call."""
    return backend.forward(function, compiled=False)(x), backend.backward(function, x, compiled=False)(dy)


def results(backend: Any, variant: Variant, x: Host, dtype: str, *, dy: Host, mode: str = "eager") -> tuple[Host, Host]:
    """Return value and gradient at `x` with the cotangent `dy`, as float64."""
    if mode == "compiled":
        return called(backend, program(backend, variant, dtype, np.shape(x)), dtype, x, dy)
    return called(backend, functools.partial(eager, backend, bound(backend, variant)), dtype, x, dy)


@functools.lru_cache(maxsize=64)
def program(backend: Any, variant: Variant, dtype: str, shape: tuple[int, ...]) -> Callable[..., Any]:  # noqa: ARG001
    """Return the compiled step of a variant for one dtype and shape, the same one to every test."""
    return backend.step(bound(backend, variant), compiled=True)  # type: ignore[no-any-return]  # a module is Any here


def called(backend: Any, program: Callable[..., Any], dtype: str, x: Host, dy: Host) -> tuple[Host, Host]:
    """Return what a program (x, dy) -> (value, gradient) gives, as float64."""
    y, dx = program(*(backend.asarray(a, dtype=dtype, device=DEVICE.get()) for a in (x, dy)))
    return floats(backend, y), floats(backend, dx)


@functools.lru_cache(maxsize=4)
def observe(backend: Any, variant: Variant, dtype: str, mode: str) -> Observed:
    """Observe the backend at the probe points."""
    return Observed(backend, variant, dtype, probes.lay(variant, probes.points(variant, dtype)), mode)


def by_row(variant: Variant, *arrays: Host) -> Iterator[tuple[list[float], ...]]:
    """Yield the rows along the variant's axis, of every array."""
    return zip(*(probes.unlay(variant, a).tolist() for a in arrays), strict=True)


def value(backend: Any, variant: Variant, dtype: str, mode: str = "eager") -> list[Failure]:
    """Judge the values against the exact ones."""
    seen = observe(backend, variant, dtype, mode)
    if variant.activation.kind != "elementwise":
        rows = by_row(variant, seen.x, seen.y)
        return [f for x, y in rows for f in row_verdicts.values(variant, dtype, x, y)]
    return verdicts.values(variant, dtype, seen.x.tolist(), seen.y.tolist())


def slope(backend: Any, variant: Variant, dtype: str, mode: str = "eager") -> list[Failure]:
    """Judge the gradients against the exact derivative times a random cotangent."""
    seen = observe(backend, variant, dtype, mode)
    if variant.activation.kind != "elementwise":
        rows = by_row(variant, seen.x, seen.dy, seen.dx)
        return [f for x, dy, dx in rows for f in row_verdicts.slopes(variant, dtype, x, dy, dx)]
    return verdicts.slopes(variant, dtype, seen.x.tolist(), seen.dy.tolist(), seen.dx.tolist())


def dtypes(backend: Any, variant: Variant, dtype: str, mode: str = "eager") -> list[Failure]:
    """Check that value and gradient keep the dtype, and that the gradient has the input's shape."""
    seen = observe(backend, variant, dtype, mode)
    failures = []
    if seen.dtypes != (dtype, dtype):
        failures.append(Failure(0.0, f"{dtype} became {seen.dtypes[0]} in value, {seen.dtypes[1]} in gradient"))
    if not all(seen.shapes):
        failures.append(Failure(0.0, "the value, or the gradient, has another shape than is due"))
    return failures


def compiled(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Check that a compiled program is compiled at its first call and only then."""
    first, second = observe(backend, variant, dtype, "compiled").graphs
    failures = [] if first else [Failure(0.0, "nothing was compiled")]
    return failures + ([Failure(0.0, f"the second call compiled {second} graphs more")] if second else [])
