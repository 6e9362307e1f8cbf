"""What other packages bring: backends and activations, named by their entry points.

A package that was removed may leave its entry points behind, and one that is broken has them too. Neither may end a
command that does not ask for it: it is named on standard error, once per process, and left out.
"""

import importlib.metadata
import importlib.util
import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any

BACKENDS, ACTIVATIONS = "activation_bench.backends", "activation_bench.activations"
LOG = logging.getLogger(__name__)


@cache
def backend_modules() -> dict[str, str]:
    """Return the modules of backends by the backend's name; none of them is imported."""
    return {point.name: point.value for point in usable(BACKENDS, find)}


@cache
def enter_activations() -> None:
    """Import the modules of formulas, which enters what they define into the catalogue."""
    usable(ACTIVATIONS, EntryPoint.load)


def usable(group: str, attempt: Callable[[EntryPoint], Any]) -> list[EntryPoint]:
    """Return the entry points of a group that an attempt to use them finds whole, and name the others."""
    whole = []
    for point in importlib.metadata.entry_points(group=group):
        try:
            attempt(point)
            whole.append(point)
        except Exception as error:
            words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            LOG.warning("left out: the entry point %s = %s of %s: %s", point.name, point.value, group, words)
    return whole


def find(point: EntryPoint) -> None:
    """Raise ModuleNotFoundError where there is no such module."""
    if importlib.util.find_spec(point.module) is None:
        raise ModuleNotFoundError(f"No module named {point.module!r}")
