"""Figures of a backend's results for the families of rows, by subject."""

import functools
import math
from typing import Any

import numpy as np

from backends.activation import Variant, catalogue, find_variant
from backends.interface import DTYPES
from bench.reference import row_truth, ulp
from bench.reference.row_truth import Entries
from tests import rows
from tests.budgets import Measured, Sweep
from tests.conformance.checks import Host, results
from tests.conformance.figures import Tally

FIRST = tuple(entry.variants[0] for entry in catalogue().values() if entry.name in row_truth.CLOSED)
SIMPLEX = ("softmax", "sparsemax")
OTHER_AXES = tuple(find_variant(name, {"axis": axis}) for name in ("softmax", "log_softmax") for axis in (0, 1))
"""Variants along the first axis and a middle one, where other kernels add in another order."""
OTHER_LENGTHS = (1001, 100_000)
COMPILED = ("float16", "float32")
"""The formats tested in compiled mode, where a compiler may reorder sums."""
COMPILED_LENGTH = 1001
"""The only length tested in compiled mode, since each is compiled by itself."""


@functools.lru_cache(maxsize=64)
def exact(variant: Variant, dtype: str, length: int, number: int) -> tuple[Entries, Entries]:
    """Return the exact values and gradients of one sample at its places, which no axis changes."""
    sample = samples(variant, dtype, length)[number]
    return row_truth.CLOSED[variant.activation.name](sample.row, sample.dy, sample.places)


def lay(axis: int, sample_rows: Host) -> Host:
    """Return rows laid along an axis: the last of two, the first of two, or the middle one of three."""
    return np.ascontiguousarray({-1: sample_rows, 0: sample_rows.T, 1: np.stack([sample_rows.T, sample_rows.T])}[axis])


def unlay(axis: int, array: Host) -> Host:
    """Return the rows from an array made by `lay`."""
    return {-1: array, 0: array.T, 1: array[0].T}[axis]


def samples(variant: Variant, dtype: str, length: int) -> tuple[rows.Sample, ...]:
    """Return the rows that a variant is tested with."""
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
    """Return the values and gradients of all families, from one call."""
    all_samples = samples(variant, dtype, length)
    axis = variant.parameters["axis"]
    x, dy = (lay(axis, np.array([getattr(sample, name) for sample in all_samples])) for name in ("row", "dy"))
    y, dx = (unlay(axis, a) for a in results(backend, variant, x, dtype, dy=dy, mode=mode))
    return y, dx


def figures(backend: Any, variant: Variant, dtype: str, length: int, mode: str = "eager") -> Sweep:
    """Return the figures of a variant in a dtype at one length, by family and direction."""
    sweep: Sweep = {}
    ys, dxs = run(backend, variant, dtype, length, mode)
    for number, sample in enumerate(samples(variant, dtype, length)):
        value, slope = Tally(), Tally()
        for i, f, df in zip(sample.places, *exact(variant.activation.variants[0], dtype, length, number), strict=True):
            place = f"{float(sample.row[i])!r}, entry {i} of the row {sample.family}"
            value.add(ys[number][i % len(ys[number])], f, dtype, place=place)
            slope.add(dxs[number][i], df, dtype, place=place)
        sums = {"sum": sum_error(ys[number], dtype)} if variant.activation.name in SIMPLEX else {}
        subject = f"{variant.id} %s {dtype} {mode} {sample.family} {length}"
        sweep |= {subject % "value": Measured(value.figures | sums, value.inputs), subject % "slope": slope.measured}
    return sweep


def sum_error(y: Host, dtype: str) -> float:
    """Return the error of a row's sum, which should be 1, over its length and the ulp of 1."""
    error = abs(math.fsum(y.tolist()) - 1)
    return error / (len(y) * ulp.FORMATS[dtype].epsilon) if math.isfinite(error) else float(len(y))
