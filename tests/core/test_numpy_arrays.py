"""The arrays that the NumPy backend accepts: plain ones of four dtypes, in memory or in a file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import Variant, variants

X = np.array([[-1.5, 0.25], [0.5, 2.0]], np.float32)
VARIANTS = [v for v in variants() if v.activation.home == "backends"]
SUBCLASSES: dict[str, Any] = {
    "MaskedArray": np.ma.masked_array(X, mask=X > 1),
    "matrix": X.view(np.matrix),
    "recarray": X.view(np.recarray),
    "chararray": np.char.array(["a"]),
    "Kelvin": X.view(type("Kelvin", (np.ndarray,), {})),
}


@pytest.mark.parametrize("name", SUBCLASSES)
def test_a_subclass_that_means_something_else_is_refused(name: str) -> None:
    """Computing with the bare memory would ignore a mask, fields or a unit."""
    with pytest.raises(TypeError, match=rf"^numpy: expected a plain numpy\.ndarray of float16, .*, not {name}$"):
        backends.call("numpy", "relu", SUBCLASSES[name])


@pytest.mark.parametrize("x", [X.astype("int32"), X.astype(complex), X.astype(object)], ids=lambda x: x.dtype.name)
def test_another_dtype_is_refused(x: Any) -> None:
    """The line names the dtype and the four that can be computed."""
    with pytest.raises(TypeError, match=rf"^numpy: expected an array of float16, .*, not {x.dtype.name}$"):
        backends.call("numpy", "relu", x)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_an_array_in_a_file_is_as_one_in_memory(variant: Variant, tmp_path: Path) -> None:
    """An np.memmap gives the same numbers, as a plain array."""
    stored: Any = np.memmap(tmp_path / "x", dtype=X.dtype, mode="w+", shape=X.shape)
    stored[...] = X
    y, expected = (backends.call("numpy", variant.activation.name, x, **variant.parameters) for x in (stored, X))

    assert type(y) is np.ndarray
    assert y.tobytes() == expected.tobytes()
    assert stored.tobytes() == X.tobytes()
