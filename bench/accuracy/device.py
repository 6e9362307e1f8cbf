"""The device whose results are judged: the CPU unless `ACCURACY_DEVICE` or a caller in this process names another."""

import os
from contextvars import ContextVar
from typing import Any

import backends
from backends import spelling
from bench.core.cases import DEVICES

VARIABLE = "ACCURACY_DEVICE"
"""The environment variable that names the device of a worker: `cpu` or `gpu`."""
DEVICE: ContextVar[str] = ContextVar("device", default=os.environ.get(VARIABLE, "cpu"))  # noqa: B039  # a str


def fault(name: str, backend: Any, device: str) -> str:
    """Return the reason why a backend cannot compute on a device, with the choices, or an empty string."""
    if device not in DEVICES:
        return str(spelling.unknown("device", device, DEVICES))
    if device != "cpu" and device not in backend.devices():
        return f"backend {name!r} sees no {device} (choose from {', '.join(backend.devices())})"
    return ""


def load(name: str) -> Any:
    """Return the module of a backend; raise BackendUnavailable if it does not see the device."""
    backend = backends.load(name)
    if reason := fault(name, backend, DEVICE.get()):
        raise backends.BackendUnavailable(reason)
    return backend
