"""Build the C++ kernels of all compiled torch programs together, before the tests that call them.

torch compiles each kernel by itself, in 1.9 s of processor time, of which 1.7 s go into its headers and into linking
with its libraries. So the tests marked `compiles` are rehearsed: each runs until its first program returns, with
kernels that compute nothing. The sources that torch generates are built by torch, with its options, many in one
library. The tests then trace and compile as ever, and where torch loads a kernel of the same source, it is there.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest

from backends.interface import Array, Function
from tests.conformance import checks

Load = Callable[[], ModuleType]
MOST_AT_ONCE = 64
"""The number of kernels in one library, some 10 s of compilation."""


class Rehearsed(Exception):
    """Raised where a rehearsed test's program has returned: it has been compiled, and its results mean nothing."""


class Kernels:
    """The kernels of a run by source; in place of torch's loader, which it calls for every other source."""

    def __init__(self, load: Callable[..., Load]) -> None:
        """Keep torch's loader."""
        self.load = load
        self.is_rehearsing = True
        self.sources: dict[str, None] = {}
        self.built: dict[str, ModuleType] = {}

    def __call__(self, source: str, device_type: str = "cpu", **options: Any) -> Load:
        """Return what loads the module of a kernel, as torch's `CppPythonBindingsCodeCache.load_async` does."""
        if self.is_rehearsing:
            self.sources[source] = None
            return idle_kernel
        if module := self.built.get(source):
            return lambda: module
        return self.load(source, device_type, **options)

    def build(self) -> None:
        """Build the kernels that were loaded so far; leave those of a library that does not compile to the tests."""
        from torch._inductor.exc import CppCompileError

        self.is_rehearsing = False
        all_sources = list(self.sources)
        for start in range(0, len(all_sources), MOST_AT_ONCE):
            sources = all_sources[start : start + MOST_AT_ONCE]
            try:
                library = self.load(joined(sources))()
            except CppCompileError:
                continue  # the test whose kernel is wrong fails when it compiles it
            modules = (load_module(f"kernel_{number}", library) for number in range(len(sources)))
            self.built |= dict(zip(sources, modules, strict=True))


def idle_kernel() -> ModuleType:
    """Return a module whose kernel computes nothing."""
    module = ModuleType("idle_kernel")
    module.kernel = lambda *_: None  # type: ignore[attr-defined]
    return module


def joined(sources: Iterable[str]) -> str:
    """Return one source with the module `kernel_N` of each source, and a first one under the name that torch loads."""
    lines = [source.splitlines() for source in sources]
    includes = dict.fromkeys(line for source in lines for line in source if line.startswith("#include"))
    parts = ["#define PY_SSIZE_T_CLEAN", *includes, "PyMODINIT_FUNC PyInit_kernel_0(void);"]
    parts += ["PyMODINIT_FUNC PyInit_kernel(void) { return PyInit_kernel_0(); }"]
    for number, source in enumerate(lines):
        parts += [f"#define kernel kernel_{number}", f"#define PyInit_kernel PyInit_kernel_{number}"]
        parts += [f"namespace library_{number} {{", *(line for line in source if line not in includes), "}"]
        parts += ["#undef kernel", "#undef PyInit_kernel"]
    return "\n".join(parts)


def load_module(name: str, library: ModuleType) -> ModuleType:
    """Return one of the modules of a library."""
    spec = spec_from_file_location(name, loader=ExtensionFileLoader(name, str(library.__file__)))
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def marked_tests(request: pytest.FixtureRequest) -> list[Callable[[], None]]:
    """Return the selected tests with the mark `compiles`, bound to their parameters and the session's fixtures."""
    return [bind_test(item, request) for item in request.session.items if item.get_closest_marker("compiles")]


def bind_test(item: Any, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Return the call of a test."""
    parameters = item.callspec.params
    names = inspect.signature(item.function).parameters
    arguments = {name: parameters[name] if name in parameters else request.getfixturevalue(name) for name in names}
    return functools.partial(item.function, **arguments)


@contextlib.contextmanager
def build_together(backend: Any, tests: Iterable[Callable[[], None]]) -> Iterator[None]:
    """Rehearse tests and build the kernels of their programs; torch finds them as long as the context lasts."""
    import torch._dynamo.guards
    from torch._inductor.codecache import CppPythonBindingsCodeCache

    kernels = Kernels(CppPythonBindingsCodeCache.load_async)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CppPythonBindingsCodeCache, "load_async", kernels)
        # torch empties the processor's cache to time a program's guards for its log, a third of a warm compilation
        patch.setattr(torch._dynamo.guards, "profile_guard_manager", lambda *_: 0.0)
        rehearse(backend, tests)
        kernels.build()
        yield


def rehearse(backend: Any, tests: Iterable[Callable[[], None]]) -> None:
    """Call each test until the first program that it compiles has returned."""
    make_program = backend.step

    def step(function: Function, *, compiled: bool) -> Callable[..., Any]:
        program = make_program(function, compiled=compiled)

        def run(*arrays: Array) -> None:
            program(*arrays)
            raise Rehearsed

        return run if compiled else program

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "step", step)
        for test in tests:
            # whatever else is raised here is raised again where the test runs
            with contextlib.suppress(Rehearsed, Exception, pytest.skip.Exception, pytest.fail.Exception):
                test()
    checks.program.cache_clear()  # the cached programs are those of the rehearsal, which raise Rehearsed
