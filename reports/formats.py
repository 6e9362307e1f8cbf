"""Numbers and foreign texts as a reader sees them. Rounding happens here and nowhere else."""

import math
import re

WORD_JOINER = "\u2060"
"""Has no width; what it stands in is no link."""
LINKED = re.compile(r"@|#(?=\d)|\bgh-(?=\d)|\bwww(?=\.)|\b[0-9a-f]{7}(?=[0-9a-f]{33}\b)", re.IGNORECASE)
"""Where GitHub begins to link, whatever a backslash says: people, issues, commits, and hosts without a scheme."""
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


def order(value: float) -> str:
    """What a browser sorts a cell by."""
    return f"{value:.6g}".replace("inf", "Infinity")


def times(ratio: float) -> str:
    """`1.38 ×`."""
    return digits(ratio, "\u00a0×")


def percent(share: float) -> str:
    """`2.1 %` for 0.021."""
    return "–" if math.isnan(share) else f"{share * 100:.{1 if abs(share) < 0.1 else 0}f}\u00a0%"


def change(ratio: float) -> str:
    """What a ratio of two times is as a change: `+5.2 %` for 1.052."""
    if not math.isfinite(ratio):
        return "–"
    share = ratio - 1
    said = f"{abs(share) * 100:,.{1 if abs(share) < 1 else 0}f}\u00a0%"
    return said if said.startswith("0.0\u00a0") else f"{'−' if share < 0 else '+'}{said}"


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 case`, `2 cases`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def gibibytes(number: int) -> str:
    """Of main memory, to a whole GiB."""
    return f"{number / 2**30:.0f} GiB"


def size(elements: int) -> str:
    """1e6 for a power of ten, as it is typed after --size."""
    power = round(math.log10(elements))
    return f"1e{power}" if 10**power == elements and power > 2 else f"{elements:,}"


def text(value: object) -> str:
    """One line that can be shown: no control characters, cut when too long."""
    line = "".join(c if c.isprintable() or c == "\u00a0" else " " for c in str(value))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def short(value: object, longest: int = 80) -> str:
    """The text of one cell among many."""
    line = text(value)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def markdown(value: object) -> str:
    """Text that Markdown leaves as it is, in a table's cell too: no markup, no link, and nobody is called by name."""
    escaped = re.sub(r"([\\`*\[\]<>|&~$#]|(?<![^\W_])_|_(?![^\W_])|(?<=:)/(?=/))", r"\\\1", text(value))
    return LINKED.sub(lambda found: f"{found[0]}{WORD_JOINER}", escaped)


def ulp(distance: float) -> str:
    """Three digits; a power of ten where there would be many before the point."""
    return f"{distance:.2e}".replace("e+0", "e").replace("e+", "e") if distance >= 1e5 else digits(distance)


def probability(share: float) -> str:
    """`2.10 %`, and `3.1e-07` below a thousandth of a percent; empty for NaN."""
    if math.isnan(share):
        return ""
    if share in (0, 1):
        return f"{share * 100:.0f}\u00a0%"
    if share > 0.9999:
        return ">\u00a099.99\u00a0%"
    return f"{share:.1e}" if share < 1e-5 else f"{digits(share * 100)}\u00a0%"


def number(x: float) -> str:
    """Nine digits, which tell one float32 from the next."""
    return f"{x:.9g}"


def category(name: str) -> str:
    """A category of error as a reader spells it."""
    return "NaN" if name == "nan" else name
