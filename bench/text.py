"""Texts that come from outside, as a line that is safe to show. Standard library alone.

What a framework raises, what a file holds and what a path is called may have any length and any character: codes that
move the cursor of a terminal, halves of surrogate pairs that no encoding has, marks that turn the reading direction.
"""

LONGEST = 1000
"""Characters of a message that are kept."""


def one_line(text: object, longest: int = LONGEST) -> str:
    """Return `text` in one line of at most `longest` characters, with what cannot be printed written as `\\x1b`."""
    words = str(text)[: 4 * longest].split()  # the rest is cut anyway, and may have 50 MB
    line = "".join(map(printable, " ".join(words)[: longest + 1]))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def printable(character: str) -> str:
    """Return the character, or its escape where a terminal would obey it or no file could hold it."""
    if character.isprintable() or character == "\u00a0":
        return character
    return character.encode("unicode_escape").decode("ascii")


def lines(text: str, longest: int) -> str:
    """Return `text` with its line breaks, each line safe to show and cut at `longest` characters."""
    return "\n".join("".join(map(printable, line[:longest])) for line in text.split("\n"))
