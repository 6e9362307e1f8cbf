"""Tests of what counts as a framework's array: those of plain numbers are accepted, other kinds are refused."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backends

X = np.array([0.5, -1.0, 2.0])
Call = Callable[[Any], Any]
Cases = dict[str, Callable[[Any, Any, Call], Any]]
"""By description, a function of the framework, the plain array and the call that returns the call's result."""

SAME: dict[str, Cases] = {
    "torch": {
        "Parameter": lambda torch, x, call: call(torch.nn.Parameter(x)),
        "subclass": lambda torch, x, call: call(x.as_subclass(type("Image", (torch.Tensor,), {}))),
        "vmap": lambda torch, x, call: torch.func.vmap(call)(x[None])[0],
        "leaf of a graph": lambda _torch, x, call: call(x.requires_grad_()),
    },
    "jax": {
        "jit": lambda jax, x, call: jax.jit(call)(x),
        "vmap": lambda jax, x, call: jax.vmap(call)(x[None])[0],
        "vjp": lambda jax, x, call: jax.vjp(call, x)[0],
    },
}
OTHER: dict[str, Cases] = {
    "torch": {
        "sparse_coo": lambda _torch, x, call: call(x.to_sparse()),
        "nested": lambda torch, x, call: call(torch.nested.nested_tensor([x, x[:1]], layout=torch.jagged)),
        "MaskedTensor": lambda torch, x, call: call(torch.masked.masked_tensor(x, x > 0)),
    },
    "tensorflow": {
        "Variable": lambda tf, x, call: call(tf.Variable(x)),
        "SparseTensor": lambda tf, x, call: call(tf.sparse.from_dense(x)),
        "RaggedTensor": lambda tf, x, call: call(tf.RaggedTensor.from_row_lengths(x, [1, 2])),
    },
}


def run(name: str, backend: Any, case: Callable[[Any, Any, Call], Any]) -> Any:
    """Return the result of softmax for one kind of array."""
    x = backend.asarray(X, dtype="float32", device="cpu")
    return case(importlib.import_module(name), x, lambda x: backends.call(name, "softmax", x))


def test_the_same_numbers_are_computed(name: str, backend: Any) -> None:
    """Arrays that mean the same numbers give the same result, under the framework's transformations too."""
    plain = backends.call(name, "softmax", backend.asarray(X, dtype="float32", device="cpu"))
    for description, case in SAME.get(name, {}).items():
        result = backend.to_numpy(run(name, backend, case))

        assert np.allclose(result, backend.to_numpy(plain), rtol=1e-6, atol=0), description


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch warns that some layouts are prototypes
def test_what_means_something_else_is_refused(name: str, backend: Any) -> None:
    """An array of another kind is a TypeError with one line: the expected types and the actual one."""
    for case in OTHER.get(name, {}).values():
        with pytest.raises(TypeError, match=f"^{name}: expected .* of float16, bfloat16, float32, float64, not .*$"):
            run(name, backend, case)
