"""The committed curves as classes: every part of every variant is whole, and a part of another form is missing."""

import pytest

from bench.core import decode
from bench.core.curves import CurveFile, Points, VariantCurves
from bench.curves import guide
from bench.curves.store import read_file
from reports.cards.load import COMMITTED


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "jax"])
def test_stored_curves_of_schema_1_are_read(backend: str) -> None:
    """No part is lost to its type, and so none is called missing."""
    content = decode.salvage(CurveFile, read_file(COMMITTED / f"{backend}.json.gz"))
    curves = {name: decode.salvage(VariantCurves, parts) for name, parts in content.curves.items()}
    guided = curves.pop(guide.ID)

    assert content.backend == backend
    assert len(curves) >= 30
    assert all(len(part.curve.derivative) == len(part.curve.x) > 0 for part in curves.values() if part.curve)
    assert all(part.curve and part.points and part.normal and part.depth and part.native for part in curves.values())
    assert {len(part.vanished) for part in curves.values()} == {8}
    assert (len(guided.calls), len(guided.sums)) == (len(guide.EXAMPLES), 12)


def test_a_part_of_another_form_is_not_recorded() -> None:
    """The others are, infinities and NaN included."""
    point = {"x": "nan", "value": "-inf", "derivative": 1}
    curves = decode.salvage(VariantCurves, {"kinks": ["x"], "curve": [], "points": {"status": "ok", "at": [point]}})

    assert (curves.kinks, curves.curve) == ((), None)
    assert isinstance(curves.points, Points)
    assert (curves.points.results[0].value, curves.points.results[0].derivative) == ("-inf", 1.0)
