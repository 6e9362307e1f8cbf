"""The pieces of the fast exact value: they leave no gap, and each is within its bound of the exact value."""

import math
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from backends import activation
from backends.activation import Activation, Variant, find
from bench.accuracy import bits, kernel
from bench.accuracy.shards import LAYOUTS
from bench.reference import pieces, ranges, truth
from tests.core.judging import records, subject

SAMPLE = (
    "sigmoid",
    "gelu",
    "silu",
    "tanh_shrink",
    "softsign",
    "mish",
    "hard_silu",
    "celu",
    "exponential",
    "log_sigmoid",
)
TABLES = [(name, slope, negative) for name in SAMPLE for slope in (False, True) for negative in (False, True)]


def evaluate(table: pieces.Table, p: int, x: Any) -> Any:
    """Return the polynomial of a piece as the kernel computes it."""
    h, t = np.empty(x.size), np.empty(x.size)
    kernel.horner(x, table.centre[p], table.scale[p], table.lead[p], table.degree[p], table.coefficients[p], h, t)
    return t


def check(variant: Variant, table: pieces.Table, p: int, x: Any, *, slope: bool) -> None:
    """Assert that every value is within its bound, and as good as zero or infinite where the piece states that."""
    for v, value in zip(x.tolist(), evaluate(table, p, x).tolist(), strict=True):
        exact = (truth.slope if slope else truth.value)(variant, v)
        if table.tiny[p]:
            assert -pieces.TINY < exact < pieces.TINY
        elif math.isinf(table.high[p]) or math.isinf(table.low[p]):
            assert abs(exact) > pieces.HUGE
        else:
            with ctx.workprec(256):
                assert abs(arb(value) - exact) <= abs(exact) * (float(table.bound[p]) + 2.0**-80)


@pytest.mark.parametrize(("name", "slope", "negative"), TABLES)
def test_within_their_bounds(name: str, slope: bool, negative: bool) -> None:
    """Both ends and random inputs of each piece are within the bounds, and the pieces follow without a gap."""
    variant, random = find(name).variants[0], np.random.default_rng(1)
    table = pieces.build(variant, slope=slope, negative=negative)  # by today's code, not from disk
    firsts = np.append(1, table.last[:-1].astype(np.int64) + 1)

    assert (firsts <= table.last).all()
    assert table.last[-1] == pieces.LARGEST
    assert table.bound.max() <= pieces.BOUND
    for p, (first, last) in enumerate(zip(firsts.tolist(), table.last.tolist(), strict=True)):
        places = np.append([first, last], random.integers(first, last + 1, 2)).astype(np.uint32)
        check(variant, table, p, places.view(np.float32) * np.float32(-1 if negative else 1), slope=slope)


@pytest.mark.parametrize(
    ("name", "slope", "low", "high"),
    [
        ("tanh", False, -1.0, 1.0),
        ("sigmoid", False, 0.0, 1.0),
        ("elu", False, -1.0, math.inf),
        ("gelu", False, -0.16997120747990369, math.inf),
        ("silu", True, -0.09983932012886676, 1.0998393201288669),
        ("exponential", False, 0.0, math.inf),
    ],
)
def test_the_range(name: str, slope: bool, low: float, high: float) -> None:
    """The range is tight: 1 for tanh, which it only approaches, and the extrema of the others."""
    value_range = ranges.whole_range(find(name).variants[0], slope=slope)

    assert value_range[0] == pytest.approx(low, rel=2 * pieces.BOUND, abs=0)
    assert value_range[1] == pytest.approx(high, rel=2 * pieces.BOUND) or value_range[1] >= float(
        np.finfo(np.float32).max
    )


def _jump(ctx: Any, x: Any) -> Any:
    """Compute a function that jumps, and changes its derivative, at a third: between two numbers of every format."""
    return ctx.where(3 * x > 1, lambda: x * x + 1, lambda: -x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_a_jump_between_two_numbers(direction: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each side of a jump in an activation from another package is judged by its own branch."""
    entry = Activation("jump", _jump, "elementwise", "", (), {}, {}, lambda: (1 / 3,), ({},))
    monkeypatch.setitem(activation._CATALOGUE, "jump", entry)

    def program(x: Any) -> Any:
        wide = x.astype(np.float64)
        sides = (wide * wide + 1, -wide) if direction == "forward" else (2 * wide, np.full_like(wide, -1))
        return np.where(wide > 1 / 3, *sides)

    all_records = records(subject("jump", dtype, direction), program, stride=1 if dtype != "float32" else 2**13)
    binade = int(np.asarray(0.3, bits.TYPES[dtype]).view(np.uint32 if dtype == "float32" else np.uint16))

    assert max(each.worst_ulp for each in all_records if each.worst_ulp >= 0) < 0.5001  # bfloat16 rounds twice
    assert not any(each.nan + each.infinite + each.zero + each.sign for each in all_records)
    assert all_records[binade >> LAYOUTS[dtype].mantissa_bits].buckets[0] > 0
