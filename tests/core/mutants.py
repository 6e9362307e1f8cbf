"""Damaged copies of a file's bytes, drawn by a seed: what disks, editors and strangers make of it."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, float("nan"), "", "text", "\ud800", "\x1b[31m\x07", "x" * 2_000_000),
    *([], [[]], {}, {"a": {}}),
)
"""Values of every type that JSON has, put in the place of a right one."""
DEPTH = 10_000
"""Nesting that no recursive reader survives."""


def mutants(content: bytes, seed: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many damaged copies of JSON, or of lines of it, each with a name."""
    draw = random.Random(seed)
    for name, change in FIXED.items():
        yield name, change(content)
    for number in range(count):
        kind = draw.choice(tuple(DRAWN))
        yield f"{kind} {number}", DRAWN[kind](content, draw)


def cut(content: bytes, draw: random.Random) -> bytes:
    """Return a part: the disk was full."""
    return content[: draw.randrange(len(content))]


def flip(content: bytes, draw: random.Random) -> bytes:
    """Return it with one bit turned."""
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def edit(content: bytes, draw: random.Random) -> bytes:
    """Return it with a value of another type, or without the field."""
    whole = content.lstrip()[:2] == b"{\n" or content.lstrip()[:1] == b"["
    lines = [content] if whole else content.splitlines()
    number = draw.randrange(len(lines))
    document = [json.loads(lines[number])]
    holder, key = draw.choice(list(places(document)))
    if draw.random() < 0.2 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = draw.choice(WRONG)
    lines[number] = json.dumps(document[0]).encode()
    return b"\n".join(lines) + b"\n"


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each holder and key within a document, the outer ones as often as the inner ones of a long list."""
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, item in items[:12]:
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


FIXED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "utf-16": lambda content: content.decode().encode("utf-16"),
    "latin-1": lambda content: content.replace(b'": "', b'": "\xe9', 1),
    "nested lists": lambda _: b"[" * DEPTH + b"]" * DEPTH,
    "nested objects": lambda _: b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    "zeros": lambda content: bytes(len(content)),
    "other": lambda _: b"[1, 2, 3]\n",
    "null": lambda _: b"null\n",
}
DRAWN: dict[str, Callable[[bytes, random.Random], bytes]] = {"cut": cut, "flip": flip, "edit": edit, "edits": edit}
