"""The store of curves: one JSON file per backend, with facts of the backend and the curves by the variant's id."""

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.core import results
from bench.core.curves import SCHEMA

ABOUT = ("backend", "version", "build", "packages", "python", "cpu", "system")
"""The facts that all curves in a file share; a change of any of them starts a new file."""


SCHEMA_1 = {"portraits": "curves", "slope": "derivative", "slope_alone": "derivative_alone"}
"""The names in files of schema 1, with those of today."""


def path(store: Path, backend: str) -> Path:
    """Return the path of a backend's file."""
    return store / f"{backend}.json"


def keep(store: Path, about: Mapping[str, Any], curves: Mapping[str, Any]) -> Path:
    """Write these curves atomically, together with stored ones of other variants that share the same facts."""
    store.mkdir(parents=True, exist_ok=True)
    results.remove_scratch(store, results.SCRATCH, results.UNFINISHED_SECONDS)
    target = path(store, about["backend"])
    head = {"schema": SCHEMA, **{name: about[name] for name in ABOUT}}
    before = read_file(target)
    stored = before["curves"] if before and {n: before.get(n) for n in head} == json.loads(json.dumps(head)) else {}
    results.write_json(target, {**head, "time": about["time"], "curves": {**stored, **curves}})
    return target


def read_file(file: Path) -> dict[str, Any] | None:
    """Return the content of a file, compressed or not; None if the file is missing or invalid."""
    try:
        content = file.read_bytes()
        decoded = migrated(json.loads(gzip.decompress(content) if file.suffix == ".gz" else content))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError):
        return None
    right = isinstance(decoded, dict) and decoded.get("schema") == SCHEMA and isinstance(decoded.get("curves"), dict)
    return decoded if right else None


def migrated(content: Any) -> Any:
    """Return the content of a file with the names of today's schema."""
    if not isinstance(content, dict) or content.get("schema") != 1:
        return content
    return {**renamed(content), "schema": SCHEMA}


def renamed(content: Any) -> Any:
    """Return JSON with the names of schema 1 replaced in every object."""
    if isinstance(content, dict):
        return {SCHEMA_1.get(name, name): renamed(value) for name, value in content.items()}
    return [renamed(item) for item in content] if isinstance(content, list) else content
