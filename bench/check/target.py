"""The reader's function: `file.py:name` or `package.module:name`, and the function that it is compared with.

A class, such as a `torch.nn.Module`, is called without arguments first. The folder of a file, or the working directory,
is where the reader's other modules are imported from.
"""

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from backends import spelling
from backends.activation import Variant
from backends.interface import Function
from bench.core.faults import BadInput
from bench.core.text import one_line

NATIVE = "native"
EXAMPLE = "an example: my.py:my_gelu or my_package.nn:swish"


@dataclass(frozen=True)
class Target:
    """A function by the module or file that holds it."""

    module: str
    name: str


def parse(text: str) -> Target:
    """Return the function that a text names; raise LookupError where it names none, or its file does not exist."""
    module, _, name = text.rpartition(":")
    is_file = module.endswith(".py")
    parts = [*([] if is_file else module.split(".")), *name.split(".")]
    if not module or not all(part.isidentifier() for part in parts):
        raise LookupError(f"{spelling.quote(text)} names no function ({EXAMPLE})")
    if is_file and not Path(module).is_file():
        raise LookupError(f"no file {spelling.quote(module)} ({EXAMPLE})")
    return Target(module, name)


def load(text: str) -> Callable[..., Any]:
    """Import and return a function; raise BadInput with the reason where that fails."""
    target = parse(text)
    try:
        module = import_module(target.module)
    except BaseException as error:  # the reader's code may raise, or exit, as it likes
        raise BadInput(f"{target.module} cannot be imported: {error_words(error)}") from None
    value: Any = module
    for part in target.name.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            names = [name for name, entry in vars(module).items() if callable(entry) and not name.startswith("_")]
            raise BadInput(str(spelling.unknown(f"function of {target.module}", target.name, names[:20]))) from None
    if isinstance(value, type):
        try:
            value = value()
        except BaseException as error:
            raise BadInput(f"{target.name}() cannot be made: {error_words(error)}") from None
    if not callable(value):
        raise BadInput(f"{target.name} of {target.module} is no function but {spelling.quote(value)}")
    return bound(value)


def bound(value: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callable as what backends take: a `functools.partial` of a function with a name and a module."""

    @functools.wraps(value, updated=())
    def reader_function(*arguments: Any) -> Any:
        return value(*arguments)

    return functools.partial(reader_function)


@functools.cache
def import_module(place: str) -> ModuleType:
    """Import a module, or a file by its path, once."""
    if not place.endswith(".py"):
        sys.path.append(str(Path.cwd()))
        return importlib.import_module(place)
    path = Path(place).absolute()
    sys.path.append(str(path.parent))
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_checked"  # a file may be called torch.py
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_other(text: str, backend: str, variant: Variant) -> Function:
    """Return the function to compare with: the framework's own call for `native`, else that of a target."""
    if text != NATIVE:
        return load(text)
    import backends

    # the backend's file spells the framework's own operation with the parameters of the definition
    return backends.function(backend, variant.activation.name, **variant.parameters)


def error_words(error: BaseException) -> str:
    """Return the type and first line of an error."""
    words = str(error).strip().splitlines()
    return one_line(f"{type(error).__name__}: {words[0]}" if words else type(error).__name__, 300)
