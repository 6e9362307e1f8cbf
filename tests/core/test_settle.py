"""Declarations: each is an expected failure of exactly what it declares, and of nothing else."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backends.activation import Variant, find
from backends.divergence import Divergence
from bench.core import setting
from bench.core.setting import Setting
from tests import promises
from tests.behaviour import Behaviour
from tests.conformance import settle
from tests.conformance.settle import Key, Ledger
from tests.conformance.test_declared import test_declared_divergence_is_still_seen as still_seen
from tests.conformance.verdicts import Failure
from tests.findings import Findings

ELU = find("elu").variants[0]
ENTRY = Divergence(
    activation="elu", check="value", dtypes=("float32",), kind="upstream", reason="exp - 1", low=-1.0, high=-0.5
)


HERE = Setting("1.2", "release", "maker", "wide")


def ledger(folder: Path, *entries: Divergence, here: Setting = HERE, strict: bool = False) -> Ledger:
    """Return the ledger of a framework's backend with these divergences declared for the setting HERE."""
    Behaviour("divergences", "theirs", HERE, {"elu": {}, "selu": {}, "gelu": {}}).write(folder)
    backend = SimpleNamespace(DIVERGENCES=entries, version=lambda: here.version)
    return Ledger("theirs", backend, here, Findings(is_strict=strict), folder)


@pytest.fixture(autouse=True)
def _framework_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that only selu is this project's code in the backend `theirs`."""
    monkeypatch.setattr(promises, "ours", lambda _backend: ("selu",))
    monkeypatch.setattr(setting, "revision", lambda _backend, _activation: 1)


def key(variant: Variant = ELU, dtype: str = "float32") -> Key:
    """Return the key of the eager value check."""
    return Key("value", variant, dtype, "eager")


def test_declared(tmp_path: Path) -> None:
    """A failure inside the bounds is expected, with the entry's reason."""
    with pytest.raises(pytest.xfail.Exception, match="upstream: exp - 1"):
        ledger(tmp_path, ENTRY).settle((key(), [Failure(-0.75, "wrong")]))


@pytest.mark.parametrize("x", [-2.0, 0.0, math.nan])
def test_outside_the_bounds(tmp_path: Path, x: float) -> None:
    """A failure at another input fails the test, however much is declared beside it."""
    with pytest.raises(pytest.fail.Exception, match="1 wrong and not declared"):
        ledger(tmp_path, ENTRY).settle((key(), [Failure(-0.75, "wrong"), Failure(x, "wrong too")]))


@pytest.mark.parametrize("other", [key(dtype="float64"), key(find("selu").variants[0]), key()._replace(check="slope")])
def test_another_test(tmp_path: Path, other: Key) -> None:
    """Another dtype, activation or check is not covered."""
    with pytest.raises(pytest.fail.Exception):
        ledger(tmp_path, ENTRY).settle((other, [Failure(-0.75, "wrong")]))


def run_all(book: Ledger, *failures: Failure) -> Any:
    """Check every variant of elu, the first with these failures, and return the only promise."""
    for variant in find("elu").variants:
        variant_failures = list(failures) if variant == ELU else []
        try:
            book.settle((key(variant), variant_failures))
        except pytest.xfail.Exception:
            continue
    return book.promises[0]


def test_still_seen(tmp_path: Path) -> None:
    """A failure of one of the entry's variants keeps the entry valid."""
    book = ledger(tmp_path, ENTRY)

    still_seen(book, run_all(book, Failure(-0.75, "wrong")))


def test_no_longer_seen(tmp_path: Path) -> None:
    """An entry without failures inside its bounds fails the run under the pinned version."""
    book = ledger(tmp_path, ENTRY)

    with pytest.raises(pytest.fail.Exception, match="nothing fails there any more"):
        still_seen(book, run_all(book))


ELSEWHERE = [replace(HERE, version="1.3"), replace(HERE, vendor="other"), replace(HERE, instruction_set="narrow")]


@pytest.mark.parametrize("here", ELSEWHERE, ids=str)
def test_under_another_setting_the_framework_may_differ(tmp_path: Path, here: Setting) -> None:
    """New failures, with the worst input, and missing ones are findings; neither fails."""
    book = ledger(tmp_path, ENTRY, here=here)
    promise = run_all(book, Failure(2.0, "wrong", 3.0), Failure(7.0, "more so", 9.0))

    still_seen(book, promise)
    findings = [(f.verdict, f.subject, f.input) for f in book.findings.all if f.verdict != "SAME"]
    assert findings == [("NEW", "elu-value-float32-eager", "7.0"), ("FIXED", promise.id, "")]
    assert book.findings.count("SAME") == len(find("elu").variants) - 1


@pytest.mark.parametrize("here", ELSEWHERE, ids=str)
def test_under_another_setting_our_own_code_is_held(tmp_path: Path, here: Setting) -> None:
    """A failure of this project's code fails everywhere."""
    with pytest.raises(pytest.fail.Exception, match="1 wrong and not declared"):
        ledger(tmp_path, ENTRY, here=here).settle((key(find("selu").variants[0]), [Failure(-0.75, "wrong")]))


def test_strict_upstream(tmp_path: Path) -> None:
    """With `--strict-upstream` a new failure of the framework fails under every setting."""
    with pytest.raises(pytest.fail.Exception, match=r"NEW elu-value-float32-eager at 2\.0"):
        ledger(tmp_path, ENTRY, here=ELSEWHERE[0], strict=True).settle((key(), [Failure(2.0, "wrong")]))


def test_recorded_beside_what_is_declared(tmp_path: Path) -> None:
    """Once recorded, another setting is held to its record: more failures fail, and so do fewer."""
    here = ELSEWHERE[1]
    book = ledger(tmp_path, ENTRY, here=here)
    still_seen(book, run_all(book, Failure(2.0, "wrong"), Failure(math.nan, "wrong")))
    book.record()

    book = ledger(tmp_path, ENTRY, here=here)
    still_seen(book, run_all(book, Failure(2.0, "wrong"), Failure(math.nan, "wrong")))
    assert not book.findings.all
    for failures, match in (([Failure(3.0, "wrong")], "1 wrong"), ([], "recorded as wrong, and right")):
        with pytest.raises(pytest.fail.Exception, match=match):
            ledger(tmp_path, ENTRY, here=here).settle((key(), failures))


def test_what_was_not_recorded_is_not_held(tmp_path: Path) -> None:
    """A record of one activation does not hold the others, and an empty record is none."""
    here = ELSEWHERE[1]
    book = ledger(tmp_path, here=here)
    book.record()
    assert not ledger(tmp_path, here=here).is_recorded
    book.settle((key(), []))
    book.record()

    book = ledger(tmp_path, here=here)
    with pytest.raises(pytest.xfail.Exception):
        book.settle((key(find("gelu").variants[0]), [Failure(2.0, "wrong")]))
    with pytest.raises(pytest.fail.Exception, match="1 wrong"):
        book.settle((key(), [Failure(2.0, "wrong")]))


def test_a_raised_revision_frees_its_activation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures of the activation are findings until they are recorded."""
    monkeypatch.setattr(setting, "revision", lambda _backend, activation: 1 + (activation == "elu"))
    book = ledger(tmp_path, ENTRY)
    run_all(book, Failure(2.0, "wrong"))

    assert book.findings.count("NEW") == 1
    with pytest.raises(pytest.fail.Exception):
        ledger(tmp_path, ENTRY).settle((key(find("gelu").variants[0]), [Failure(2.0, "wrong")]))


def test_not_run(tmp_path: Path) -> None:
    """What has not been run is not judged."""
    book = ledger(tmp_path, ENTRY)

    with pytest.raises(pytest.skip.Exception):
        still_seen(book, book.promises[0])


def test_unknown_activation() -> None:
    """An entry names an activation or one of its parameter cases."""
    unknown_entry = Divergence(activation="elu[alpha=3.0]", check="value", dtypes=("float32",), kind="ours", reason="")

    assert settle.unknown_activations([ENTRY]) == []
    assert settle.unknown_activations([unknown_entry]) == ["unknown activation 'elu[alpha=3.0]'"]


def test_suggestions() -> None:
    """A suggestion is an entry that covers the failures, grouped over dtypes."""
    new = {key(): [Failure(-0.5, "")], key(dtype="float64"): [Failure(-1.0, ""), Failure(math.nan, "")]}
    names = {"Divergence": Divergence, "math": math}
    first, second = (eval(line.rstrip(","), names) for line in settle.suggestions(new))

    assert (first.dtypes, first.low, first.high) == (("float32", "float64"), -1.0, -0.5)
    assert second.covers(math.nan)
    assert second.dtypes == ("float64",)
