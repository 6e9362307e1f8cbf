"""Copy the recorded behaviour that the reports show into `reports/recorded`.

    python -m tests.recorded_tables

The same records give the same files; a test compares them.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backends.interface import DTYPES
from reports.recorded import cotangents, long_rows
from tests import behaviour
from tests.behaviour import Behaviour, Line

FORMAT = 1
"""Version of the files. 1: first."""
LENGTH = 100_000
ACTIVATIONS = ("softmax", "log_softmax")
AXES = {"last": "", "first": "[axis=0]", "middle": "[axis=1]"}
"""The part of a variant's name that gives its axis, by the axis' position."""
QUANTITIES = {"value": "value", "slope": "gradient"}
"""The glossary's word for each word of a recorded subject."""
FIGURE = "well"
"""The largest error in ulp of results with a condition number below 10."""
BETWEEN = ", cotangent "
"""The text between input and cotangent in a recorded key."""
Row = dict[str, Any]


def long_row_rows(folder: Path = behaviour.FOLDER) -> Iterator[Row]:
    """Yield softmax and log_softmax in long rows: a row for each setting, activation, quantity and dtype."""
    for recorded in records("rows", folder):
        for activation in ACTIVATIONS:
            for word, quantity in QUANTITIES.items():
                for dtype in DTYPES:
                    starts = {axis: f"{activation}{ending} {word} {dtype} eager " for axis, ending in AXES.items()}
                    worst = {axis: largest(recorded.subjects, start) for axis, start in starts.items()}
                    if None not in worst.values():
                        case = {"activation": activation, "quantity": quantity, "dtype": dtype, "length": LENGTH}
                        yield origin(recorded) | case | worst


def cotangent_rows(folder: Path = behaviour.FOLDER) -> Iterator[Row]:
    """Yield gradients for infinite and NaN cotangents: a row for each setting, variant, input and cotangent."""
    for recorded in records("conventions", folder):
        for variant, line in recorded.subjects.items():
            for key, results in line.items():
                x, between, dy = key.partition(BETWEEN)
                if between:
                    yield origin(recorded) | {"activation": variant, "x": x, "dy": dy, "dx": results[0]}


FILES: dict[Path, Callable[[Path], Iterator[Row]]] = {long_rows.PATH: long_row_rows, cotangents.PATH: cotangent_rows}


def records(kind: str, folder: Path) -> Iterator[Behaviour]:
    """Yield the records of one kind, in every setting."""
    return map(behaviour.read, sorted(folder.glob(f"*/{kind}-*.json")))


def origin(recorded: Behaviour) -> Row:
    """Return the backend and the setting of a record."""
    return {"backend": recorded.backend, "setting": asdict(recorded.setting)}


def largest(subjects: Mapping[str, Line], start: str) -> float | None:
    """Return the largest error over all families of rows; None where none is recorded."""
    matches = [
        line for subject, line in subjects.items() if subject.startswith(start) and subject.endswith(f" {LENGTH}")
    ]
    return max((float(line.get(FIGURE, 0.0)) for line in matches), default=None)


def text(path: Path, folder: Path = behaviour.FOLDER) -> str:
    """Return the contents of a file of FILES, one line for each row."""
    header = {"format": FORMAT, "command": "python -m tests.recorded_tables"}
    rows = ",\n".join(map(json.dumps, FILES[path](folder)))
    return f'{{"header": {json.dumps(header)},\n"rows": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    for file in FILES:
        file.write_text(text(file))
