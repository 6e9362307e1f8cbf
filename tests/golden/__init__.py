"""Golden values: results and gradients recorded from the real Keras, and the functions that read them.

>>> golden = read(find("gelu").variants[0])
>>> golden.inputs["float64"], golden.values["jax", "float64"], golden.gradients["jax", "float64"]

Keras on torch and on JAX is the golden pair; its TensorFlow and NumPy backends are recorded beside
it. `KERAS_BACKEND=jax python -m tests.golden record --keras-backend jax` wrote jax.json.
Everything is float64 on the host, exactly as Keras returned it; rows lie along the last axis
(`probes.lay` puts them along the variant's own).
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backends.activation import Variant
from tests.probes import TYPES, Host

FOLDER = Path(__file__).parent
GOLDEN_PAIR = ("torch", "jax")
KERAS_BACKENDS = (*GOLDEN_PAIR, "tensorflow", "numpy")
DTYPES = ("float64", "float32")
FORMAT = 2
"""Version of the files. 1: first. 2: the setting in the header."""

Key = tuple[str, str]  # Keras backend, dtype


class Damaged(ValueError):
    """Raised when a file of golden values cannot be read: one line names the file and the fault."""


@dataclass(frozen=True)
class Points:
    """Inputs and cotangents by dtype; values and gradients by Keras backend and dtype."""

    inputs: dict[str, Host] = field(default_factory=dict)
    cotangents: dict[str, Host] = field(default_factory=dict)
    values: dict[Key, Host] = field(default_factory=dict)
    gradients: dict[Key, Host] = field(default_factory=dict)
    """The gradients; Keras' NumPy backend has none."""


@dataclass(frozen=True)
class Golden(Points):
    """The finite points of a variant, and its special ones."""

    special: Points = field(default_factory=Points)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    """The versions of keras, framework, numpy and python, by Keras backend."""
    returned: dict[Key, str] = field(default_factory=dict)
    """The dtype of Keras' results, which is not always that of the inputs."""
    refused: dict[Key, str] = field(default_factory=dict)
    """The exception that Keras raised; there are no values then."""


def path_of(keras_backend: str) -> Path:
    """Return the file of the values of Keras on this backend."""
    return FOLDER / f"{keras_backend}.json"


def read(variant: Variant, keras_backends: tuple[str, ...] = KERAS_BACKENDS) -> Golden:
    """Return the golden values of a variant; raise LookupError where there are none, Damaged for a bad file."""
    golden = Golden()
    for keras_backend in keras_backends:
        path = path_of(keras_backend)
        stored = load(path)
        golden.versions[keras_backend] = stored["header"]["versions"]
        if variant.id not in stored["variants"]:
            raise LookupError(f"{path.name} has no golden values of {variant.id}")
        for dtype in DTYPES:
            try:
                _take(golden, (keras_backend, dtype), stored["variants"][variant.id][dtype])
            except (KeyError, TypeError, ValueError) as error:
                raise Damaged(f"{path.name}: {variant.id} in {dtype}: {error}") from None
    return golden


def _take(golden: Golden, key: Key, section: Mapping[str, Any]) -> None:
    if "refused" in section:
        golden.refused[key] = section["refused"]
        return
    golden.returned[key] = section["returned"]
    for points, name in ((golden, "points"), (golden.special, "special")):
        _columns(points, key, section[name], section["returned"])


def _columns(points: Points, key: Key, lines: list[list[Any]], returned: str) -> None:
    """Store columns x, dy, y and, where there is a gradient, dx; a cell is a number or a row of numbers."""
    columns = list(zip(*lines, strict=True))
    if len(columns) != (3 if key[0] == "numpy" else 4):
        raise ValueError(f"lines of {len(columns)} columns")
    dtype = key[1]
    kinds = (dtype, dtype, returned, dtype)
    x, dy, y, *dx = (_array(column, kind) for column, kind in zip(columns, kinds, strict=False))
    for stored, array in ((points.inputs, x), (points.cotangents, dy)):
        if not np.array_equal(stored.setdefault(dtype, array), array, equal_nan=True):
            raise ValueError("other inputs than in the files of the other backends")
    points.values[key] = y
    if dx:
        points.gradients[key] = dx[0]


def _array(column: Any, dtype: str) -> Host:
    """Return decimals, the shortest that name a number of this dtype, as float64."""
    return np.array(column, dtype=np.float64).astype(TYPES[dtype]).astype(np.float64)


@functools.cache
def load(path: Path) -> dict[str, Any]:
    """Return a file as it is stored: {"header": ..., "variants": {id: {dtype: ...}}}."""
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Damaged(f"{path.name}: {' '.join(str(error).split())}") from None
    if not isinstance(stored, dict) or not isinstance(stored.get("variants"), dict):
        raise Damaged(f"{path.name}: not a file of golden values")
    if (version := stored.get("header", {}).get("format")) != FORMAT:
        raise Damaged(f"{path.name}: format {version}, not {FORMAT}")
    return stored
