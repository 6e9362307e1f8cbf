"""A maker of accuracy records with made-up errors, seeded, for tests of what reads them."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy import form, store
from bench.accuracy.record import EDGES, Record
from bench.accuracy.shards import LAYOUTS
from reports.accuracy import bits

VERSIONS = {"numpy": "2.4.6", "torch": "2.13.0", "tensorflow": "2.21.0", "jax": "0.10.2"}

KEYS: dict[str, Any] = {
    **{"build": "release", "vendor": "amd", "instruction_set": "avx2", "threads": 1},
    **{"revision": 1, "truth": 1, "stride": 1},
}
"""The rest of a key, of one setting."""


def records(
    activations: Sequence[str] = ("gelu", "relu", "tanh"),
    names: Sequence[str] = tuple(VERSIONS),
    dtype: str = "float32",
    mode: str = "eager",
    binades: Iterable[int] | None = None,
    **more: Any,
) -> list[Record]:
    """Every binade of these, forward and backward; each depends on its subject's name alone."""
    numbers = list(range(LAYOUTS[dtype].binades) if binades is None else binades)
    found = []
    for activation in activations:
        for direction in ("forward", "backward"):
            for backend in names:
                own = {"activation": activation, "direction": direction, "backend": backend} | more
                own = {"version": VERSIONS.get(backend, "1"), **KEYS} | own
                found += subject(own | {"dtype": dtype, "mode": mode}, numbers)
    return found


def subject(key: dict[str, Any], binades: list[int]) -> list[Record]:
    """Its records: errors that grow with the magnitude of negative inputs, a tail of zeros, a flush below."""
    seed = [ord(c) for c in "".join(str(key[name]) for name in ("activation", "direction", "backend"))]
    random = np.random.default_rng(seed)
    top = float(random.choice([0.5, 0.9, 1.7, 3.0, 30.0, 5000.0]))
    return [record(key, binade, top, random) for binade in binades]


def record(key: dict[str, Any], binade: int, top: float, random: Any) -> Record:
    """One binade."""
    layout = LAYOUTS[key["dtype"]]
    half, last = layout.binades // 2, 2**layout.exponent_bits - 1
    exponent, negative = binade % half, binade >= half
    inputs = -(-layout.per_binade // key["stride"])
    own: dict[str, Any] = key | {"binade": binade, "inputs": inputs, "digest": f"{random.integers(2**62):x}"}
    own["magnitude_digest"] = str(exponent)
    if exponent in (0, last):
        points = (0.0,) if exponent == 0 else (math.inf, math.nan)
        sign = -1.0 if negative else 1.0
        own |= {"points_x": tuple(sign * x for x in points), "points_y": tuple(sign * x for x in points)}
        flush = {"subnormal": inputs, "flushed": inputs if key["backend"] != "numpy" else 0, "strict_ulp": 1.0}
        return Record(**own, **(flush if exponent == 0 else {}))
    if key["activation"] == "gelu" and negative and exponent > last * 0.52:
        name = {"torch": "zero", "tensorflow": "nan", "jax": "sign"}.get(key["backend"], "")
        if name:
            return Record(**own, **{name: inputs, f"{name}_bits": binade << layout.mantissa_bits})
    share = (exponent / last) ** 2 if negative else 0.3
    worst = 0.45 + share * top * random.uniform(0.8, 1.2) if 0.3 * last < exponent else 0.0
    return Record(**own, **measured(own, worst, inputs, random))


def measured(own: dict[str, Any], worst: float, inputs: int, random: Any) -> dict[str, Any]:
    """A histogram whose worst error is this one, and where it stands."""
    at = (own["binade"] << LAYOUTS[own["dtype"]].mantissa_bits) + 12345 % LAYOUTS[own["dtype"]].per_binade
    reached = int(np.searchsorted(EDGES, worst))
    buckets = [0] * (len(EDGES) + 1)
    buckets[: reached + 1] = [int(inputs * 0.1**number) for number in range(reached + 1)]
    buckets[0] = inputs - sum(buckets[1:])
    x = bits.value(at, own["dtype"])
    mass = math.exp(-abs(math.log2(abs(x)))) if abs(math.log2(abs(x))) < 30 else 0.0
    near = {"normal_mass": mass, "normal_over": mass * (1 - buckets[0] / inputs) * float(worst > 1)}
    far = {"worst_ulp": worst, "worst_bits": at, "worst_got": x, "worst_truth": x * (1 + worst * 2**-24)}
    more = {"well_ulp": worst, "scaled_ulp": worst / 2, "position_tested": 4096}
    return {"buckets": tuple(buckets), **near, **far, **more, "not_monotone": int(random.integers(3) * (worst > 4))}


def write(path: Path, found: Iterable[Record]) -> Path:
    """The records as the atlas keeps them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store.put(path, form.table_of(found))
    return path
