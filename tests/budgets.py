"""The ratchet: figures that were measured are recorded, and from then on neither worse nor better passes.

A figure is a number whose smaller value is better: a distance in ulp, a count of wrong results. Where it was recorded
(the framework's version, the processor's maker and its instruction set) it is held exactly, give or take how it is
written down; elsewhere only what is worse by more than another instruction set explains.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import setting

FOLDER = Path(__file__).parent / "conformance" / "budgets"
Figures = dict[str, dict[str, float]]
"""By key, words that name a subject, and by the figure's name; a figure that is 0 can be left out."""

DIGITS = 8
EXACT = 1e-6
"""What a figure may differ by where it was recorded: more than its digits lose."""
ELSEWHERE = 1.5, 1.0
"""Factor and addend that another version, maker or instruction set may add to a figure."""


@dataclass(frozen=True)
class Setting:
    """What figures depend on beside the code."""

    version: str
    """Of the framework."""
    instruction_set: str
    vendor: str
    """Of the processor: some libraries choose their code by it."""


def here(backend: Any, device: str = "cpu") -> Setting:
    """The setting of this process."""
    current = setting.current(backend, device)
    return Setting(current.version, current.instruction_set, current.vendor)


@dataclass
class Budget:
    """The figures of one sweep on one backend, as recorded and as found."""

    path: Path
    setting: Setting
    recorded_in: Setting | None
    recorded: Figures
    found: Figures = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """Whether better fails as well as worse."""
        return self.setting == self.recorded_in

    def settle(self, found: Figures) -> list[str]:
        """What is wrong with figures just found, line by line."""
        self.found |= rounded(found)
        return [line for key, figures in rounded(found).items() for line in self._lines(key, figures)]

    def _lines(self, key: str, figures: Mapping[str, float]) -> list[str]:
        if key not in self.recorded:
            return [f"{key}: nothing recorded, found {told(figures)}"]
        due = self.recorded[key]
        names = dict.fromkeys((*due, *figures))
        verdicts = {n: verdict(due.get(n, 0.0), figures.get(n, 0.0), exact=self.is_exact) for n in names}
        return [
            f"{key}: {n} is {word}, recorded {due.get(n, 0.0):g}, found {figures.get(n, 0.0):g}"
            for n, word in verdicts.items()
            if word
        ]

    def gone(self) -> list[str]:
        """After a whole run: what is recorded and was not found."""
        return [f"{key}: recorded, found nowhere" for key in self.recorded if key not in self.found]

    def record(self) -> None:
        """Keep what was found, sorted, one key a line; after a part of the run, beside what is kept already."""
        figures = {**(self.recorded if self.is_exact else {}), **self.found}
        lines = [f"{json.dumps(key)}: {json.dumps(figures[key])}" for key in sorted(figures)]
        self.path.parent.mkdir(exist_ok=True)
        head = json.dumps(asdict(self.setting))
        self.path.write_text('{"setting": ' + head + ',\n"figures": {\n' + ",\n".join(lines) + "\n}}\n")


def load(path: Path, setting: Setting) -> Budget:
    """What is recorded in a file; nothing where there is none."""
    if not path.exists():
        return Budget(path, setting, None, {})
    kept = json.loads(path.read_text())
    return Budget(path, setting, Setting(**kept["setting"]), kept["figures"])


def verdict(recorded: float, found: float, *, exact: bool) -> str:
    """`worse`, `better`, or nothing where the record holds."""
    factor, addend = (1 + EXACT, 0.0) if exact else ELSEWHERE
    if not found <= recorded * factor + addend * (recorded > 0):
        return "worse"
    return "better" if exact and found < recorded * (1 - EXACT) else ""


def rounded(figures: Figures) -> Figures:
    """As they are written: zeros left out."""
    return {key: {n: float(f"{v:.{DIGITS}g}") for n, v in each.items() if v} for key, each in figures.items()}


def told(figures: Mapping[str, float]) -> str:
    """Figures in a line."""
    return ", ".join(f"{name} {value:g}" for name, value in figures.items()) or "nothing wrong"
