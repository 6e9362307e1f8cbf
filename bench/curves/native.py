"""The calls that a user of a framework would make, and whether they compute what Keras does: tried, not read."""

import functools
import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.curves.measure import Part, json_number, places
from bench.curves.subject import Subject

SAME = 1e-5
"""Tolerance relative to 1 + |value|: a hundred roundings of float32, a tenth of the gap between gelu's two forms."""


@dataclass(frozen=True)
class Native:
    """A call of a framework's function."""

    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    """The arguments that the call needs."""
    keras: Mapping[str, Any] = field(default_factory=dict)
    """The arguments that make the call equal to Keras' default."""

    def format_call(self, *, as_keras: bool) -> str:
        """Return the text of the call."""
        arguments = {**self.given, **(self.keras if as_keras else {})}
        return f"{self.name}({', '.join(['x', *(f'{k}={v!r}' for k, v in arguments.items())])})"


@functools.cache
def table() -> dict[str, dict[str, Native]]:
    """Return the native calls by backend and activation."""
    calls = tomllib.loads((Path(__file__).parent / "native.toml").read_text())
    return {backend: {name: Native(**row) for name, row in rows.items()} for backend, rows in calls.items()}


def native(subject: Subject, variant: Variant, backend: str) -> Part:
    """Return the call, the input of its largest deviation from Keras, and whether Keras' arguments remove that."""
    call = table().get(backend, {}).get(variant.activation.name)
    if call is None or variant != variant.activation.variants[0]:
        return {"call": None}
    x = places(variant)
    expected, default = subject.values(x), _with(subject, call, as_keras=False).values(x)
    errors = np.abs(default - expected) / (1 + np.abs(expected))
    worst = int(errors.argmax())
    keras_values = _with(subject, call, as_keras=True).values(x) if call.keras else default
    return {
        "call": call.format_call(as_keras=False),
        "as_keras": call.format_call(as_keras=True),
        "differs": bool(errors[worst] > SAME),
        "same_as_keras": bool((np.abs(keras_values - expected) <= SAME * (1 + np.abs(expected))).all()),
        "at": {
            "x": json_number(x[worst]),
            "native": json_number(default[worst]),
            "keras": json_number(expected[worst]),
        },
    }


def _with(subject: Subject, call: Native, *, as_keras: bool) -> Subject:
    arguments = {**call.given, **(call.keras if as_keras else {})}
    return replace(subject, function=functools.partial(pkgutil.resolve_name(call.name), **arguments))
