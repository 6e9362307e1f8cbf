"""Numbers of recorded curves, and the reasons for missing ones, in words."""

import math
from typing import Any

from backends.activation import Variant
from reports import formats
from reports.accuracy.conventions import special
from reports.cards.load import CurveCollection, numbers


def size(y: float) -> str:
    """Return four digits, or infinity."""
    return special(float(f"{y:.4g}")) if math.isfinite(y) else special(y)


def mean(y: float) -> str:
    """Return three decimals, without a sign for zero."""
    return f"{y:.3f}".replace("-0.000", "0.000")


def no_data(part: dict[str, Any]) -> str:
    """Return the reason why there are no data."""
    return f"no data ({formats.short(part.get('reason') or 'no reason was recorded')})"


def listed(part: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of a part; entries that are no mappings are left out."""
    return mappings(part.get(name)) if part.get("status") == "ok" else []


def mappings(items: Any) -> list[dict[str, Any]]:
    """Return the mappings of a value that should be a list of them."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def kinks_of(variant: Variant, collection: CurveCollection) -> list[float]:
    """Return the kinks as recorded."""
    lists = (numbers(recording.portrait(variant.id).get("kinks")) for recording in collection.recordings)
    return next((list(kinks) for kinks in lists if kinks), [])
