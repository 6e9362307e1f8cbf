"""Writing results: all files of a report, or none is touched."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.fault import BadRun


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into the folder; BadRun where that cannot be."""
    scratch = {folder / f".{name}.{os.getpid()}": folder / name for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in zip(scratch, files.values(), strict=True):
            path.write_bytes(data)
        for path, target in scratch.items():
            path.replace(target)
    except OSError as error:
        raise BadRun(f"cannot write to {folder}: {error.strerror or error}") from None
    finally:
        if folder.is_dir():
            for path in scratch:
                path.unlink(missing_ok=True)


def as_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON, with null for what JSON has no number for."""
    return json.dumps(finite(value), allow_nan=False, indent=indent, separators=None if indent else (",", ":"))


def finite(value: Any) -> Any:
    """With null for every number that is none."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
