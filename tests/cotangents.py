"""Gradients for infinite and NaN cotangents where the slope is 0, as recorded: what the reports show of them.

    python -m tests.cotangents

writes `reports/recorded/cotangents.json` from the conventions of every setting that has them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reports.cotangents import PATH
from tests import behaviour

FORMAT = 1
"""Version of the file. 1: first."""
BETWEEN = ", cotangent "
"""Between input and cotangent in a recorded key."""


def rows(folder: Path = behaviour.FOLDER) -> Iterator[dict[str, Any]]:
    """Yield a line for each setting, activation, input and cotangent."""
    for path in sorted(folder.glob("*/conventions-*.json")):
        recorded = behaviour.read(path)
        where = {name: getattr(recorded.setting, name) for name in ("version", "vendor", "instruction_set")}
        for subject, line in recorded.subjects.items():
            for x, dy, dx in gradients(line):
                yield {"backend": recorded.backend, **where, "activation": subject, "x": x, "dy": dy, "dx": dx}


def gradients(line: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield input, cotangent and gradient of those that have an unbounded cotangent."""
    for key, seen in line.items():
        x, between, dy = key.partition(BETWEEN)
        if between:
            yield x, dy, seen[0]


def text(folder: Path = behaviour.FOLDER) -> str:
    """Return the file's text, one line for each row: the same from the same records."""
    header = {"format": FORMAT, "command": "python -m tests.cotangents"}
    return f'{{"header": {json.dumps(header)},\n"rows": [\n' + ",\n".join(map(json.dumps, rows(folder))) + "\n]}\n"


if __name__ == "__main__":
    PATH.write_text(text())
