"""Formatting of numbers and foreign texts for a reader; numbers are rounded in this file alone."""

import math
import re
from collections.abc import Iterable, Mapping

WORD_JOINER = "\u2060"
"""A character without width; a text that contains it is not linked."""
LINKED = re.compile(r"@|#(?=\d)|\bgh-(?=\d)|\bwww(?=\.)|\b[0-9a-f]{7}(?=[0-9a-f]{33}\b)", re.IGNORECASE)
"""Texts that GitHub links even after a backslash: people, issues, commits, and hosts without a scheme."""
LONGEST = 300
"""The number of characters shown of a text from a result file."""


def digits(value: float, unit: str = "") -> str:
    """Format three significant digits; empty for NaN, so that a cell without a number is empty."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "never" if value > 0 else "-∞"
    rounded = float(f"{value:.2e}")
    places = 2 if rounded == 0 else 2 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(places, 0)}f}{unit}"


def milliseconds(seconds: float) -> str:
    """Format seconds in ms without the unit, which the heading of the column shows."""
    return digits(seconds * 1e3)


def duration(seconds: float) -> str:
    """Format seconds with the unit that leaves 1 to 999 before the decimal point."""
    for factor, unit in ((1e9, " ns"), (1e6, " µs"), (1e3, " ms")):
        if seconds * factor < 999.5:
            return digits(seconds * factor, unit)
    return digits(seconds, " s")


def order(value: float) -> str:
    """Return the number by which a browser sorts a cell."""
    return f"{value:.6g}".replace("inf", "Infinity")


def times(ratio: float) -> str:
    """Format a ratio, as in `1.38 ×`."""
    return digits(ratio, "\u00a0×")


def percent(share: float) -> str:
    """Format a share, as in `2.1 %` for 0.021."""
    return "–" if math.isnan(share) else f"{share * 100:.{1 if abs(share) < 0.1 else 0}f}\u00a0%"


def change(ratio: float) -> str:
    """Format a ratio of two times as a change, as in `+5.2 %` for 1.052."""
    if not math.isfinite(ratio):
        return "–"
    share = ratio - 1
    text = f"{abs(share) * 100:,.{1 if abs(share) < 1 else 0}f}\u00a0%"
    return text if text.startswith("0.0\u00a0") else f"{'−' if share < 0 else '+'}{text}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Format a number with its noun, as in `1 case` and `2 cases`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def nonzero(number: int) -> str:
    """Format a whole number; empty for 0."""
    return f"{number:,}" if number else ""


def gibibytes(number: int) -> str:
    """Format bytes of main memory as a whole number of GiB."""
    return f"{number / 2**30:.0f} GiB"


def size(elements: int) -> str:
    """Format a number of elements: a power of ten as 1e6, as it is typed after --size."""
    power = round(math.log10(elements))
    return f"1e{power}" if 10**power == elements and power > 2 else f"{elements:,}"


def text(value: object) -> str:
    """Return one line that can be shown: without control characters, cut when too long."""
    line = "".join(c if c.isprintable() or c == "\u00a0" else " " for c in str(value))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def short(value: object, longest: int = 80) -> str:
    """Return the text of one cell among many, cut to `longest` characters."""
    line = text(value)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def markdown(value: object) -> str:
    """Escape a text for Markdown, table cells included: no markup, no link, and no mention of a person."""
    escaped = re.sub(r"([\\`*\[\]<>|&~$#]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/))", r"\\\1", text(value))
    return LINKED.sub(lambda match: f"{match[0]}{WORD_JOINER}", escaped)


def ulp(error: float) -> str:
    """Format an ulp error to three digits; as a power of ten from 1e5."""
    return f"{error:.2e}".replace("e+0", "e").replace("e+", "e") if error >= 1e5 else digits(error)


def probability(share: float) -> str:
    """Format a share: `2.10 %`, and `3.1e-07` below a thousandth of a percent; empty for NaN."""
    if math.isnan(share):
        return ""
    if share in (0, 1):
        return f"{share * 100:.0f}\u00a0%"
    if share > 0.9999:
        return ">\u00a099.99\u00a0%"
    return f"{share:.1e}" if share < 1e-5 else f"{digits(share * 100)}\u00a0%"


def number(x: float) -> str:
    """Format nine digits, which distinguish one float32 from the next."""
    return f"{x:.9g}"


def versions(names: Iterable[str], *sides: Mapping[str, str]) -> str:
    """Format backends with their version on each side where they differ, as in `jax 0.10.2, torch 2.12.0 → 2.13.0`."""
    texts = []
    for name in names:
        recorded = dict.fromkeys(side.get(name, "") for side in sides)
        numbers = " → ".join(version or "?" for version in recorded) if any(recorded) else ""
        texts.append(f"{name} {numbers}".strip())
    return text(", ".join(texts))


def category(name: str) -> str:
    """Return the name of an error class as a reader spells it."""
    return "NaN" if name == "nan" else name
