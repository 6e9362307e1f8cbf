"""Writing of results: all files of a report are written or none, even if the writer is killed.

The files are written into a scratch folder within the target, which is then renamed to READY: from that moment on they
are the report. A later writer finishes moving them to their places. The files that they replace are removed first, so
that no two reports are ever mixed.
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
    """Write the files into the folder; raise BadRun where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock(folder):
            finish(folder)
            refuse_folders(folder, files)
            stage(folder, files)
            finish(folder)
    except OSError as error:
        raise BadRun(f"cannot write to {folder}: {error.strerror or error}") from None


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Lock the folder for one process at a time; the system frees the lock of a dead one, and no lock file remains."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def refuse_folders(folder: Path, files: Mapping[str, bytes]) -> None:
    """Raise BadRun where a folder has the name of a file to be written."""
    for name in files:
        if (folder / name).is_dir():
            raise BadRun(f"cannot write to {folder}: {name} is a folder there")


def stage(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into a scratch folder, and make them the report by one rename."""
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    try:
        for name, data in files.items():
            (scratch / name).write_bytes(data)
        scratch.rename(folder / READY)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def finish(folder: Path) -> None:
    """Move a report that is ready, if there is one, to its place, and remove the scratch folders of killed writers."""
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
    """Return the value as JSON, with null for NaN and infinities."""
    return json.dumps(finite(value), allow_nan=False, indent=indent, separators=None if indent else (",", ":"))


def finite(value: Any) -> Any:
    """Return the value with null for NaN and infinities."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
