"""What a user of the framework itself would call, and whether that is what Keras computes: tried, not read."""

import functools
import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.portrait.measure import Part, places, plain
from bench.portrait.subject import Subject

SAME = 1e-5
"""Of 1 + |value|: a hundred roundings of float32; the two forms of gelu are ten times as far apart."""


@dataclass(frozen=True)
class Native:
    """A call of a framework's own."""

    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that it needs."""
    keras: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that make it Keras' default."""

    def spelled(self, *, as_keras: bool) -> str:
        """As it is typed."""
        passed = {**self.given, **(self.keras if as_keras else {})}
        return f"{self.name}({', '.join(['x', *(f'{k}={v!r}' for k, v in passed.items())])})"


@functools.cache
def table() -> dict[str, dict[str, Native]]:
    """By backend and activation."""
    known = tomllib.loads((Path(__file__).parent / "native.toml").read_text())
    return {backend: {name: Native(**row) for name, row in rows.items()} for backend, rows in known.items()}


def native(own: Subject, variant: Variant, backend: str) -> Part:
    """The call, where its default departs most from the activation's, and whether Keras' arguments mend that."""
    call = table().get(backend, {}).get(variant.activation.name)
    if call is None or variant != variant.activation.variants[0]:
        return {"call": None}
    x = places(variant)
    ours, default = own.values(x), _with(own, call, as_keras=False).values(x)
    apart = np.abs(default - ours) / (1 + np.abs(ours))
    at = int(apart.argmax())
    mended = _with(own, call, as_keras=True).values(x) if call.keras else default
    return {
        "call": call.spelled(as_keras=False),
        "as_keras": call.spelled(as_keras=True),
        "differs": bool(apart[at] > SAME),
        "same_as_keras": bool((np.abs(mended - ours) <= SAME * (1 + np.abs(ours))).all()),
        "at": {"x": plain(x[at]), "native": plain(default[at]), "keras": plain(ours[at])},
    }


def _with(own: Subject, call: Native, *, as_keras: bool) -> Subject:
    passed = {**call.given, **(call.keras if as_keras else {})}
    return replace(own, function=functools.partial(pkgutil.resolve_name(call.name), **passed))
