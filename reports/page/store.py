"""What reports show beside their runs, kept on disk from one report to the next.

It is kept under the digest of all that it is made of: the packages of this project with their committed records, and
the libraries that render them. It is made anew after any change, since that takes seconds and not hours.
"""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import backends
from backends.activation import variants
from bench.reference import cache

ROOT = Path(__file__).parents[2]
PACKAGES = ("backends", "bench", "reports")
NOT_READ = ("__pycache__", "examples")
LIBRARIES = ("altair", "jinja2", "markdown-it-py", "markupsafe", "numpy", "pandas", "pyarrow", "python-flint")
MOST_FILES = 8
"""The number of files of one kind that stay: those of a few checkouts."""


def load_or_make(kind: str, files: Iterable[Path], make: Callable[[], bytes]) -> bytes:
    """Return the content that is made of these files and of the code; it is made where it is not on disk."""
    digest = hashlib.sha256(code_digest())
    for path in sorted(files):
        digest.update(path.read_bytes())
    path = cache.folder() / "reports" / f"{kind}-{digest.hexdigest()}"
    content = cache.read(path)
    if content is None:
        content = make()
        cache.write(path, content)
        remove_oldest(path.parent, kind)
    return content


@functools.cache
def code_digest() -> bytes:
    """Return the digest of the code, the activations and backends of other packages, and the libraries' versions."""
    names = [*backends.names(), *(variant.id for variant in variants()), *map(version, LIBRARIES)]
    digest = hashlib.sha256(repr(names).encode())
    for path in sources():
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size}".encode())
        digest.update(path.read_bytes())
    return digest.digest()


def sources() -> Iterator[Path]:
    """Yield the files of this project's packages, committed records included."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and not set(NOT_READ) & set(path.relative_to(ROOT).parts):
                yield path


def remove_oldest(folder: Path, kind: str) -> None:
    """Remove all but the newest files of a kind."""
    with contextlib.suppress(OSError):  # another process removes them too
        for path in sorted(folder.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)[:-MOST_FILES]:
            path.unlink(missing_ok=True)
