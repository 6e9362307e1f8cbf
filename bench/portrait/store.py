"""One JSON file per backend: who was portrayed, by whom, and the portraits by the variant's id."""

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import results

SCHEMA = 1
ABOUT = ("backend", "version", "build", "packages", "python", "cpu", "system")
"""What portraits of one file have in common: with any other of these a file starts anew."""


def path(store: Path, backend: str) -> Path:
    """A backend's file."""
    return store / f"{backend}.json"


def keep(store: Path, about: Mapping[str, Any], portraits: Mapping[str, Any]) -> Path:
    """Write these portraits, beside those of other variants that were made on the same; all of it or nothing."""
    store.mkdir(parents=True, exist_ok=True)
    results.remove_scratch(store, results.SCRATCH, results.UNBORN_SECONDS)
    target = path(store, about["backend"])
    head = {"schema": SCHEMA, **{name: about[name] for name in ABOUT}}
    before = known(target)
    kept = before["portraits"] if before and {n: before.get(n) for n in head} == json.loads(json.dumps(head)) else {}
    results.write_json(target, {**head, "time": about["time"], "portraits": {**kept, **portraits}})
    return target


def known(file: Path) -> dict[str, Any] | None:
    """What a file holds, compressed or not; None where there is none or it is no such file."""
    try:
        content = file.read_bytes()
        found = json.loads(gzip.decompress(content) if file.suffix == ".gz" else content)
    except (OSError, EOFError, zlib.error, ValueError):
        return None
    right = isinstance(found, dict) and found.get("schema") == SCHEMA and isinstance(found.get("portraits"), dict)
    return found if right else None
