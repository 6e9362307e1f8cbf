"""Host arrays in one of the four dtypes, rounded once: what every backend's `asarray` begins with."""

import ml_dtypes
import numpy as np

from backends.interface import Host


def rounded(values: Host, dtype: str) -> Host:
    """A C-ordered copy in `dtype`; what is too large for it becomes infinite."""
    with np.errstate(over="ignore", invalid="ignore"):  # nextafter of infinity and NaN says invalid
        if dtype == "bfloat16":
            return _rounded_to_odd(values).astype(ml_dtypes.bfloat16)
        return np.array(values, dtype=dtype, order="C")


def _rounded_to_odd(values: Host) -> Host:
    """float32, the last bit set where it is inexact.

    ml_dtypes rounds by way of float32, and a tie made there would be rounded twice.
    """
    near = np.array(values, dtype=np.float32, order="C")
    tilted = (near.view(np.uint32) & 1 == 0) & (near != values)
    towards = np.where(np.asarray(values) > near, np.float32(np.inf), np.float32(-np.inf))
    return np.where(tilted, np.nextafter(near, towards), near)
