"""Tables of piecewise polynomials on disk: each is built once, not once in every process.

A file is named after all that its table depends on: the revision of the exact values, python-flint's version, the
variant, the direction and the sign. It also holds exact values at PROBES, which the formula must still have when the
file is read: a formula that is being changed may not have a new revision yet. A file that cannot be read, is damaged or
has other values is ignored and written anew; one that cannot be written is done without.
"""

import contextlib
import hashlib
import io
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import flint
import numpy as np

from backends.activation import Variant
from bench.reference import TRUTH, truth

FORMAT = 1
"""Version of the files. 1: SHA-256 of the rest, then an uncompressed `.npz`."""
FOLDER_VARIABLE = "ACTIVATION_BENCH_CACHE"
"""The environment variable that names another folder than that of the user's caches; /dev/null for none."""
PROBES = tuple(sign * x for sign in (1.0, -1.0) for x in (2.0**-20, 0.1875, 0.6875, 1.8125, 4.375, 11.5, 47.25))
"""Inputs on every branch, beside the kinks and beside the inputs whose exact values the certificates hold."""
DIGEST_BYTES = 32
Arrays = dict[str, Any]  # numpy.ndarray


def folder() -> Path:
    """Return the folder of the tables."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "activation-bench")
    except RuntimeError:  # no home, no caches: below the null device nothing can be read or written
        return Path(os.devnull)


def path_of(variant: Variant, *, slope: bool, negative: bool) -> Path:
    """Return the file of a table."""
    revision = f"tables-{FORMAT}-{TRUTH}-flint-{flint.__version__}"
    direction, sign = "backward" if slope else "forward", "negative" if negative else "positive"
    return folder() / revision / f"{quote(variant.id, safe='')}-{direction}-{sign}.npz"


def read(path: Path, variant: Variant, *, slope: bool) -> Arrays | None:
    """Return the arrays of a table, or None where no file holds them for this formula."""
    try:
        content = path.read_bytes()
    except OSError:
        return None  # most often there is none yet
    if hashlib.sha256(content[DIGEST_BYTES:]).digest() != content[:DIGEST_BYTES]:
        return None
    with np.load(io.BytesIO(content[DIGEST_BYTES:])) as file:
        arrays = dict(file)
    return arrays if np.array_equal(arrays.pop("probes"), probes(variant, slope=slope)) else None


def write(path: Path, arrays: Arrays, variant: Variant, *, slope: bool) -> None:
    """Write a table under a temporary name, then rename it: of two processes at once the last one's file stays."""
    content = io.BytesIO()
    np.savez(content, probes=probes(variant, slope=slope), **arrays)
    digest = hashlib.sha256(content.getvalue()).digest()
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(digest + content.getvalue())
        scratch.replace(path)
    except OSError:  # a full disk or another user's folder costs time, not results
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def probes(variant: Variant, *, slope: bool) -> Any:
    """Return the exact values at PROBES, rounded to float64."""
    exact = truth.slope if slope else truth.value
    return np.array([float(exact(variant, x)) for x in PROBES])
