"""What a backend makes of the families of rows, in figures by subject."""

import functools
import math
from typing import Any

import numpy as np

from backends.activation import Variant, catalogue, find_variant
from backends.interface import DTYPES
from bench import row_truth, ulp
from bench.accuracy.device import DEVICE
from bench.row_truth import Entries
from tests import rows
from tests.budgets import Measured, Sweep
from tests.conformance.checks import Host, bound, eager, floats
from tests.conformance.figures import Tally

FIRST = tuple(entry.variants[0] for entry in catalogue().values() if entry.name in row_truth.CLOSED)
SIMPLEX = ("softmax", "sparsemax")
OTHER_AXES = tuple(find_variant(name, {"axis": axis}) for name in ("softmax", "log_softmax") for axis in (0, 1))
"""The first axis and one in the middle, along which other kernels add in another order."""
OTHER_LENGTHS = (1001, 100_000)
COMPILED = ("float16", "float32")
"""Formats whose sums a compiler may lay out anew."""
COMPILED_LENGTH = 1001
"""One length, for each is compiled by itself."""


@functools.lru_cache(maxsize=64)
def exact(variant: Variant, dtype: str, length: int, number: int) -> tuple[Entries, Entries]:
    """Values and gradient of one sample at its places, whatever the axis."""
    sample = samples(variant, dtype, length)[number]
    return row_truth.CLOSED[variant.activation.name](sample.row, sample.dy, sample.places)


def lay(axis: int, drawn: Host) -> Host:
    """Return rows along an axis: the last of two, the first of two, or the middle one of three."""
    return np.ascontiguousarray({-1: drawn, 0: drawn.T, 1: np.stack([drawn.T, drawn.T])}[axis])


def unlay(axis: int, laid: Host) -> Host:
    """Return the rows that `lay` laid."""
    return {-1: laid, 0: laid.T, 1: laid[0].T}[axis]


def samples(variant: Variant, dtype: str, length: int) -> tuple[rows.Sample, ...]:
    """The rows that it takes."""
    return rows.samples(dtype, length, gated=variant.activation.kind == "gated")


def subjects(modes: tuple[str, ...]) -> set[str]:
    """Return every subject that is measured in these modes."""
    eager = [(variant, dtype, n, "eager") for variant in FIRST for dtype in DTYPES for n in rows.LENGTHS]
    eager += [(variant, dtype, n, "eager") for variant in OTHER_AXES for dtype in DTYPES for n in OTHER_LENGTHS]
    compiled = [(variant, dtype, COMPILED_LENGTH, "compiled") for variant in FIRST for dtype in COMPILED]
    return {
        f"{variant.id} {word} {dtype} {mode} {sample.family} {length}"
        for variant, dtype, length, mode in (*eager, *compiled)
        if mode in modes
        for sample in samples(variant, dtype, length)
        for word in ("value", "slope")
    }


def run(backend: Any, variant: Variant, dtype: str, length: int, mode: str = "eager") -> tuple[Host, Host]:
    """Values and gradients of all families in one call."""
    drawn = samples(variant, dtype, length)
    axis = variant.parameters["axis"]
    laid = (lay(axis, np.array([getattr(sample, name) for sample in drawn])) for name in ("row", "dy"))
    x, dy = (backend.asarray(a, dtype=dtype, device=DEVICE.get()) for a in laid)
    function = bound(backend, variant)
    results = backend.step(function, compiled=True)(x, dy) if mode == "compiled" else eager(backend, function, x, dy)
    y, dx = (unlay(axis, floats(backend, a)) for a in results)
    return y, dx


def figures(backend: Any, variant: Variant, dtype: str, length: int, mode: str = "eager") -> Sweep:
    """By family and direction."""
    found: Sweep = {}
    ys, dxs = run(backend, variant, dtype, length, mode)
    for number, sample in enumerate(samples(variant, dtype, length)):
        value, slope = Tally(), Tally()
        for i, f, df in zip(sample.places, *exact(variant.activation.variants[0], dtype, length, number), strict=True):
            place = f"{float(sample.row[i])!r}, entry {i} of the row {sample.family}"
            value.add(ys[number][i % len(ys[number])], f, dtype, place=place)
            slope.add(dxs[number][i], df, dtype, place=place)
        sums = {"sum": off_one(ys[number], dtype)} if variant.activation.name in SIMPLEX else {}
        subject = f"{variant.id} %s {dtype} {mode} {sample.family} {length}"
        found |= {subject % "value": Measured(value.figures | sums, value.inputs), subject % "slope": slope.measured}
    return found


def off_one(y: Host, dtype: str) -> float:
    """How far a row's sum is from 1, over its length and the ulp of 1."""
    off = abs(math.fsum(y.tolist()) - 1)
    return off / (len(y) * ulp.FORMATS[dtype].epsilon) if math.isfinite(off) else float(len(y))
