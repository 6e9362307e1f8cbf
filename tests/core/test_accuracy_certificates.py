"""Certificates of the fast truth: there, of the code that there is, and not to be fooled."""

import dataclasses
from pathlib import Path

import pytest

from backends.activation import Variant, spelled
from bench.accuracy import certificate, kernel, pieces
from bench.accuracy.certify import elementwise
from bench.accuracy.shards import DIRECTIONS


def test_every_variant_is_certified_as_it_is() -> None:
    """Both directions, the code of today, at every 16-bit input and more, far within the limit."""
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


def test_a_stale_certificate_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its variant is named, and the command that makes a new one."""
    old = dataclasses.replace(certificate.stored()["gelu", "forward"], code="0" * 16)
    monkeypatch.setattr(certificate, "PATH", tmp_path / "certificates.json")
    certificate.write([old])

    with pytest.raises(certificate.StaleError, match=r"gelu .* nox -s certify"):
        certificate.refuse_stale([spelled("gelu")])


def test_a_range_is_the_certificate_s_or_found_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One of other code tells no range."""
    kept = certificate.stored()["tanh", "forward"]
    monkeypatch.setattr(certificate, "PATH", tmp_path / "certificates.json")
    ranges = []
    for code in (kept.code, "0" * 16):
        certificate.write([dataclasses.replace(kept, code=code, high=7.0)])
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
