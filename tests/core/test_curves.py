"""The committed curves as classes: every part of every variant is whole, and a part of another form is missing."""

import gzip
import json

import pytest

from bench.core import decode
from bench.core.curves import CurveFile, Points, VariantCurves
from bench.curves import guide
from reports.cards.load import COMMITTED


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "jax"])
def test_stored_curves_of_schema_1_are_read(backend: str) -> None:
    """No part is lost to its type, and so none is called missing."""
    content = decode.salvage(CurveFile, json.loads(gzip.decompress((COMMITTED / f"{backend}.json.gz").read_bytes())))
    curves = {name: decode.salvage(VariantCurves, portrait) for name, portrait in content.portraits.items()}
    guided = curves.pop(guide.ID)

    assert content.backend == backend
    assert len(curves) >= 30
    assert all(part.curve and part.points and part.normal and part.depth and part.native for part in curves.values())
    assert {len(part.vanished) for part in curves.values()} == {8}
    assert (len(guided.calls), len(guided.sums)) == (len(guide.EXAMPLES), 12)


def test_a_part_of_another_form_is_not_recorded() -> None:
    """The others are, infinities and NaN included."""
    point = {"x": "nan", "value": "-inf", "slope": 1}
    curves = decode.salvage(VariantCurves, {"kinks": ["x"], "curve": [], "points": {"status": "ok", "at": [point]}})

    assert (curves.kinks, curves.curve) == ((), None)
    assert isinstance(curves.points, Points)
    assert (curves.points.results[0].value, curves.points.results[0].slope) == ("-inf", 1.0)
