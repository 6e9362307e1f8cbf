"""Measurement of the vanishing gradient: the share of a gradient that reaches the first layer of a deep network.

The network is h_k = f(h_{k-1} W_k): dense layers of one width without bias, with inputs and the cotangent of the last
result drawn from N(0, 1). The backend computes the activation and its vector-Jacobian product in float32; NumPy
computes the products with the weights in float64.
"""

import math
from typing import Any

import numpy as np

import backends
from backends.activation import Variant
from bench.curves.measure import Part, json_number

Values = Any  # numpy.ndarray

BACKEND = "torch"
"""The only backend measured, since backends differ in the last digits only."""
DEPTHS = (1, 2, 4, 8, 16, 32, 64)
WIDTH, ROWS = 128, 64
NETWORKS = 3
"""The number of random networks, of which the median is reported."""
GAINS = {"glorot": 1.0, "he": 2.0}
"""The variance of a weight times the width: Keras' default for dense layers, and the one for relu (He 2015)."""
WORDS = (
    f"dense layers of {WIDTH} without bias, weights of variance 1 / {WIDTH} (Glorot uniform, Keras' default) or "
    f"2 / {WIDTH} (He uniform), {ROWS} inputs and a cotangent from N(0, 1); median of {NETWORKS} networks"
)


def gradients(backend: str, variant: Variant) -> Part:
    """Return, for each depth, the rms gradient at the first layer's weighted sums divided by the rms cotangent."""
    if backend != BACKEND:
        raise NotImplementedError(f"measured on {BACKEND}")
    if variant.activation.kind == "gated":
        raise NotImplementedError("its result is half as long as its input: layers of one width cannot be made of it")
    return {"depths": list(DEPTHS), **{name: _median(backend, variant, gain) for name, gain in GAINS.items()}}


def _median(backend: str, variant: Variant, gain: float) -> list[float | str]:
    networks = [_network(backend, variant, gain, seed) for seed in range(NETWORKS)]
    return [json_number(float(np.median(ratios))) for ratios in zip(*networks, strict=True)]


def _network(backend: str, variant: Variant, gain: float, seed: int) -> list[float]:
    """Return the ratio of each depth for one network that grows."""
    backend_module = backends.load(backend)
    function = backends.function(backend, variant.activation.name, **variant.parameters)
    random = np.random.default_rng(seed)
    limit = math.sqrt(3 * gain / WIDTH)
    weights = random.uniform(-limit, limit, (max(DEPTHS), WIDTH, WIDTH))
    h, cotangent = random.standard_normal((2, ROWS, WIDTH))

    def array(values: Values) -> Any:
        return backend_module.asarray(values, dtype="float32", device="cpu")

    run = backend_module.forward(function, compiled=False)
    sums = []
    for w in weights:
        sums.append(array(h @ w))
        h = backend_module.to_numpy(run(sums[-1])).astype(np.float64)
    backward = [backend_module.backward(function, z, compiled=False) for z in sums]
    ratios = []
    for depth in DEPTHS:
        dh = cotangent
        for k in range(depth - 1, -1, -1):
            dz = backend_module.to_numpy(backward[k](array(dh))).astype(np.float64)
            dh = dz @ weights[k].T
        ratios.append(_rms(dz) / _rms(cotangent))
    return ratios


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
