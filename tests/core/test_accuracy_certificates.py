"""Certificates of the fast truth: there, of the exact values that there are, and not to be fooled."""

import dataclasses
from pathlib import Path

import pytest

from backends.activation import Variant, spelled
from bench import truth
from bench.accuracy import certificate, kernel, pieces
from bench.accuracy.certify import elementwise, refuse_changed
from bench.accuracy.record import TRUTH
from bench.accuracy.shards import DIRECTIONS
from bench.faults import BadInput


def test_every_variant_is_certified_as_it_is() -> None:
    """Both directions, today's revision, at every 16-bit input and more, far within the limit."""
    found = certificate.stored()

    assert set(found) == {(variant.id, direction) for variant in elementwise() for direction in DIRECTIONS}
    certificate.refuse_stale(elementwise())
    for one in found.values():
        assert one.observed <= one.bound <= certificate.LIMIT
        assert one.checked > 120_000  # 128,764 finite numbers of both formats but 0, some in both


@pytest.mark.parametrize("variant", elementwise(), ids=lambda v: v.id)
def test_the_truth_is_that_of_arb_here(variant: Variant) -> None:
    """A thin sample of what the certificate was made from, on this machine and its NumPy."""
    for direction in DIRECTIONS:
        found, kept = certificate.certify(variant, direction, every=997), certificate.stored()[variant.id, direction]

        assert found.checked > 100
        assert (found.low, found.high) == pytest.approx((kept.low, kept.high), rel=pieces.BOUND)


@pytest.mark.parametrize("variant", elementwise(), ids=lambda v: v.id)
def test_the_exact_values_are_those_of_their_revision(variant: Variant) -> None:
    """Whoever changes a formula raises TRUTH: records of before would pass for today's."""
    for direction in DIRECTIONS:
        kept = certificate.stored()[variant.id, direction]

        assert certificate.changed(kept, certificate.sample(variant, direction)) == []


def test_a_changed_formula_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is off by 2^-48 anywhere, or another formula; and no new certificate hides it."""
    kept, exact = certificate.stored()["gelu", "forward"], truth.value
    approximate = certificate.sample(spelled("gelu[approximate=True]"), "forward")
    monkeypatch.setattr(truth, "value", lambda variant, x: exact(variant, x) * (1 + 2.0**-48 * (x > 81)))
    moved = certificate.sample(spelled("gelu"), "forward")
    key = ("gelu", "forward")

    assert len(certificate.changed(kept, approximate)) > 10
    assert certificate.changed(kept, moved) == [(81.5).hex(), (2.0**100).hex()]
    refuse_changed({key: kept}, {key: kept})
    with pytest.raises(BadInput, match=r"the exact gelu forward is another one at .*: raise TRUTH"):
        refuse_changed({key: kept}, {key: dataclasses.replace(kept, values=moved)})


def test_a_stale_certificate_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its variant is named, and the command that makes a new one."""
    old = dataclasses.replace(certificate.stored()["gelu", "forward"], truth=TRUTH - 1)
    monkeypatch.setattr(certificate, "PATH", tmp_path / "certificates.json")
    certificate.write([old])

    with pytest.raises(certificate.StaleError, match=r"gelu is of revision 1 .* not of 2: nox -s certify"):
        certificate.refuse_stale([spelled("gelu")])


def test_a_range_is_the_certificate_s_or_found_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One of another revision tells no range."""
    kept = certificate.stored()["tanh", "forward"]
    monkeypatch.setattr(certificate, "PATH", tmp_path / "certificates.json")
    ranges = []
    for revision in (TRUTH, TRUTH - 1):
        certificate.write([dataclasses.replace(kept, truth=revision, high=7.0)])
        certificate.value_range.cache_clear()
        ranges.append(certificate.value_range(spelled("tanh"), slope=False))
    certificate.value_range.cache_clear()

    assert ranges == [(kept.low, 7.0), (kept.low, pytest.approx(1.0))]


def test_a_wrong_piece_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation that is off by 2^-40 exceeds every bound."""
    right = kernel.horner

    def wrong(*arguments: object) -> None:
        right(*arguments)  # type: ignore[arg-type]
        arguments[-1][...] *= 1 + 2.0**-40  # type: ignore[index]

    monkeypatch.setattr(kernel, "horner", wrong)
    with pytest.raises(ArithmeticError, match=r"sigmoid at .* bound"):
        certificate.certify(spelled("sigmoid"), "forward", every=997)


def test_pieces_end_where_the_numbers_end() -> None:
    """The last piece of each sign holds the largest float32 number."""
    for negative in (False, True):
        assert pieces.table(spelled("gelu"), slope=True, negative=negative).last[-1] == pieces.LARGEST
