"""Long rows along the last axis and along others, as recorded: what the reports show of them.

    python -m tests.long_rows

writes `reports/recorded/long_rows.json` from the records of every setting that has rows along other axes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from backends.interface import DTYPES
from reports.long_rows import PATH
from tests import behaviour
from tests.behaviour import Behaviour, Line

FORMAT = 1
"""Version of the file. 1: first."""
LENGTH = 100_000
ACTIVATIONS = ("softmax", "log_softmax")
AXES = {"last": "", "first": "[axis=0]", "middle": "[axis=1]"}
"""By where an axis lies, what its variant's name has behind the activation's."""
FIGURE = "well"
"""The largest distance from the exact value, in ulp, of results with a condition number below 10."""


def rows(folder: Path = behaviour.FOLDER) -> Iterator[dict[str, Any]]:
    """Yield a line for each setting, activation, quantity and dtype."""
    for path in sorted(folder.glob("*/rows-*.json")):
        recorded = behaviour.read(path)
        for activation in ACTIVATIONS:
            for quantity in ("value", "slope"):
                yield from lines(recorded, activation, quantity)


def lines(recorded: Behaviour, activation: str, quantity: str) -> Iterator[dict[str, Any]]:
    """Yield a line for each dtype of which every axis is recorded."""
    where = {name: getattr(recorded.setting, name) for name in ("version", "vendor", "instruction_set")}
    for dtype in DTYPES:
        starts = {axis: f"{activation}{behind} {quantity} {dtype} eager " for axis, behind in AXES.items()}
        worst = {axis: largest(recorded.subjects, start) for axis, start in starts.items()}
        if None not in worst.values():
            named = {"activation": activation, "quantity": quantity, "dtype": dtype, "length": LENGTH}
            yield {"backend": recorded.backend, **where, **named, **worst}


def largest(subjects: Mapping[str, Line], start: str) -> float | None:
    """Return the largest distance over all families of rows; None where none is recorded."""
    matches = [
        line for subject, line in subjects.items() if subject.startswith(start) and subject.endswith(f" {LENGTH}")
    ]
    return max((float(line.get(FIGURE, 0.0)) for line in matches), default=None)


def text(folder: Path = behaviour.FOLDER) -> str:
    """Return the file's text, one line for each row: the same from the same records."""
    header = {"format": FORMAT, "command": "python -m tests.long_rows", "figure": FIGURE}
    return f'{{"header": {json.dumps(header)},\n"rows": [\n' + ",\n".join(map(json.dumps, rows(folder))) + "\n]}\n"


if __name__ == "__main__":
    PATH.write_text(text())
