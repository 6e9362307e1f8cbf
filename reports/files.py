"""Writing results: all files of a report, or none is touched, whenever the writer is killed.

The files are written into a folder of their own within the target, which is then renamed to READY: from that moment on
they are the report. Moving them to their places is what any later writer finishes. The ones that they replace are
removed first, so that no two reports are ever mixed.
"""

import contextlib
import fcntl
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports.fault import BadRun

READY = ".report-ready"
SCRATCH = ".report-scratch-"


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into the folder; BadRun where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            finish(folder)
            refuse_folders(folder, files)
            stage(folder, files)
            finish(folder)
    except OSError as error:
        raise BadRun(f"cannot write to {folder}: {error.strerror or error}") from None


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Let one process at a time write; the system frees the lock of one that is gone, and no file is left."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def refuse_folders(folder: Path, files: Mapping[str, bytes]) -> None:
    """BadRun where something that is no file has the name of one."""
    for name in files:
        if (folder / name).is_dir():
            raise BadRun(f"cannot write to {folder}: {name} is a folder there")


def stage(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files aside, and make them the report by one rename."""
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    try:
        for name, data in files.items():
            (scratch / name).write_bytes(data)
        scratch.rename(folder / READY)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def finish(folder: Path) -> None:
    """Move a report that is ready to its place, if there is one, and remove what killed writers left."""
    ready = folder / READY
    if ready.is_dir():
        names = sorted(path.name for path in ready.iterdir())
        for name in names:
            (folder / name).unlink(missing_ok=True)
        for name in names:
            (ready / name).replace(folder / name)
        ready.rmdir()
    for scratch in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(scratch, ignore_errors=True)


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
