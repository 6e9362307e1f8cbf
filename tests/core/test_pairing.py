"""Two sides in one run: pairs of passes, the second look, and verdicts on known differences."""

from pathlib import Path
from typing import Any

import pytest

import backends
from bench.core import results
from bench.core.cases import Case, Choice
from bench.core.record import Record
from bench.core.results import BASE, HEAD, Side
from bench.selfcheck import checks as selfcheck
from bench.speed import pairing

pytestmark = pytest.mark.quiet

CASE = Case("dummy", "relu", (), "forward", "eager", "cpu", "float32", 1000, 1)


def row(side: str, number: int, seconds: float, status: Any = "ok") -> Record:
    """Return a record."""
    times = (seconds,) if status == "ok" else ()
    return Record.of(CASE, status, block_seconds=times, replicate=number, side=side)


def test_passes_of_both_sides_are_paired_by_number() -> None:
    """A pass that only one side has is left out."""
    rows = [row(HEAD, 1, 4.0), row(BASE, 0, 1.0), row(HEAD, 0, 3.0), row(BASE, 1, 2.0), row(BASE, 2, 5.0)]
    (pair,) = pairing.pairs(rows, range(5))

    assert (pair.base, pair.head, pair.paired) == ((1.0, 2.0), (3.0, 4.0), True)


def test_what_failed_on_a_side_has_no_verdict() -> None:
    """A case that fails in any of the passes compared has no verdict."""
    rows = [row(BASE, 0, 1.0), row(HEAD, 0, 1.0), row(BASE, 1, 1.0), row(HEAD, 1, 1.0, "error")]

    assert pairing.pairs(rows, range(2)) == []
    assert len(pairing.pairs(rows, range(1))) == 1


def test_the_floor_is_never_below_what_code_placement_does() -> None:
    """The floor is at least LEAST_FLOOR and follows the run's own noise up to half the margin."""
    steady = [row(side, n, 1.0) for side in (BASE, HEAD) for n in range(4)]
    shaky = [row(BASE, n, 1.0) for n in range(4)] + [row(HEAD, n, 1.0 + 0.3 * (n % 2)) for n in range(4)]

    assert pairing.floor(pairing.pairs(steady, range(4)), 0.1) == pairing.LEAST_FLOOR
    assert pairing.floor(pairing.pairs(shaky, range(4)), 0.1) == 0.05


@pytest.mark.parametrize(
    ("cost", "words"),
    # selfcheck measures how often identical code is SAME; here the machine may be busy
    [("200", {"SAME", "UNCERTAIN"}), ("4000", {"SLOWER"}), ("10", {"FASTER"})],
)
def test_a_known_difference_is_found(
    cost: str, words: set[str], site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head costs 1, 20 or 1/20 times base's 200 microseconds a call, and the verdict says so."""
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setattr(backends, "names", lambda: ("dummy",))
    monkeypatch.setattr(backends, "module_name", lambda _: "tests.core.dummy_backend")
    choice = Choice(("dummy",), ("relu",), ("forward",), ("eager",), sizes=(1000,), profile="smoke")
    sides = tuple(
        Side({}, name, variables={"KNOWN_MICROSECONDS": microseconds})
        for name, microseconds in ((BASE, "200"), (HEAD, cost))
    )
    rows = selfcheck.measure_run(tmp_path / "results", choice, sides, second_look=True)

    (folder,) = (tmp_path / "results").iterdir()
    assert results.suspects(folder) is not None
    (verdict,) = pairing.decide(rows, 2, 0.1)
    assert verdict.word in words
