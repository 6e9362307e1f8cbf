"""Tests of the sweeps over rows and float64: small errors, and errors at great lengths only, are found."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import Variant, find, variants
from bench.core import setting
from tests import budgets
from tests.budgets import Sweep
from tests.conformance import float64_figures, row_figures
from tests.conformance.checks import bound
from tests.core.impostors import Impostor

DTYPE = "float32"
ULP = 2.0**-23


def held(backend: Any, kind: str, sweep: Sweep) -> list[str]:
    """Return what is worse than recorded for NumPy, with the slack of another machine, which this one may be."""
    budget = budgets.load(kind, "numpy", setting.current(backend))
    budget.exact = None
    return [str(finding) for finding in budget.findings(sweep) if finding.verdict == "NEW"]


def long(*arrays: Any) -> bool:
    """Return whether rows are long."""
    return bool(arrays[0].shape[-1] > 100)


def _absorbing(x: Any, y: Any) -> Any:  # noqa: ARG001  # the signature of a fault
    """Return y as if the sum over a long row had lost one part in a thousand."""
    return y * y.dtype.type(1.001) if long(y) else y


FAULTS: dict[str, Any] = {
    "long rows off by a thousandth": (_absorbing, None),
    "gradients of long rows off": (None, lambda x, dy, vjp: _absorbing(x, vjp(dy))),
    "values off by 16 ulp": (lambda x, y: y * y.dtype.type(1 + 16 * ULP), None),  # noqa: ARG005
    "gradients off by 32 ulp": (None, lambda x, dy, vjp: vjp(dy) * dy.dtype.type(1 + 32 * ULP)),  # noqa: ARG005
    "NaN in the last place": (lambda x, y: _last(y), None),  # noqa: ARG005
}


def _last(y: Any) -> Any:
    y = y.copy()
    y[..., -1] = np.nan
    return y


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Ignore warnings, as faults may overflow."""
    with np.errstate(all="ignore"):
        yield


@pytest.fixture(scope="module")
def numpy() -> Any:
    """Return the honest backend."""
    return backends.load("numpy")


@pytest.mark.parametrize("variant", row_figures.FIRST, ids=lambda v: v.id)
def test_honest(numpy: Any, variant: Variant) -> None:
    """The backend that the impostors are built on is as recorded."""
    assert held(numpy, "rows", row_figures.figures(numpy, variant, DTYPE, 1001)) == []


@pytest.mark.parametrize("variant", row_figures.FIRST, ids=lambda v: v.id)
@pytest.mark.parametrize("fault", FAULTS)
def test_caught(numpy: Any, variant: Variant, fault: str) -> None:
    """Each fault is found in every row-wise activation."""
    impostor = Impostor(numpy, *FAULTS[fault])

    assert held(numpy, "rows", row_figures.figures(impostor, variant, DTYPE, 1001))


def test_forgotten_mean_is_caught(numpy: Any) -> None:
    """A gradient of softmax without the term that all entries share is found."""
    variant = find("softmax").variants[0]
    share = bound(numpy, variant)
    impostor = Impostor(numpy, None, lambda x, dy, vjp: share(x) * dy)  # noqa: ARG005

    assert held(numpy, "rows", row_figures.figures(impostor, variant, DTYPE, 1001))


FINE: dict[str, Callable[[Any, Any], Any]] = {
    "off by 16 ulp": lambda x, y: y * (1 + 16 * 2.0**-52),  # noqa: ARG005
    "off by 1e-12 in a binade": lambda x, y: np.where((np.abs(x) >= 4) & (np.abs(x) < 8), y * (1 + 1e-12), y),
    "off by 1e-9 for huge inputs": lambda x, y: np.where(np.abs(x) > 1e200, y * (1 + 1e-9), y),
}
BENT = [v for v in variants() if v.activation.name in ("softplus", "silu", "gelu", "squareplus", "mish", "linear")]


@pytest.mark.parametrize("variant", BENT, ids=lambda v: v.id)
@pytest.mark.parametrize("fault", FINE)
def test_caught_in_float64(numpy: Any, variant: Variant, fault: str) -> None:
    """Faults that float32 does not show are found for activations that are not constant there."""
    impostor = Impostor(numpy, FINE[fault])

    assert held(numpy, "float64", float64_figures.figures(impostor, variant))
