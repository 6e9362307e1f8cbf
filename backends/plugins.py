"""Backends and activations of other packages, named by their entry points.

A removed package may leave its entry points behind, and a broken package has them too. Neither may end a command
that does not use it: it is named on standard error, once per process, and left out.
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
    """Return the modules of backends by the backend's name, without importing them."""
    return {point.name: point.value for point in usable(BACKENDS, find)}


@cache
def enter_activations() -> None:
    """Import the modules of formulas, which enters their formulas into the catalogue."""
    usable(ACTIVATIONS, EntryPoint.load)


def usable(group: str, attempt: Callable[[EntryPoint], Any]) -> list[EntryPoint]:
    """Return the entry points of a group for which an attempt to use them succeeds, and log the others."""
    points = []
    for point in importlib.metadata.entry_points(group=group):
        try:
            attempt(point)
            points.append(point)
        except Exception as error:
            message = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            LOG.warning("left out: the entry point %s = %s of %s: %s", point.name, point.value, group, message)
    return points


def find(point: EntryPoint) -> None:
    """Raise ModuleNotFoundError if the entry point's module does not exist."""
    if importlib.util.find_spec(point.module) is None:
        raise ModuleNotFoundError(f"No module named {point.module!r}")
