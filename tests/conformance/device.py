"""The device that the arrays under test are on: `--device`, the CPU unless it is given."""

from contextvars import ContextVar
from typing import Any

from bench.cases import DEVICES

DEVICE: ContextVar[str] = ContextVar("device", default="cpu")


def fault(name: str, backend: Any, device: str) -> str:
    """Return why a backend cannot be tested on a device, with the choices; nothing where it can."""
    if device not in DEVICES:
        return f"unknown device {device!r} (choose from {', '.join(DEVICES)})"
    if device not in backend.devices():
        return f"backend {name!r} sees no {device} (choose from {', '.join(backend.devices())})"
    return ""
