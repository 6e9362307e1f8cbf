"""Numbers of portraits, and what is missing in them, in words."""

import math
from typing import Any

from backends.activation import Variant
from reports import formats
from reports.accuracy.conventions import special
from reports.cards.load import Gallery, numbers


def size(y: float) -> str:
    """Four digits, or infinity."""
    return special(float(f"{y:.4g}")) if math.isfinite(y) else special(y)


def mean(y: float) -> str:
    """Three places, and no zero with a sign."""
    return f"{y:.3f}".replace("-0.000", "0.000")


def no_data(part: dict[str, Any]) -> str:
    """Why there is none."""
    return f"no data ({formats.short(part.get('reason') or 'no reason was recorded')})"


def listed(part: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of a part, of what has the right form."""
    return mappings(part.get(name)) if part.get("status") == "ok" else []


def mappings(found: Any) -> list[dict[str, Any]]:
    """The mappings of what should be a list of them."""
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def kinks_of(variant: Variant, gallery: Gallery) -> list[float]:
    """As the portraits have them."""
    found = (numbers(own.portrait(variant.id).get("kinks")) for own in gallery.sitters)
    return next((list(own) for own in found if own), [])
