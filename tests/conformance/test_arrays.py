"""What counts as a framework's array: what means the same numbers is computed, what means something else is refused."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backends

X = np.array([0.5, -1.0, 2.0])
Call = Callable[[Any], Any]
Cases = dict[str, Callable[[Any, Any, Call], Any]]
"""By words: from the framework, the plain array and the call, to the call's result."""

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
    """Return what softmax gives for one kind of array."""
    x = backend.asarray(X, dtype="float32", device="cpu")
    return case(importlib.import_module(name), x, lambda x: backends.call(name, "softmax", x))


def test_the_same_numbers_are_computed(name: str, backend: Any) -> None:
    """Under the framework's transformations too."""
    plain = backends.call(name, "softmax", backend.asarray(X, dtype="float32", device="cpu"))
    for words, case in SAME.get(name, {}).items():
        found = backend.to_numpy(run(name, backend, case))

        assert np.allclose(found, backend.to_numpy(plain), rtol=1e-6, atol=0), words


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, of prototypes
def test_what_means_something_else_is_refused(name: str, backend: Any) -> None:
    """One line names what was expected and what was given."""
    for case in OTHER.get(name, {}).values():
        with pytest.raises(TypeError, match=f"^{name}: expected .* of float16, bfloat16, float32, float64, not .*$"):
            run(name, backend, case)
