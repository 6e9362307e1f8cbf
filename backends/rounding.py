"""Rounding to one of the four dtypes, for host arrays (every backend's `asarray` begins with it) and for parameters.

The definition takes a parameter exactly as given. A comparison with a parameter that the dtype cannot hold is decided
as in exact arithmetic: for x of the format, x > t is x > round_down(t). A parameter that becomes a value is rounded by
round_nearest.
"""

import functools
import math

import ml_dtypes
import numpy as np

from backends.interface import Host

_FORMATS = {"float16": (11, 15), "bfloat16": (8, 127), "float32": (24, 127), "float64": (53, 1023)}
"""The bits of precision and the largest exponent of each format."""


def round_array(values: Host, dtype: str) -> Host:
    """Return a C-ordered copy in `dtype`; numbers too large for it become infinite."""
    with np.errstate(over="ignore", invalid="ignore"):  # nextafter of infinity and NaN raises invalid
        if dtype == "bfloat16":
            return _rounded_to_odd(values).astype(ml_dtypes.bfloat16)
        return np.array(values, dtype=dtype, order="C")


def _rounded_to_odd(values: Host) -> Host:
    """Return float32 values with the last bit set where they are inexact.

    ml_dtypes rounds through float32, and a tie that arises there would be rounded twice.
    """
    nearest = np.array(values, dtype=np.float32, order="C")
    needs_odd = (nearest.view(np.uint32) & 1 == 0) & (nearest != values)
    towards = np.where(np.asarray(values) > nearest, np.float32(np.inf), np.float32(-np.inf))
    return np.where(needs_odd, np.nextafter(nearest, towards), nearest)


@functools.cache
def largest(dtype: str) -> float:
    """Return the largest finite number of the format."""
    precision, emax = _FORMATS[dtype]
    return math.ldexp(2.0 - math.ldexp(1.0, 1 - precision), emax)


@functools.lru_cache(maxsize=1024)
def round_down(value: float, dtype: str) -> float:
    """Return the largest number of the format that is not above a finite value, -inf if there is none."""
    scaled, exponent = _scaled(value, dtype)
    rounded_value = math.ldexp(math.floor(scaled), exponent)
    return -math.inf if rounded_value < -largest(dtype) else min(rounded_value, largest(dtype))


def round_down_flushed(value: float, dtype: str) -> float:
    """Return round_down for code that flushes subnormal numbers to zero, which is above every negative one of them.

    float16 is computed in float32, where its subnormal numbers are normal.
    """
    bound, smallest = round_down(value, dtype), math.ldexp(1.0, 1 - _FORMATS[dtype][1])
    return -smallest if dtype != "float16" and -smallest < bound < 0 else bound


def round_up(value: float, dtype: str) -> float:
    """Return the smallest number of the format that is not below a finite value, inf if there is none."""
    return -round_down(-value, dtype)


@functools.lru_cache(maxsize=1024)
def round_nearest(value: float, dtype: str) -> float:
    """Return the number of the format that a finite value rounds to, ties to even, infinite beyond the range."""
    scaled, exponent = _scaled(value, dtype)
    size = math.ldexp(abs(round(scaled)), exponent)
    return math.copysign(size if size <= largest(dtype) else math.inf, value)


def _scaled(value: float, dtype: str) -> tuple[float, int]:
    """Return a value, exactly, in units of the format's last place at that value, and the exponent of that unit."""
    precision, emax = _FORMATS[dtype]
    if emax < 1023:  # 2^(emax + 2) is beyond the format's range too, and within float64's
        beyond = math.ldexp(1.0, emax + 2)
        value = max(-beyond, min(value, beyond))
    exponent = max(math.frexp(value)[1], 2 - emax) - precision
    return math.ldexp(value, -exponent), exponent


@functools.lru_cache(maxsize=1024)
def is_held(dtype: str, *values: float | None) -> bool:
    """Return whether the format holds every value exactly; None counts as held."""
    return all(value is None or round_nearest(value, dtype) == value for value in values)


@functools.lru_cache(maxsize=1024)
def is_normal(dtype: str, value: float) -> bool:
    """Return whether a value is zero or in the range of normal numbers: rounding it costs half an ulp at most."""
    smallest = math.ldexp(1.0, 1 - _FORMATS[dtype][1])
    return value == 0 or smallest <= abs(value) <= largest(dtype)
