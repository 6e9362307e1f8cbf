"""Made-up curves, for tests of their readers."""

import copy
import json
from pathlib import Path
from typing import Any

from backends.activation import catalogue
from bench.core.curves import SCHEMA
from bench.curves.measure import LAYOUTS

X = [-6.0, -1.0, -1e-6, 1e-6, 1.0, 6.0]
OK = {"status": "ok", "reason": ""}


def curves_of(name: str) -> dict[str, Any]:
    """Return the curves of relu under any name, with derivative 0.5 at 0."""
    zero = {"x": 0.0, "value": 0.0, "derivative": 0.5}
    special = [
        zero,
        {"x": "nan", "value": "nan", "derivative": 0.0, "value_alone": "nan", "derivative_alone": 1.0},
        {"x": "inf", "value": "inf", "derivative": 1.0},
    ]
    negative_side = {"from": 1.5, "nan_from": None, "last": 0.0, "whole": False}
    positive_side = {"from": None, "nan_from": 1e30, "last": "nan", "whole": False}
    return {
        "id": name,
        "kinks": [0.0],
        "row": "",
        "curve": OK | {"x": X, "value": [max(x, 0.0) for x in X], "derivative": [float(x > 0) for x in X]},
        "points": OK | {"at": special},
        "normal": OK | {"dead": 0.5, "mean": 0.399, "draws": 2**20},
        "vanished": [
            {"dtype": dtype, "side": side, **OK, **(negative_side if side == "negative" else positive_side)}
            for dtype in LAYOUTS
            for side in ("negative", "positive")
        ],
        "native": OK | {"call": None},
    }


def file(backend: str, **changed: dict[str, Any]) -> dict[str, Any]:
    """Return a backend's file; `changed` replaces parts of the curves that it names."""
    curves = {name: curves_of(name) for name in catalogue()}
    for name, parts in changed.items():
        curves[name] |= copy.deepcopy(parts)
    about = {"backend": backend, "version": "1.2.3", "build": {}, "packages": {}, "python": "3.11", "cpu": "Sample CPU"}
    return {"schema": SCHEMA, **about, "system": "Linux", "time": "2026-01-02T03:04:05+00:00", "curves": curves}


def write(store: Path, *files: dict[str, Any]) -> Path:
    """Write a store of these files and return its path."""
    store.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(files):
        (store / f"{number}.json").write_text(json.dumps(content))
    return store
