"""Properties of a GPU read from CUDA's driver, for frameworks that do not report them."""

import ctypes

L2_CACHE_SIZE = 38
"""The value of CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE."""


def l2_cache_bytes() -> int | None:
    """Return the size of the first device's L2 cache; None without a driver or before it is initialised."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    size = ctypes.c_int()
    status = driver.cuDeviceGetAttribute(ctypes.byref(size), L2_CACHE_SIZE, 0)
    return None if status else size.value
