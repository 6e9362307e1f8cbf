"""Safe reading of a run's files: any fault becomes a message of one line. Uses only the standard library.

A folder of results may have been damaged, copied from elsewhere or made by someone: a file in it can be a pipe without
a writer, of any size, in any encoding, nested ten thousand levels deep.
"""

import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.core.faults import BadInput
from bench.core.text import one_line

MOST_JSON = 2**27
"""The most bytes of a JSON file; the plan of the full profile on four backends has 2**23."""
MOST_RECORDS = 2**33
"""The most bytes of all records of a run; a run of hours has 2**27."""
MOST_LINE = 2**20
"""The most bytes of a line of records; a record has 2**11."""
INTEGER_BOUND = 2**53
"""The bound of whole numbers, below which each is also a float."""


def content(path: Path, most: int = MOST_JSON) -> bytes:
    """Return a file's bytes; raise OSError where it is no regular file or has more than `most` bytes."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe without a writer would block even `open`
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if status.st_size > most:
            raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
        return file.read(most)


def json_file(path: Path) -> Any:
    """Return the content of a JSON file; raise FileNotFoundError without one, BadInput where it is damaged."""
    try:
        return json.loads(content(path).decode(), parse_int=whole_number)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read: {reason(error)}") from None


def whole_number(text: str) -> int:
    """Return a whole number of JSON; raise ValueError where it is too large to be a float too."""
    if abs(number := int(text)) >= INTEGER_BOUND:
        raise ValueError(f"a number is too large: {text[:40]}")
    return number


def reason(error: Exception) -> str:
    """Return the error's message in one short line."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else error
    return one_line(words, 200) or type(error).__name__


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a run's records, none without a file; raise BadInput where it cannot be read."""
    try:
        yield from content(path, MOST_RECORDS).splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {reason(error)}") from None
