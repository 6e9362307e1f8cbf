"""Numbers and foreign texts as a reader sees them. Rounding happens here and nowhere else."""

import math
import re

LONGEST = 300
"""Characters of a text from a result file that are shown."""


def digits(value: float, unit: str = "") -> str:
    """Three significant digits; empty for NaN, so that a cell without a number holds none."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "never" if value > 0 else "-∞"
    rounded = float(f"{value:.2e}")
    places = 2 if rounded == 0 else 2 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(places, 0)}f}{unit}"


def milliseconds(seconds: float) -> str:
    """Without the unit, which stands above the column."""
    return digits(seconds * 1e3)


def duration(seconds: float) -> str:
    """With the unit that leaves 1 to 999 before the point."""
    for factor, unit in ((1e9, " ns"), (1e6, " µs"), (1e3, " ms")):
        if seconds * factor < 999.5:
            return digits(seconds * factor, unit)
    return digits(seconds, " s")


def times(ratio: float) -> str:
    """`1.38 ×`."""
    return digits(ratio, "\u00a0×")


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 case`, `2 cases`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def size(elements: int) -> str:
    """1e6 for a power of ten, as it is typed after --size."""
    power = round(math.log10(elements))
    return f"1e{power}" if 10**power == elements and power > 2 else f"{elements:,}"


def text(value: object) -> str:
    """One line that can be shown: no control characters, cut when too long."""
    line = "".join(c if c.isprintable() else " " for c in str(value))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def markdown(value: object) -> str:
    """Text that Markdown leaves as it is, in a table's cell too."""
    return re.sub(r"([\\`\[\]<>|&])", r"\\\1", text(value))
