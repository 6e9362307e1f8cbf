"""The store of portraits: one JSON file per backend, with facts of the backend and portraits by the variant's id."""

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.core import results
from bench.core.curves import SCHEMA

ABOUT = ("backend", "version", "build", "packages", "python", "cpu", "system")
"""The facts that all portraits in a file share; a change of any of them starts a new file."""


def path(store: Path, backend: str) -> Path:
    """Return the path of a backend's file."""
    return store / f"{backend}.json"


def keep(store: Path, about: Mapping[str, Any], portraits: Mapping[str, Any]) -> Path:
    """Write these portraits atomically, together with stored portraits of other variants that share the same facts."""
    store.mkdir(parents=True, exist_ok=True)
    results.remove_scratch(store, results.SCRATCH, results.UNFINISHED_SECONDS)
    target = path(store, about["backend"])
    head = {"schema": SCHEMA, **{name: about[name] for name in ABOUT}}
    before = read_file(target)
    stored = before["portraits"] if before and {n: before.get(n) for n in head} == json.loads(json.dumps(head)) else {}
    results.write_json(target, {**head, "time": about["time"], "portraits": {**stored, **portraits}})
    return target


def read_file(file: Path) -> dict[str, Any] | None:
    """Return the content of a file, compressed or not; None if the file is missing or invalid."""
    try:
        content = file.read_bytes()
        decoded = json.loads(gzip.decompress(content) if file.suffix == ".gz" else content)
    except (OSError, EOFError, zlib.error, ValueError):
        return None
    right = isinstance(decoded, dict) and decoded.get("schema") == SCHEMA and isinstance(decoded.get("portraits"), dict)
    return decoded if right else None
