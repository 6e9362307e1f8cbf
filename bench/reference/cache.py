"""Files on disk of what takes long to make: each is made once, not once in every process.

A file is named after all that its content depends on, and begins with the SHA-256 of the rest. One that is missing or
damaged is made anew; one that cannot be written is done without.
"""

import contextlib
import hashlib
import os
from pathlib import Path

FOLDER_VARIABLE = "ACTIVATION_BENCH_CACHE"
"""The environment variable that names another folder than that of the user's caches; /dev/null for none."""
DIGEST_BYTES = 32


def folder() -> Path:
    """Return the folder of all such files."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "activation-bench")
    except RuntimeError:  # no home, no caches: below the null device nothing can be read or written
        return Path(os.devnull)


def read(path: Path) -> bytes | None:
    """Return the content of a file, or None where it is missing or damaged."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None  # most often there is none yet
    content = stored[DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == stored[:DIGEST_BYTES] else None


def write(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it: of two processes at once the last one's file stays."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(hashlib.sha256(content).digest() + content)
        scratch.replace(path)
    except OSError:  # a full disk or another user's folder costs time, not results
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
