"""A seeded factory of accuracy records with made-up errors, for tests of their readers."""

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
"""The rest of a record's key, of one setting."""


def records(
    activations: Sequence[str] = ("gelu", "relu", "tanh"),
    names: Sequence[str] = tuple(VERSIONS),
    dtype: str = "float32",
    mode: str = "eager",
    binades: Iterable[int] | None = None,
    **more: Any,
) -> list[Record]:
    """Return every binade of these subjects, forward and backward; each depends on its subject's name alone."""
    numbers = list(range(LAYOUTS[dtype].binades) if binades is None else binades)
    rows = []
    for activation in activations:
        for direction in ("forward", "backward"):
            for backend in names:
                key = {"activation": activation, "direction": direction, "backend": backend} | more
                key = {"version": VERSIONS.get(backend, "1"), **KEYS} | key
                rows += subject(key | {"dtype": dtype, "mode": mode}, numbers)
    return rows


def subject(key: dict[str, Any], binades: list[int]) -> list[Record]:
    """Return a subject's records: errors that grow with the magnitude of negative inputs, zeros in the tail."""
    seed = [ord(c) for c in "".join(str(key[name]) for name in ("activation", "direction", "backend"))]
    random = np.random.default_rng(seed)
    largest_ulp = float(random.choice([0.5, 0.9, 1.7, 3.0, 30.0, 5000.0]))
    return [record(key, binade, largest_ulp, random) for binade in binades]


def record(key: dict[str, Any], binade: int, largest_ulp: float, random: Any) -> Record:
    """Return the record of one binade."""
    layout = LAYOUTS[key["dtype"]]
    half, last = layout.binades // 2, 2**layout.exponent_bits - 1
    exponent, negative = binade % half, binade >= half
    inputs = -(-layout.per_binade // key["stride"])
    fields: dict[str, Any] = key | {"binade": binade, "inputs": inputs, "digest": f"{random.integers(2**62):x}"}
    fields["magnitude_digest"] = str(exponent)
    if exponent in (0, last):
        points = (0.0,) if exponent == 0 else (math.inf, math.nan)
        sign = -1.0 if negative else 1.0
        fields |= {"points_x": tuple(sign * x for x in points), "points_y": tuple(sign * x for x in points)}
        flush = {"subnormal": inputs, "flushed": inputs if key["backend"] != "numpy" else 0, "strict_ulp": 1.0}
        return Record(**fields, **(flush if exponent == 0 else {}))
    if key["activation"] == "gelu" and negative and exponent > last * 0.52:
        name = {"torch": "zero", "tensorflow": "nan", "jax": "sign"}.get(key["backend"], "")
        if name:
            return Record(**fields, **{name: inputs, f"{name}_bits": binade << layout.mantissa_bits})
    share = (exponent / last) ** 2 if negative else 0.3
    worst = 0.45 + share * largest_ulp * random.uniform(0.8, 1.2) if 0.3 * last < exponent else 0.0
    return Record(**fields, **measured_figures(fields, worst, inputs, random))


def measured_figures(key: dict[str, Any], worst: float, inputs: int, random: Any) -> dict[str, Any]:
    """Return a histogram with this worst error, and the input of that error."""
    worst_bits = (key["binade"] << LAYOUTS[key["dtype"]].mantissa_bits) + 12345 % LAYOUTS[key["dtype"]].per_binade
    bucket = int(np.searchsorted(EDGES, worst))
    buckets = [0] * (len(EDGES) + 1)
    buckets[: bucket + 1] = [int(inputs * 0.1**number) for number in range(bucket + 1)]
    buckets[0] = inputs - sum(buckets[1:])
    x = bits.value(worst_bits, key["dtype"])
    mass = math.exp(-abs(math.log2(abs(x)))) if abs(math.log2(abs(x))) < 30 else 0.0
    mass_figures = {"normal_mass": mass, "normal_over": mass * (1 - buckets[0] / inputs) * float(worst > 1)}
    worst_figures = {
        "worst_ulp": worst,
        "worst_bits": worst_bits,
        "worst_got": x,
        "worst_truth": x * (1 + worst * 2**-24),
    }
    further_figures = {"well_ulp": worst, "scaled_ulp": worst / 2, "position_tested": 4096}
    return {
        "buckets": tuple(buckets),
        **mass_figures,
        **worst_figures,
        **further_figures,
        "not_monotone": int(random.integers(3) * (worst > 4)),
    }


def write(path: Path, rows: Iterable[Record]) -> Path:
    """Write records in the form of the atlas and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store.put(path, form.table_of(rows))
    return path
