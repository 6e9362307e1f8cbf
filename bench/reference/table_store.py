"""Tables of piecewise polynomials on disk.

A file is named after all that its table depends on: the revision of the exact values, python-flint's version, the
variant, the direction and the sign. It also holds exact values at PROBES, which the formula must still have when the
file is read: a formula that is being changed may not have a new revision yet.
"""

import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import flint
import numpy as np

from backends.activation import Variant
from bench.reference import TRUTH, cache, truth

FORMAT = 1
"""Version of the files. 1: an uncompressed `.npz`."""
PROBES = tuple(sign * x for sign in (1.0, -1.0) for x in (2.0**-20, 0.1875, 0.6875, 1.8125, 4.375, 11.5, 47.25))
"""Inputs on every branch, beside the kinks and beside the inputs whose exact values the certificates hold."""
Arrays = dict[str, Any]  # numpy.ndarray


def path_of(variant: Variant, *, slope: bool, negative: bool) -> Path:
    """Return the file of a table."""
    revision = f"tables-{FORMAT}-{TRUTH}-flint-{flint.__version__}"
    direction, sign = "backward" if slope else "forward", "negative" if negative else "positive"
    return cache.folder() / revision / f"{quote(variant.id, safe='')}-{direction}-{sign}.npz"


def read(path: Path, variant: Variant, *, slope: bool) -> Arrays | None:
    """Return the arrays of a table, or None where no file holds them for this formula."""
    content = cache.read(path)
    if content is None:
        return None
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    return arrays if np.array_equal(arrays.pop("probes"), probes(variant, slope=slope)) else None


def write(path: Path, arrays: Arrays, variant: Variant, *, slope: bool) -> None:
    """Write a table with the exact values at PROBES."""
    content = io.BytesIO()
    np.savez(content, probes=probes(variant, slope=slope), **arrays)
    cache.write(path, content.getvalue())


def probes(variant: Variant, *, slope: bool) -> Any:
    """Return the exact values at PROBES, rounded to float64."""
    exact = truth.slope if slope else truth.value
    return np.array([float(exact(variant, x)) for x in PROBES])
