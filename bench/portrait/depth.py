"""How much of a gradient reaches the first layer of a plain deep network: the vanishing gradient, measured.

h_k = f(h_{k-1} W_k): dense layers of one width, without bias, inputs and the cotangent of the last result from N(0, 1).
The activation and its vector-Jacobian product are the backend's own, in float32; the products with the weights are
NumPy's, in float64.
"""

import math
from typing import Any

import numpy as np

import backends
from backends.activation import Variant
from bench.portrait.measure import Part, plain

Values = Any  # numpy.ndarray

BACKEND = "torch"
"""One is enough: what differs between backends is their last digits."""
DEPTHS = (1, 2, 4, 8, 16, 32, 64)
WIDTH, ROWS = 128, 64
NETWORKS = 3
"""Drawn anew, of which the median is told."""
GAINS = {"glorot": 1.0, "he": 2.0}
"""Variance of a weight, times the width: Keras' default for every dense layer, and that made for relu (He 2015)."""
WORDS = (
    f"dense layers of {WIDTH} without bias, weights of variance 1 / {WIDTH} (Glorot uniform, Keras' default) or "
    f"2 / {WIDTH} (He uniform), {ROWS} inputs and a cotangent from N(0, 1); median of {NETWORKS} networks"
)


def gradients(backend: str, variant: Variant) -> Part:
    """Of each depth: the size of the gradient at the first layer's sums over that of the cotangent, both as rms."""
    if backend != BACKEND:
        raise NotImplementedError(f"measured on {BACKEND}")
    if variant.activation.kind == "gated":
        raise NotImplementedError("its result is half as long as its input: layers of one width cannot be made of it")
    return {"depths": list(DEPTHS), **{name: _median(backend, variant, gain) for name, gain in GAINS.items()}}


def _median(backend: str, variant: Variant, gain: float) -> list[float | str]:
    found = [_network(backend, variant, gain, seed) for seed in range(NETWORKS)]
    return [plain(float(np.median(ratios))) for ratios in zip(*found, strict=True)]


def _network(backend: str, variant: Variant, gain: float, seed: int) -> list[float]:
    """The ratio of each depth, of one network that grows."""
    own = backends.load(backend)
    function = backends.function(backend, variant.activation.name, **variant.parameters)
    random = np.random.default_rng(seed)
    limit = math.sqrt(3 * gain / WIDTH)
    weights = random.uniform(-limit, limit, (max(DEPTHS), WIDTH, WIDTH))
    h, cotangent = random.standard_normal((2, ROWS, WIDTH))

    def array(values: Values) -> Any:
        return own.asarray(values, dtype="float32", device="cpu")

    run = own.forward(function, compiled=False)
    sums = []
    for w in weights:
        sums.append(array(h @ w))
        h = own.to_numpy(run(sums[-1])).astype(np.float64)
    backward = [own.backward(function, z, compiled=False) for z in sums]
    found = []
    for depth in DEPTHS:
        dh = cotangent
        for k in range(depth - 1, -1, -1):
            dz = own.to_numpy(backward[k](array(dh))).astype(np.float64)
            dh = dz @ weights[k].T
        found.append(_rms(dz) / _rms(cotangent))
    return found


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
