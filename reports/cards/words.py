"""Numbers of recorded curves, and the reasons for missing ones, in words."""

import math

from backends.activation import Variant
from bench.core.curves import Part
from reports import formats
from reports.accuracy.conventions import special
from reports.cards.load import CurveCollection, numbers


def size(y: float) -> str:
    """Return four digits, or infinity."""
    return special(float(f"{y:.4g}")) if math.isfinite(y) else special(y)


def mean(y: float) -> str:
    """Return three decimals, without a sign for zero."""
    return f"{y:.3f}".replace("-0.000", "0.000")


def no_data(part: Part) -> str:
    """Return the reason why there are no data."""
    return f"no data ({formats.short(part.reason or 'no reason was recorded')})"


def kinks_of(variant: Variant, collection: CurveCollection) -> list[float]:
    """Return the kinks as recorded."""
    lists = (numbers(recording.curves(variant.id).kinks) for recording in collection.recordings)
    return next((list(kinks) for kinks in lists if kinks), [])
