"""The work of vl-convert that is kept: each definition is drawn once, and another one has a drawing of its own."""

from pathlib import Path
from typing import Any

import pytest

from bench.reference import cache
from reports.page import vega

POINT: dict[str, Any] = {"mark": "point", "data": {"values": [{"x": 1}, {"x": 2}]}, "encoding": {"x": {"field": "x"}}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of drawings."""
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the marks of the charts that are drawn from now on."""
    marks: list[str] = []
    draw = vega.draw

    def counted(definition: Any) -> str:
        marks.append(definition["mark"])
        return draw(definition)

    monkeypatch.setattr(vega, "draw", counted)
    return marks


def test_a_chart_is_drawn_once(folder: Path, drawn: list[str]) -> None:
    """The second time it comes from disk; a chart that differs in a number is drawn."""
    first, second = (vega.stored_svg(POINT) for _ in range(2))
    other = vega.stored_svg(POINT | {"data": {"values": [{"x": 1}, {"x": 200}]}})

    assert first == second != other
    assert first.startswith("<svg")
    assert drawn == ["point", "point"]
    assert len(list(folder.rglob("*.svg"))) == 2


def test_a_damaged_drawing_is_drawn_again(folder: Path, drawn: list[str]) -> None:
    """The drawing is that of an undamaged file."""
    first = vega.stored_svg(POINT)
    (path,) = folder.rglob("*.svg")
    path.write_bytes(path.read_bytes()[:-1])

    assert vega.stored_svg(POINT) == first
    assert drawn == ["point", "point"]


def test_a_drawing_is_the_same_whatever_was_drawn_before() -> None:
    """Vega counts clip paths through all drawings of a process."""
    line = POINT | {"mark": {"type": "line", "clip": True}}
    drawings = {vega.svg(line) for _ in range(2)}

    assert len(drawings) == 1
    assert 'id="clip0"' in drawings.pop()
