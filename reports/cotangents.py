"""Infinite and NaN cotangents where the slope is 0: a product is NaN there and a mask gives 0, each a convention."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import formats
from reports.fault import BadRun
from reports.load import read_json
from reports.records import as_dict

PATH = Path(__file__).parent / "recorded" / "cotangents.json"


@dataclass(frozen=True)
class Gradient:
    """What a backend gave at one input whose slope is 0, for one cotangent."""

    backend: str
    setting: str
    activation: str
    x: str
    dy: str
    dx: str


@dataclass(frozen=True)
class Convention:
    """What each backend gives, for activations in which all of them do the same."""

    activations: tuple[str, ...]
    cells: tuple[str, ...]


def recorded(path: Path = PATH) -> list[Gradient]:
    """Return what is recorded; nothing where the file is not installed.

    Raises:
        BadRun: the file holds something else.
    """
    try:
        return [gradient(row) for row in as_dict(read_json(path, {})).get("rows", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise BadRun(f"{path} holds no gradients: {error!r}") from None


def gradient(row: dict[str, Any]) -> Gradient:
    """Return one line of the file."""
    setting = f"{row['version']}, {row['vendor']} {row['instruction_set']}"
    dy, dx = (formats.category(row[name]) for name in ("dy", "dx"))
    return Gradient(*map(formats.text, (row["backend"], setting, row["activation"], row["x"], dy, dx)))


def columns(gradients: Iterable[Gradient]) -> list[str]:
    """Return the backends, each with its setting, in order."""
    return sorted({f"{each.backend} ({each.setting})" for each in gradients})


def conventions(gradients: Iterable[Gradient]) -> list[Convention]:
    """Return the activations grouped by what all backends give; the largest group first."""
    results: dict[str, dict[str, list[Gradient]]] = {}
    for each in gradients:
        results.setdefault(each.activation, {}).setdefault(f"{each.backend} ({each.setting})", []).append(each)
    names = sorted({name for by_name in results.values() for name in by_name})
    groups: dict[tuple[str, ...], list[str]] = {}
    for activation, by_name in results.items():
        groups.setdefault(tuple(cell(by_name.get(name, [])) for name in names), []).append(activation)
    grouped = [Convention(tuple(sorted(activations)), cells) for cells, activations in groups.items()]
    return sorted(grouped, key=lambda group: (-len(group.activations), group.activations))


def cell(gradients: Iterable[Gradient]) -> str:
    """Return what one backend gives, in short: by cotangent where that matters, by input where that does too."""
    by_dy: dict[str, dict[str, list[str]]] = {}
    for each in gradients:
        by_dy.setdefault(each.dy, {}).setdefault(each.dx.lstrip("-"), []).append(each.x)
    texts = {dy: _results(by_dx) for dy, by_dx in by_dy.items()}
    if len(set(texts.values())) <= 1:
        return next(iter(texts.values()), "")
    return "; ".join(f"{dy}: {text}" for dy, text in texts.items())


def _results(by_dx: dict[str, list[str]]) -> str:
    if len(by_dx) == 1:
        return next(iter(by_dx))
    return ", ".join(f"{dx} at {' and '.join(xs)}" for dx, xs in by_dx.items())
