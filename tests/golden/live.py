"""Comparison of live Keras with the golden values: exact where versions and setting are the recorded ones."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tests import golden
from tests.golden import Points
from tests.probes import Host

# Kernels for other vectors add rows up in another order and round exp differently. Measured with
# torch's AVX2 and unvectorised kernels against AVX-512's: results differ by a few ulp of themselves
# or, where numbers of size 1 cancel (1 - tanh^2, log_softmax, 1 + erf), by a few of those.
ULPS = 16  # the largest seen is 15, in the slope of gelu(approximate=True) at -7.2


class Difference(NamedTuple):
    """A change in words, and the first input, or row of inputs, that shows it."""

    words: str
    input: str = ""

    def __str__(self) -> str:
        return f"{self.words} at {self.input}" if self.input else self.words


def differences(stored: dict[str, Host], live: dict[str, Host], dtype: str, *, exact: bool) -> Iterator[Difference]:
    """Yield the changes, column by column; NaN and infinities must always be the same."""
    for name, old in stored.items():
        new = live[name].astype(np.float64)
        if old.shape != new.shape:
            yield Difference(f"{name}: shape {old.shape} became {new.shape}")
            continue
        same = (old == new) & (np.signbit(old) == np.signbit(new)) | (np.isnan(old) & np.isnan(new))
        if not exact and name in ("value", "gradient"):
            same |= _close(old, new, dtype)
        if not same.all():
            first = tuple(int(i) for i in np.argwhere(~same)[0])
            change = f"{float(old[first])!r} became {float(new[first])!r}"
            place = str(stored["input"][first[0]].tolist())
            yield Difference(f"{name}: {(~same).sum()} of {same.size} differ, first {change}", place)


def _close(old: Host, new: Host, dtype: str) -> Any:
    with np.errstate(invalid="ignore"):
        return np.abs(old - new) <= ULPS * np.finfo(dtype).eps * np.maximum(1.0, np.abs(old))


def stored_columns(points: Points, keras_backend: str, dtype: str) -> dict[str, Host]:
    """Return the columns of a dtype with one Keras backend."""
    key = keras_backend, dtype
    columns = {"input": points.inputs[dtype], "cotangent": points.cotangents[dtype], "value": points.values[key]}
    return columns | ({"gradient": points.gradients[key]} if key in points.gradients else {})


def live_columns(columns: list[Host]) -> dict[str, Host]:
    """Return the recipe's columns under the same names."""
    return dict(zip(("input", "cotangent", "value", "gradient"), columns, strict=False))


def compare(
    stored: golden.Golden, section: dict[str, Any], keras_backend: str, dtype: str, *, exact: bool
) -> list[Difference]:
    """Return the changes in a variant and dtype, at the finite points and the special ones."""
    if stored.refused.get((keras_backend, dtype)) != section.get("refused"):
        return [Difference(f"refused: {stored.refused.get((keras_backend, dtype))} became {section.get('refused')}")]
    if "refused" in section:
        return []
    if (old := stored.returned[keras_backend, dtype]) != section["returned"]:
        return [Difference(f"dtype {old} became {section['returned']}")]
    result = []
    for points, name in ((stored, "points"), (stored.special, "special")):
        pair = stored_columns(points, keras_backend, dtype), live_columns(section[name])
        changes = differences(*pair, dtype, exact=exact)
        result += [change._replace(words=f"{name}: {change.words}") for change in changes]
    return result
