"""The rank does not matter: up to nine dimensions, empty ones among them, give what rows or a flat array give."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.reference.ulp import FORMATS
from tests import probes
from tests.conformance import checks
from tests.conformance.checks import Host
from tests.conformance.verdicts import Failure, K

HIGHEST = 9
# kernels of choices and gradients end at 8 dimensions, oneDNN's at 5
RANKS = {"float32": range(HIGHEST + 1)}
OTHER_RANKS = (6, HIGHEST)
EMPTY = ((0,), (2, 0), (0, 2, 2), (2, 0, *(2,) * 7))
# where eager calls compile, a second for each shape; a program as a whole takes a tenth of it
FEW_SHAPES = ((), (2,) * HIGHEST, EMPTY[1])
NUMBERS = np.arange(-16, 17) / 8
"""Multiples of 1/8 in [-2, 2], exact in every format."""
Axis = int | tuple[int, ...] | None


def concerns(backend: Any, variant: Variant, dtype: str) -> bool:
    """Return whether a dtype is tested: where eager calls compile, one is, and the others with examples.

    There one compiler lays out the loops over an array, whatever its dtype.
    """
    return dtype in RANKS or not checks.compiles_eagerly(backend) or checks.is_example(variant)


def mode_of(backend: Any, variant: Variant, dtype: str) -> str:
    """Return the mode in which a dtype is tested; where eager calls compile, only one dtype is tested eagerly."""
    if dtype not in RANKS and checks.compiles_eagerly(backend):
        return "compiled"
    return checks.mode_of_shapes(backend, variant)


def failures(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Return what is wrong at every rank and axis; at fewer where eager calls compile."""
    mode, few = mode_of(backend, variant, dtype), checks.compiles_eagerly(backend)
    every_rank = (*((2,) * rank for rank in RANKS.get(dtype, OTHER_RANKS)), *EMPTY)
    shapes = every_rank if not few else FEW_SHAPES if dtype in RANKS else FEW_SHAPES[1:2]
    every_axis = dtype in RANKS and not few
    cases = [(shape, axis) for shape in shapes for axis in axes(variant, len(shape), every=every_axis)]
    return [f for shape, axis in cases for f in compare(backend, variant, dtype, shape=shape, axis=axis, mode=mode)]


def axes(variant: Variant, rank: int, *, every: bool) -> list[Axis]:
    """Return the axes that are tried, every one or those of each kind; None for an elementwise variant."""
    if variant.activation.kind == "elementwise":
        return [None]
    if isinstance(variant.parameters["axis"], tuple):
        tried = dict.fromkeys([(0, 1), (-1, -2), (rank - 1, 0), (2, 0, -1), tuple(range(rank))])
        return [a for a in tried if rank and all(-rank <= i < rank for i in a) and len({i % rank for i in a}) == len(a)]
    if every:
        return list(range(-rank, rank))
    return list(dict.fromkeys([-1, 0, rank // 2, -rank])) if rank else []


def compare(
    backend: Any, variant: Variant, dtype: str, *, shape: tuple[int, ...], axis: Axis, mode: str = "eager"
) -> Iterator[Failure]:
    """Yield what differs between one shape and the same numbers as rows, or in a vector for an elementwise variant."""
    places = np.random.default_rng(9).integers(0, len(NUMBERS), shape)
    x, along = NUMBERS[places], _along(variant, axis)
    dy = probes.cotangents(along.output_shape(shape))
    laid = checks.results(backend, along, x, dtype, dy=dy, mode=mode)
    if axis is None:
        flat = _in_a_vector(backend, variant, dtype, places, dy)
    else:
        flat = _in_rows(backend, variant, dtype, _rows(x, axis), _rows(dy, axis))
    for what, one, other, due in zip(("value", "gradient"), laid, flat, (dy.shape, x.shape), strict=True):
        if one.shape != due:
            yield Failure(0.0, f"{what}, {shape}, axis {axis}: shape {one.shape}")
        elif wrong := _differing(_rows(one, axis), other, dtype):
            yield Failure(0.0, f"{what}, {shape}, axis {axis}: {wrong} differ")


def _in_a_vector(backend: Any, variant: Variant, dtype: str, places: Host, dy: Host) -> tuple[Host, Host]:
    """Return value and gradient at NUMBERS[places], from an eager call on the numbers alone."""
    numbers = checks.padded(backend, dtype, NUMBERS)
    y, derivative = checks.results(backend, variant, numbers, dtype, dy=np.ones(numbers.shape))
    return y[places].reshape(-1), (derivative[places] * dy).reshape(-1)


def _in_rows(backend: Any, variant: Variant, dtype: str, x: Host, dy: Host) -> tuple[Host, Host]:
    """Return value and gradient of rows along the last axis."""
    mode = "compiled" if checks.compiles_eagerly(backend) else "eager"  # one program, not one for each operation
    return checks.results(backend, _along(variant, -1), x, dtype, dy=dy, mode=mode)


def _along(variant: Variant, axis: Axis) -> Variant:
    """Return the variant along an axis; itself where it has none."""
    return variant if axis is None else replace(variant, parameters={**variant.parameters, "axis": axis})


def _rows(a: Host, axis: Axis) -> Host:
    """Return the array flat, or as rows that lie along the axis or axes."""
    if axis is None:
        return a.reshape(-1)
    last = axis if isinstance(axis, tuple) else (axis,)
    moved = np.moveaxis(a, last, range(-len(last), 0))
    length = math.prod(moved.shape[-len(last) :])
    return moved.reshape(math.prod(moved.shape[: -len(last)]), length)


def _differing(one: Host, other: Host, dtype: str) -> int:
    """Return how many differ by more than a vectorised body and a scalar tail do, or sums in another order."""
    near = 8 * K[dtype] * FORMATS[dtype].epsilon * max(1.0, np.abs(other).max(initial=0.0))
    return int((~(np.abs(one - other) <= near)).sum())
