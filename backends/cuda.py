"""What CUDA's driver tells of a device where the framework does not."""

import ctypes

L2_CACHE_SIZE = 38
"""CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE."""


def l2_cache_bytes() -> int | None:
    """Return the size of the first device's last cache; None without a driver, or before it was initialised."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    size = ctypes.c_int()
    status = driver.cuDeviceGetAttribute(ctypes.byref(size), L2_CACHE_SIZE, 0)
    return None if status else size.value
