"""Tests of kernels that are built together: a program returns the same bits as with kernels built one by one."""

from typing import Any

import numpy as np
import pytest

from backends.activation import catalogue
from tests.conformance import checks
from tests.conformance.torch_kernels import Kernels
from tests.probes import cotangents


@pytest.mark.compiles
@pytest.mark.parametrize("activation", ["gelu", "softmax"])
def test_a_program_has_the_bits_that_it_has_alone(name: str, backend: Any, activation: str) -> None:
    """Kernels that torch builds one by one, as for a user, return the same bits as those of a library."""
    if name != "torch" or backend.compile_obstacle():
        pytest.skip("torch builds kernels with a C++ compiler, here not")
    from torch._inductor.codecache import CppPythonBindingsCodeCache

    function = checks.bound(backend, catalogue()[activation].variants[0])
    x, dy = (backend.asarray(a, dtype="float32", device="cpu") for a in (np.linspace(-9, 9, 167), cotangents((167,))))
    from_library = backend.step(function, compiled=True)(x, dy)
    kernels = CppPythonBindingsCodeCache.load_async
    if not isinstance(kernels, Kernels):
        pytest.skip("kernels are built together under the pinned version alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CppPythonBindingsCodeCache, "load_async", kernels.load)
        alone = backend.step(function, compiled=True)(x, dy)

    assert [backend.to_numpy(a).tobytes() for a in alone] == [backend.to_numpy(a).tobytes() for a in from_library]
    assert set(kernels.built) == set(kernels.sources)
