"""Gradients for infinite and NaN cotangents where the derivative is 0: a product gives NaN, a mask gives 0."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.setting import Setting
from reports import formats
from reports.data.load import read_rows

PATH = Path(__file__).parent / "cotangents.json"


@dataclass(frozen=True)
class Gradient:
    """The result of a backend in one setting, at an input whose derivative is 0, for one cotangent."""

    column: str
    """The backend and its setting."""
    activation: str
    x: str
    dy: str
    dx: str


@dataclass(frozen=True)
class Convention:
    """Activations that have the same text in every column."""

    activations: tuple[str, ...]
    cells: tuple[str, ...]


def recorded(path: Path = PATH) -> list[Gradient]:
    """Return the recorded gradients of every setting."""
    return read_rows(path, gradient, "gradients")


def gradient(row: dict[str, Any]) -> Gradient:
    """Return the gradient that a row of the file holds."""
    dy, dx = (formats.category(row[name]) for name in ("dy", "dx"))
    column = f"{row['backend']} {Setting(**row['setting'])}"
    return Gradient(*map(formats.text, (column, row["activation"], row["x"], dy, dx)))


def columns(gradients: Iterable[Gradient]) -> list[str]:
    """Return the names of the columns, sorted."""
    return sorted({result.column for result in gradients})


def conventions(gradients: Iterable[Gradient]) -> list[Convention]:
    """Return the activations grouped by the texts of all columns, the largest group first."""
    cells: dict[str, dict[str, list[Gradient]]] = {}
    for result in gradients:
        cells.setdefault(result.activation, {}).setdefault(result.column, []).append(result)
    names = sorted({name for by_column in cells.values() for name in by_column})
    groups: dict[tuple[str, ...], list[str]] = {}
    for activation, by_column in cells.items():
        groups.setdefault(tuple(cell(by_column.get(name, [])) for name in names), []).append(activation)
    grouped = [Convention(tuple(sorted(activations)), texts) for texts, activations in groups.items()]
    return sorted(grouped, key=lambda group: (-len(group.activations), group.activations))


def cell(gradients: Iterable[Gradient]) -> str:
    """Return the gradients of one cell in short, split by cotangent and by input only where they differ."""
    by_dy: dict[str, dict[str, list[str]]] = {}
    for result in gradients:
        by_dy.setdefault(result.dy, {}).setdefault(result.dx.lstrip("-"), []).append(result.x)
    texts = {dy: gradients_text(by_dx) for dy, by_dx in by_dy.items()}
    if len(set(texts.values())) <= 1:
        return next(iter(texts.values()), "")
    return "; ".join(f"{dy}: {text}" for dy, text in texts.items())


def gradients_text(by_dx: dict[str, list[str]]) -> str:
    """Return the gradients for one cotangent, with their inputs where they differ."""
    if len(by_dx) == 1:
        return next(iter(by_dx))
    return ", ".join(f"{dx} at {' and '.join(xs)}" for dx, xs in by_dx.items())
