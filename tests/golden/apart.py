"""The disagreements between Keras' own backends, beside its promise: numerics agree to 1e-7 across backends.

It is computed from the golden files alone and written for the reports. A line is the worst pair among
some Keras backends, for a variant, dtype and quantity, at one kind of points: `ordinary`,
`kink`, `subnormal` or `special`. Categories (NaN, infinite, zero or of another sign on one side only) are counted,
distances are taken where both numbers are normal.
"""

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import ml_dtypes
import numpy as np

from backends.activation import Variant
from reports.recorded import differences
from tests import golden
from tests.golden import Golden, Key
from tests.golden.signatures import VARIANTS
from tests.probes import Host

PATH = differences.DISAGREEMENTS_PATH
PROMISE = 1e-7
FORMAT = 1
"""Version of the file. 1: first."""


@dataclass(frozen=True)
class Disagreement:
    """A line of the file."""

    activation: str
    variant: str
    dtype: str
    quantity: str
    """The quantity: value or gradient."""
    where: str
    """The kind of points: ordinary, kink, subnormal (inputs that XLA and TensorFlow take for 0) or special."""
    among: str
    """The backends compared: `all` that were recorded, or the `golden pair`."""
    numbers: int
    """The number of entries compared."""
    categories: int
    """The number of entries NaN, infinite, zero or of another sign with one backend only, of the worst pair."""
    beyond_promise: int
    """The number of entries further apart than 1e-7, relative as well as absolute: the mildest reading."""
    max_relative: float
    max_ulps: float
    """The largest difference in units in the last place of the dtype, of the larger number."""
    pair: tuple[str, str]
    """The pair with the most categories, then with the largest relative difference."""
    at: Any
    """The input with the largest relative difference, or a row of inputs."""


@dataclass(frozen=True)
class Place:
    """A set of points: inputs, and the results by Keras backend."""

    where: str
    inputs: Host
    results: dict[str, Host]


def write() -> None:
    """Write the file; it is byte-identical for the same golden values."""
    made_by = [(b, golden.load(golden.path_of(b))["header"]) for b in golden.KERAS_BACKENDS]
    header = {
        "format": FORMAT,
        "command": "python -m tests.golden apart",
        "promise": PROMISE,
        **{name: {b: header[name] for b, header in made_by} for name in ("versions", "setting")},
        "columns": [f.name for f in fields(Disagreement)],
    }
    rows = ",\n".join(json.dumps(asdict(line), allow_nan=False, separators=(",", ":")) for line in lines())
    PATH.write_text(f'{{"header": {json.dumps(header)},\n"rows": [\n{rows}]}}\n')


def lines() -> Iterator[Disagreement]:
    """Yield a line for all backends and one for the golden pair, wherever there are points."""
    for variant in VARIANTS:
        stored = golden.read(variant)
        for dtype, quantity in itertools.product(golden.DTYPES, ("value", "gradient")):
            for place in places(variant, stored, dtype, quantity):
                names = tuple(place.results)
                for among, chosen in (("all", names), ("golden pair", golden.GOLDEN_PAIR)):
                    pairs = [
                        worst for pair in itertools.combinations(chosen, 2) if (worst := _pair(place, pair, dtype))
                    ]
                    if pairs:
                        top = max(pairs, key=lambda p: (p["categories"], p["max_relative"]))
                        yield Disagreement(
                            variant.activation.name, variant.id, dtype, quantity, place.where, among, **top
                        )


def places(variant: Variant, stored: Golden, dtype: str, quantity: str) -> Iterator[Place]:
    """Yield the ordinary points, kinks, subnormal and special points that exist."""
    results = _of(stored.values if quantity == "value" else stored.gradients, dtype)
    x = stored.inputs[dtype]
    numbers = x if x.ndim == 1 else np.ones(len(x))  # a row is ordinary
    kink = np.isin(numbers, variant.kinks) & (x.ndim == 1)
    subnormal = (numbers != 0) & (np.abs(numbers) < float(np.finfo(dtype).smallest_normal))
    for where, chosen in (("ordinary", ~kink & ~subnormal), ("kink", kink), ("subnormal", subnormal & ~kink)):
        if chosen.any():
            yield Place(where, x[chosen], {b: y[chosen] for b, y in results.items()})
    special = stored.special
    results = _of(special.values if quantity == "value" else special.gradients, dtype)
    yield Place("special", special.inputs[dtype], results)


def _of(recorded: dict[Key, Host], dtype: str) -> dict[str, Host]:
    return {backend: array for (backend, d), array in recorded.items() if d == dtype}


def _pair(place: Place, pair: tuple[str, str], dtype: str) -> dict[str, Any] | None:
    if not set(pair) <= set(place.results):
        return None
    a, b = (place.results[name] for name in pair)
    info = ml_dtypes.finfo(dtype)
    differs_in_kind = _categories(a, b, float(info.smallest_normal))
    difference, size = _distance(a, b)
    compared = np.isfinite(difference) & (size >= float(info.smallest_normal)) & ~differs_in_kind
    distance, size = np.where(compared, difference, 0.0), np.where(compared, size, 1.0)
    relative = distance / size
    ulp = np.ldexp(1.0, np.frexp(size)[1] - 1 - info.nmant)
    worst = np.unravel_index((relative if relative.any() else differs_in_kind).argmax(), a.shape)[0]
    return {
        "numbers": int(a.size),
        "categories": int(differs_in_kind.sum()),
        "beyond_promise": int((~(difference <= PROMISE) & (differs_in_kind | (relative > PROMISE))).sum()),
        "max_relative": float(relative.max()),
        "max_ulps": float((distance / ulp).max()),
        "pair": pair,
        "at": _shown(place.inputs[worst]),
    }


def _distance(a: Host, b: Host) -> tuple[Host, Host]:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(a - b), np.fmax(np.abs(a), np.abs(b))


def _categories(a: Host, b: Host, normal: float) -> Host:
    """Return where one number is NaN, infinite or, the other being normal, zero or of the other sign."""
    nan, infinite = np.isnan(a) != np.isnan(b), np.isinf(a) != np.isinf(b)
    large = np.fmax(np.abs(a), np.abs(b)) >= normal
    both = ~np.isnan(a) & ~np.isnan(b)
    return nan | infinite | (both & large & (np.sign(a) != np.sign(b)))


def _shown(x: Any) -> Any:
    if np.ndim(x):
        return [_shown(v) for v in x]
    return float(x) if math.isfinite(x) else str(x)
