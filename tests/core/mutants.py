"""Seeded random damage to a file's bytes, as disks, editors and strangers cause it."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, float("nan"), "", "text", "\ud800", "\x1b[31m\x07", "x" * 2_000_000),
    *([], [[]], {}, {"a": {}}),
)
"""Values of every JSON type that replace a right one."""
DEPTH = 10_000
"""The depth of nesting, which no recursive reader survives."""


def mutants(content: bytes, seed: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` drawn and all fixed damaged copies of JSON or of its lines, each with a name."""
    generator = random.Random(seed)
    for name, change in FIXED.items():
        yield name, change(content)
    for number in range(count):
        kind = generator.choice(tuple(DRAWN))
        yield f"{kind} {number}", DRAWN[kind](content, generator)


def cut(content: bytes, generator: random.Random) -> bytes:
    """Return the beginning of the content, as a full disk leaves it."""
    return content[: generator.randrange(len(content))]


def flip(content: bytes, generator: random.Random) -> bytes:
    """Return the content with one bit flipped."""
    place = generator.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << generator.randrange(8)]) + content[place + 1 :]


def edit(content: bytes, generator: random.Random) -> bytes:
    """Return the content with one field removed or with a value of another type."""
    is_document = content.lstrip()[:2] == b"{\n" or content.lstrip()[:1] == b"["
    lines = [content] if is_document else content.splitlines()
    number = generator.randrange(len(lines))
    document = [json.loads(lines[number])]
    holder, key = generator.choice(list(places(document)))
    if generator.random() < 0.2 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = generator.choice(WRONG)
    lines[number] = json.dumps(document[0]).encode()
    return b"\n".join(lines) + b"\n"


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each holder and key within a document; of a long list only the first 12 items are visited."""
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
