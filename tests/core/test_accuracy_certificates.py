"""Certificates of the fast exact value: complete, of the current exact values, and sensitive to changes."""

import dataclasses
from pathlib import Path

import pytest

from backends.activation import Variant, parse_variant
from bench.accuracy import certificate, kernel
from bench.accuracy.certify import elementwise, refuse_changed
from bench.accuracy.shards import DIRECTIONS
from bench.core.faults import BadInput
from bench.reference import TRUTH, pieces, truth


def test_every_variant_is_certified_as_it_is() -> None:
    """Both directions have a current certificate from every 16-bit input and more, far within the limit."""
    certificates = certificate.stored()

    assert set(certificates) == {(variant.id, direction) for variant in elementwise() for direction in DIRECTIONS}
    certificate.refuse_stale(elementwise())
    for entry in certificates.values():
        assert entry.observed <= entry.bound <= certificate.LIMIT
        assert entry.checked > 120_000  # 128,764 finite numbers of both formats but 0, some in both


@pytest.mark.parametrize("variant", elementwise(), ids=lambda v: v.id)
def test_the_truth_is_that_of_arb_here(variant: Variant) -> None:
    """A thin sample of the certificate's inputs agrees with `arb` on this machine and its NumPy."""
    for direction in DIRECTIONS:
        new, recorded = certificate.certify(variant, direction, every=997), certificate.stored()[variant.id, direction]

        assert new.checked > 100
        assert (new.low, new.high) == pytest.approx((recorded.low, recorded.high), rel=pieces.BOUND)


@pytest.mark.parametrize("variant", elementwise(), ids=lambda v: v.id)
def test_the_exact_values_are_those_of_their_revision(variant: Variant) -> None:
    """Whoever changes a formula raises TRUTH: earlier records would pass for current ones."""
    for direction in DIRECTIONS:
        recorded = certificate.stored()[variant.id, direction]

        assert certificate.changed_inputs(recorded, certificate.sample(variant, direction)) == []


def test_a_changed_formula_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is off by 2^-48 or another formula is noticed, and no new certificate hides it."""
    recorded, exact = certificate.stored()["gelu", "forward"], truth.value
    approximate = certificate.sample(parse_variant("gelu[approximate=True]"), "forward")
    monkeypatch.setattr(truth, "value", lambda variant, x: exact(variant, x) * (1 + 2.0**-48 * (x > 81)))
    moved = certificate.sample(parse_variant("gelu"), "forward")
    key = ("gelu", "forward")

    assert len(certificate.changed_inputs(recorded, approximate)) > 10
    assert certificate.changed_inputs(recorded, moved) == [(81.5).hex(), (2.0**100).hex()]
    refuse_changed({key: recorded}, {key: recorded})
    with pytest.raises(BadInput, match=r"the exact gelu forward is another one at .*: raise TRUTH"):
        refuse_changed({key: recorded}, {key: dataclasses.replace(recorded, values=moved)})


def test_a_stale_certificate_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The refusal names the variant, and the command that makes a new certificate."""
    old = dataclasses.replace(certificate.stored()["gelu", "forward"], truth=TRUTH - 1)
    monkeypatch.setattr(certificate, "PATH", tmp_path / "certificates.json")
    certificate.write([old])

    with pytest.raises(certificate.StaleError, match=r"gelu is of revision 1 .* not of 2: nox -s certify"):
        certificate.refuse_stale([parse_variant("gelu")])


def test_a_range_is_the_certificate_s_or_found_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The range of a certificate of another revision is not used."""
    recorded = certificate.stored()["tanh", "forward"]
    monkeypatch.setattr(certificate, "PATH", tmp_path / "certificates.json")
    ranges = []
    for revision in (TRUTH, TRUTH - 1):
        certificate.write([dataclasses.replace(recorded, truth=revision, high=7.0)])
        certificate.value_range.cache_clear()
        ranges.append(certificate.value_range(parse_variant("tanh"), slope=False))
    certificate.value_range.cache_clear()

    assert ranges == [(recorded.low, 7.0), (recorded.low, pytest.approx(1.0))]


def test_a_wrong_piece_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation that is off by 2^-40 exceeds every bound."""
    right = kernel.horner

    def wrong(*arguments: object) -> None:
        right(*arguments)  # type: ignore[arg-type]
        arguments[-1][...] *= 1 + 2.0**-40  # type: ignore[index]

    monkeypatch.setattr(kernel, "horner", wrong)
    with pytest.raises(ArithmeticError, match=r"sigmoid at .* bound"):
        certificate.certify(parse_variant("sigmoid"), "forward", every=997)


def test_pieces_end_where_the_numbers_end() -> None:
    """The last piece of each sign holds the largest float32 number."""
    for negative in (False, True):
        assert pieces.table(parse_variant("gelu"), slope=True, negative=negative).last[-1] == pieces.LARGEST
