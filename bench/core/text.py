"""Conversion of external texts to lines that are safe to show. Uses only the standard library.

Messages of a framework, contents of files and names of paths may have any length and any characters: codes that move
the cursor of a terminal, halves of surrogate pairs that no encoding has, marks that reverse the reading direction.
"""

LONGEST = 1000
"""The most characters of a message that are kept."""


def one_line(text: object, longest: int = LONGEST) -> str:
    """Return `text` in one line of at most `longest` characters, with unprintable ones escaped as in `\\x1b`."""
    words = str(text)[: 4 * longest].split()  # the rest is cut anyway, and may have 50 MB
    line = "".join(map(printable, " ".join(words)[: longest + 1]))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def error_line(error: BaseException) -> str:
    """Return an error in one line: its type, and the last line of its message that is not empty."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return one_line(f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__)


def printable(character: str) -> str:
    """Return the character, or its escape where a terminal would obey it or no file could hold it."""
    if character.isprintable() or character == "\u00a0":
        return character
    return character.encode("unicode_escape").decode("ascii")


def lines(text: str, longest: int) -> str:
    """Return `text` with its line breaks, each line safe to show and cut at `longest` characters."""
    return "\n".join("".join(map(printable, line[:longest])) for line in text.split("\n"))
