"""Record the golden values anew: one process per Keras backend, then the disagreements between these.

    KERAS_BACKEND=jax python -m tests.golden record --keras-backend jax
    python -m tests.golden apart

Keras' NumPy backend runs in the environment of jax, which it imports.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tests import golden
from tests.golden import apart, recipe


def main() -> None:
    """Write a file, or give the reason in one line."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description="Golden values from the real Keras")
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", help="what Keras computes, with one of its backends")
    record.add_argument("--keras-backend", choices=golden.KERAS_BACKENDS, required=True)
    record.add_argument("--into", type=Path, default=golden.FOLDER, metavar="FOLDER")
    commands.add_parser("apart", help="how far Keras' backends are apart, from the files")
    chosen = parser.parse_args()
    try:
        if chosen.command == "apart":
            apart.write()
        else:
            write(chosen.keras_backend, chosen.into)
    except (ModuleNotFoundError, RuntimeError, golden.Damaged, OSError) as error:
        sys.exit(refuse(error))


def refuse(error: Exception) -> int:
    """Print one line and return the exit status of bad input."""
    print(f"tests.golden: {error}", file=sys.stderr)  # noqa: T201  # an error message is all that this prints
    return 2


def write(keras_backend: str, folder: Path) -> None:
    """Record with one Keras backend; the file is replaced only once it is complete."""
    keras = recipe.Keras(keras_backend)
    path = folder / golden.path_of(keras_backend).name
    unfinished = path.with_suffix(".part")
    made_by = {"versions": keras.versions(), "setting": asdict(keras.setting())}
    unfinished.write_text("\n".join(lines(keras_backend, made_by, dict(recipe.everything(keras)))) + "\n")
    unfinished.replace(path)


def lines(keras_backend: str, made_by: dict[str, Any], variants: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the JSON text: one point each, so that a difference shows where it is."""
    columns = "x, dy, y" if keras_backend == "numpy" else "x, dy, y, dx"
    command = f"KERAS_BACKEND={keras_backend} python -m tests.golden record --keras-backend {keras_backend}"
    header = {"format": golden.FORMAT, "command": command, **made_by, "columns": columns}
    yield '{"header": ' + json.dumps(header) + ","
    yield '"variants": {'
    separators = [*[","] * (len(variants) - 1), ""]
    for (name, sections), separator in zip(variants.items(), separators, strict=True):
        body = ",\n".join(f"{json.dumps(dtype)}: {text(section)}" for dtype, section in sections.items())
        yield f"{json.dumps(name)}: {{\n{body}}}{separator}"
    yield "}}"


def text(section: dict[str, Any]) -> str:
    """Return a section as text, its points as lines of columns."""
    if "refused" in section:
        return json.dumps(section)
    parts = []
    for name in ("points", "special"):
        rows = zip(*map(numbers, section[name]), strict=True)
        parts.append(f'"{name}": [\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "]")
    return f'{{"returned": "{section["returned"]}",\n{", ".join(parts)}}}'


def numbers(array: Any) -> list[Any]:
    """Return the shortest decimals that name the numbers in their own dtype; NaN and infinities as strings."""
    if array.ndim > 1:
        return [numbers(row) for row in array]
    return [float(str(v)) if np.isfinite(v) else str(v) for v in array]


if __name__ == "__main__":
    main()
