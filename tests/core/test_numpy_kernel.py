"""How NumPy's formulas run: threads, warnings, and the shorter paths for blocks of ordinary numbers."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from backends import load
from backends.activation import Variant, variants
from bench.reference import truth, ulp
from tests.conformance import row_verdicts
from tests.probes import TYPES

NUMPY: Any = load("numpy")
VARIANTS = [v for v in variants() if v.activation.home == "backends"]
ELEMENTWISE = [v for v in VARIANTS if v.activation.kind == "elementwise"]
ROWS = [v for v in VARIANTS if v.activation.kind != "elementwise" and v.parameters["axis"] == -1]
DTYPES = ("float32", "float64")
# in ulp: six roundings for a value, twice as many for a slope with its cotangent, if the condition number is small
VALUE, SLOPE, WELL_CONDITIONED = 4.0, 8.0, 10.0


@pytest.fixture(params=[2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Configure more than one thread, and one again afterwards."""
    NUMPY.configure(threads=request.param)
    yield request.param
    NUMPY.configure(threads=1)


def value_and_slope(variant: Variant, x: Any) -> tuple[Any, Any]:
    """Return value and derivative."""
    function = functools.partial(getattr(NUMPY, variant.activation.name), **variant.parameters)
    y = function(x)
    return y, NUMPY.backward(function, x, compiled=False)(np.ones_like(y))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_threads_change_nothing(variant: Variant, threads: int) -> None:  # noqa: ARG001  # the fixture sets it
    """Results on several threads have every bit of those on one thread."""
    x = np.random.default_rng(3).standard_normal((300, 1000)).astype("float32")
    several = value_and_slope(variant, x)
    NUMPY.configure(threads=1)
    single = value_and_slope(variant, x)

    assert [a.tobytes() for a in several] == [a.tobytes() for a in single]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_no_warning_leaves(variant: Variant, threads: int) -> None:  # noqa: ARG001  # the fixture sets it
    """No warning is raised even if the caller turns all into errors, and the caller's settings stay."""
    x = np.resize([np.inf, -np.inf, np.nan, 1e30, -1e30, 1e-40, -200.0, 200.0], (30, 8000)).astype("float32")
    with np.errstate(all="raise"):
        value_and_slope(variant, x)
        value_and_slope(variant, x[:2])

        assert set(np.geterr().values()) == {"raise"}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_large_cotangents(variant: Variant, dtype: str) -> None:
    """However large a cotangent is, nothing warns, and an elementwise gradient at a finite input is a number."""
    form = ulp.FORMATS[dtype]
    inputs = [0.0, 1.5, -1.5, 9.0, -9.0, -60.0, 200.0, -200.0, form.largest, -form.largest, form.smallest_subnormal]
    x = np.resize(inputs, (2 * len(inputs), 4)).astype(TYPES[dtype])
    for size in (1.0, form.largest, -form.largest, form.largest * 0.97, form.smallest_subnormal):
        cotangent = np.resize([1.0, size, size], (2 * len(inputs), 4))
        with np.errstate(all="raise"):
            function = functools.partial(getattr(NUMPY, variant.activation.name), **variant.parameters)
            dy = cotangent[: len(function(x))].astype(TYPES[dtype])
            dy = dy[:, : function(x).shape[1]]
            dx = NUMPY.backward(function, x, compiled=False)(dy)

        assert variant.activation.kind != "elementwise" or not np.isnan(dx.astype(float)).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_ordinary_blocks(variant: Variant, dtype: str) -> None:
    """Numbers near 0 take the shorter paths, which the conformance suite's probe points never do."""
    random = np.random.default_rng(4)
    x = np.concatenate([random.uniform(-5.9, 5.9, 150), 10.0 ** random.uniform(-6, 0, 30)]).astype(dtype)
    points = [p for p in x.tolist() if p not in variant.kinks]
    y, dx = value_and_slope(variant, np.array(points, dtype))

    for p, value, slope in zip(points, y.tolist(), dx.tolist(), strict=True):
        assert right(value, truth.value(variant, p), dtype, VALUE) or magnified(variant, p, of_slope=False)
        assert right(slope, truth.slope(variant, p), dtype, SLOPE) or magnified(variant, p, of_slope=True)


def right(result: float, exact: Any, dtype: str, allowed: float) -> bool:
    """Return whether a result is within this many ulp of the exact value."""
    error = ulp.error(result, exact, dtype)
    return not error.category and error.ulps <= allowed


def magnified(variant: Variant, x: float, *, of_slope: bool) -> bool:
    """Return whether the condition number is so large that the conformance suite judges the input."""
    return truth.condition(variant, x, of_slope=of_slope) >= WELL_CONDITIONED


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", ROWS, ids=lambda v: v.id)
def test_ordinary_rows(variant: Variant, dtype: str) -> None:
    """Whole rows of ordinary numbers pass the checks of rows."""
    x = np.random.default_rng(5).standard_normal((20, 8)).astype(dtype)
    y, dx = value_and_slope(variant, x)
    dy = np.ones_like(y)

    for row in zip(*(a.tolist() for a in (x, y, dy, dx)), strict=True):
        assert not row_verdicts.values(variant, dtype, row[0], row[1])
        assert not row_verdicts.slopes(variant, dtype, row[0], row[2], row[3])


def test_memory() -> None:
    """A call holds its result and a few blocks; the backward pass keeps x."""
    x = np.ones(2**21, np.float32)
    tanh, linear = (functools.partial(getattr(NUMPY, name)) for name in ("tanh", "linear"))

    assert x.nbytes <= NUMPY.peak_bytes(tanh, x) < 1.5 * x.nbytes
    assert NUMPY.saved_bytes(tanh, x, compiled=False) == x.nbytes
    assert NUMPY.saved_bytes(linear, x, compiled=False) == 0
