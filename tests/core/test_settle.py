"""What is declared is an expected failure of exactly that, and of nothing else."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from backends.activation import Variant, find
from backends.divergence import Divergence
from tests.conformance import settle
from tests.conformance.settle import Key, Ledger
from tests.conformance.test_declared import test_declared_divergence_is_still_seen as still_seen
from tests.conformance.verdicts import Failure

ELU = find("elu").variants[0]
ENTRY = Divergence(
    activation="elu", check="value", dtypes=("float32",), kind="upstream", reason="exp - 1", low=-1.0, high=-0.5
)


def ledger(*entries: Divergence, version: str | None = None) -> Ledger:
    """Of a backend that declares these, by default under NumPy's pinned version."""
    found = version or settle.pin("numpy")
    return Ledger("numpy", SimpleNamespace(DIVERGENCES=entries, version=lambda: found))


def key(variant: Variant = ELU, dtype: str = "float32") -> Key:
    """The value check, eager."""
    return Key("value", variant, dtype, "eager")


def test_declared() -> None:
    """A failure inside the bounds is expected, with the entry's reason."""
    with pytest.raises(pytest.xfail.Exception, match="upstream: exp - 1"):
        ledger(ENTRY).settle((key(), [Failure(-0.75, "wrong")]))


@pytest.mark.parametrize("x", [-2.0, 0.0, math.nan])
def test_outside_the_bounds(x: float) -> None:
    """A failure at another input fails the test, however much is declared beside it."""
    with pytest.raises(pytest.fail.Exception, match="1 wrong and not declared"):
        ledger(ENTRY).settle((key(), [Failure(-0.75, "wrong"), Failure(x, "wrong too")]))


@pytest.mark.parametrize("other", [key(dtype="float64"), key(find("selu").variants[0]), key()._replace(check="slope")])
def test_another_test(other: Key) -> None:
    """Another dtype, activation or check is not covered."""
    with pytest.raises(pytest.fail.Exception):
        ledger(ENTRY).settle((other, [Failure(-0.75, "wrong")]))


def run_all(book: Ledger, *failures: Failure) -> Any:
    """Every variant of elu is checked, the first with these failures; then the one promise there is."""
    for variant in find("elu").variants:
        found = list(failures) if variant == ELU else []
        try:
            book.settle((key(variant), found))
        except pytest.xfail.Exception:
            continue
    return book.promises[0]


def test_still_seen() -> None:
    """One variant of those it names keeps an entry alive."""
    book = ledger(ENTRY)

    still_seen(book, run_all(book, Failure(-0.75, "wrong")))


def test_no_longer_seen() -> None:
    """An entry inside whose bounds nothing fails any more fails the run under the pinned version."""
    book = ledger(ENTRY)

    with pytest.raises(AssertionError, match="nothing fails there any more"):
        still_seen(book, run_all(book))


def test_fixed_in_another_version() -> None:
    """Under another version it is reported as fixed, and nothing fails."""
    book = ledger(ENTRY, version="0.0")
    promise = run_all(book)

    still_seen(book, promise)
    assert book.fixed == {promise}


def test_not_run() -> None:
    """What has not been run is not judged."""
    book = ledger(ENTRY)

    with pytest.raises(pytest.skip.Exception):
        still_seen(book, book.promises[0])


def test_unknown_activation() -> None:
    """An entry names an activation or one of its parameter cases."""
    bad = Divergence(activation="elu[alpha=3.0]", check="value", dtypes=("float32",), kind="ours", reason="")

    assert settle.unknown([ENTRY]) == []
    assert settle.unknown([bad]) == ["unknown activation 'elu[alpha=3.0]'"]


def test_suggestions() -> None:
    """A suggestion is an entry that covers what failed, grouped over dtypes."""
    new = {key(): [Failure(-0.5, "")], key(dtype="float64"): [Failure(-1.0, ""), Failure(math.nan, "")]}
    names = {"Divergence": Divergence, "math": math}
    first, second = (eval(line.rstrip(","), names) for line in settle.suggestions(new))

    assert (first.dtypes, first.low, first.high) == (("float32", "float64"), -1.0, -0.5)
    assert second.covers(math.nan)
    assert second.dtypes == ("float64",)
