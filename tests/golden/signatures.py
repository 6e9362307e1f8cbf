"""The activations of Keras for which golden values exist."""

from typing import Any

from backends.activation import variants

# keras.activations of Keras 3.15.1: signature by signature
SIGNATURES: dict[str, dict[str, Any]] = {
    "relu": {"negative_slope": 0.0, "max_value": None, "threshold": 0.0},
    "leaky_relu": {"negative_slope": 0.2},
    "relu6": {},
    "elu": {"alpha": 1.0},
    "selu": {},
    "celu": {"alpha": 1.0},
    "softplus": {},
    "softsign": {},
    "soft_shrink": {"threshold": 0.5},
    "hard_shrink": {"threshold": 0.5},
    "threshold": {"threshold": None, "default_value": None},  # required
    "sparse_plus": {},
    "sparse_sigmoid": {},
    "silu": {},
    "squareplus": {"b": 4},
    "gelu": {"approximate": False},
    "glu": {"axis": -1},
    "tanh": {},
    "tanh_shrink": {},
    "hard_tanh": {},
    "sigmoid": {},
    "hard_sigmoid": {},
    "hard_silu": {},
    "log_sigmoid": {},
    "exponential": {},
    "linear": {},
    "mish": {},
    "softmax": {"axis": -1},
    "log_softmax": {"axis": -1},
    "sparsemax": {"axis": -1},
}
VARIANTS = tuple(v for v in variants() if v.activation.name in SIGNATURES)
"""The variants of the catalogue that Keras has; activations of this project or other packages have no golden values."""
