"""The ratchet: measured figures are recorded, and from then on neither worse nor better ones pass.

A figure is a number whose smaller value is better: a distance in ulp, a count of wrong results. In the setting in which
it was recorded, and with the same revision of the backend's function, it must be equal, up to the digits that are
written. Elsewhere it is compared with the nearest setting, and a difference is a finding rather than a fault.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.core import setting
from bench.core.setting import Setting
from tests import behaviour
from tests.behaviour import Behaviour, Line
from tests.findings import Finding, Verdict

DIGITS = 8
EXACT = 1e-6
"""The relative difference allowed where a figure was recorded: more than its digits lose."""
ELSEWHERE = 1.5, 1.0
"""The factor and the addend by which a figure may grow in another version, vendor or instruction set."""
UNFIGURED = ("revision", "digest")
"""The entries of a line that are not figures."""


@dataclass(frozen=True)
class Measured:
    """The measurements of one subject."""

    figures: dict[str, float]
    """The figures by name; one that is 0 can be left out."""
    inputs: dict[str, str] = field(default_factory=dict)
    """An input that shows a figure, by figure."""
    digest: str = ""
    """The digest of the bits of all results, where all were computed."""

    @property
    def line(self) -> Line:
        """The line as it is written: figures rounded, zeros left out."""
        return rounded(self.figures) | ({"digest": self.digest} if self.digest else {})

    def place(self, names: Iterable[str]) -> str:
        """Return an input that shows one of these figures, or the worst one where a count names none."""
        if inputs := [self.inputs[name] for name in names if name in self.inputs]:
            return inputs[0]
        return f"{self.inputs['worst']} (the worst)" if "worst" in self.inputs else ""


Sweep = dict[str, Measured]
"""The measurements by subject: words that name it."""


@dataclass
class Budget:
    """The figures of one sweep on one backend: recorded and measured."""

    kind: str
    backend: str
    setting: Setting
    exact: Behaviour | None
    """The record of this very setting."""
    near: Behaviour | None
    """The record of this setting or, for a subject without one, of the most similar setting."""
    measured: Sweep = field(default_factory=dict)
    subjects: set[str] | None = None
    """All subjects of a whole run, where they are known: other recorded ones are removed at the next recording."""

    def faults(self, sweep: Sweep) -> list[str]:
        """Return the differences from the record of this very setting, a line each."""
        self.measured |= sweep
        return [line for subject in filter(self.is_exact, sweep) for line in self._faults(subject, sweep[subject])]

    def findings(self, sweep: Sweep) -> list[Finding]:
        """Return how the other subjects compare with the record of another setting, or of an older revision."""
        self.measured |= sweep
        return [self._finding(subject, sweep[subject]) for subject in sweep if not self.is_exact(subject)]

    def is_exact(self, subject: str) -> bool:
        """Return whether better fails as well as worse: where this revision of the subject is recorded.

        A new subject has no record in the settings of machines that are unavailable.
        """
        if self.exact is None:
            return False
        line = self.exact.subjects.get(subject)
        return line is not None and behaviour.subject_revision(line) == self.revision(subject)

    def revision(self, subject: str) -> int:
        """Return the revision of the backend's function for a subject."""
        return setting.revision(self.backend, activation_of(subject))

    def _faults(self, subject: str, measured: Measured) -> list[str]:
        recorded = self.exact.subjects[subject] if self.exact else {}
        lines = [
            f"{subject}: {name} is {word}, recorded {old:g}, measured {new:g}"
            for name, (old, new) in pairs(recorded, measured.line).items()
            if (word := verdict(old, new, exact=True))
        ]
        if measured.digest and recorded.get("digest", measured.digest) != measured.digest:
            name = activation_of(subject)
            lines.append(f"{subject}: results changed: raise REVISIONS[{name!r}] of the backend {self.backend}")
        return lines

    def _finding(self, subject: str, measured: Measured) -> Finding:
        recorded = self.near.subjects.get(subject) if self.near else None
        if recorded is None:
            return Finding("NEW", subject, f"nothing recorded, measured {in_words(measured.line)}")
        compared = pairs(recorded, measured.line)
        words: tuple[tuple[Verdict, str], ...] = (("NEW", "worse"), ("FIXED", "better"))
        for word, expected in words:
            names = [name for name, pair in compared.items() if verdict(*pair, exact=False) == expected]
            if names:
                changes = ", ".join(f"{name} {compared[name][0]:g} -> {compared[name][1]:g}" for name in names)
                return Finding(word, subject, changes, measured.place(names))
        return Finding("SAME", subject)

    def record(self, folder: Path = behaviour.FOLDER) -> None:
        """Write the measurements beside the other records of this setting."""
        lines = {**(self.exact.subjects if self.exact else {}), **self._lines()}
        subjects = {
            subject: line for subject, line in lines.items() if self.subjects is None or subject in self.subjects
        }
        Behaviour(self.kind, self.backend, self.setting, subjects).write(folder)

    def _lines(self) -> dict[str, Line]:
        revisions = {subject: self.revision(subject) for subject in self.measured}
        extra = {subject: {"revision": n} if n != 1 else {} for subject, n in revisions.items()}
        return {subject: measured.line | extra[subject] for subject, measured in self.measured.items()}


def load(kind: str, backend: str, setting: Setting, folder: Path = behaviour.FOLDER) -> Budget:
    """Return the budget of a sweep as recorded in this setting, and in the most similar ones."""
    exact = behaviour.load(kind, backend, setting, folder)
    return Budget(kind, backend, setting, exact, behaviour.nearest(kind, backend, setting, folder))


def activation_of(subject: str) -> str:
    """Return the activation of a subject, which begins with a variant's id."""
    return subject.partition(" ")[0].partition("[")[0]


def pairs(recorded: Line, measured: Line) -> dict[str, tuple[float, float]]:
    """Return each figure as recorded and as measured; one that is left out is 0."""
    names = [name for name in dict.fromkeys((*recorded, *measured)) if name not in UNFIGURED]
    return {name: (float(recorded.get(name, 0.0)), float(measured.get(name, 0.0))) for name in names}


def verdict(recorded: float, measured: float, *, exact: bool) -> str:
    """Return `worse`, `better`, or nothing where the record holds."""
    factor, addend = (1 + EXACT, 0.0) if exact else ELSEWHERE
    if not measured <= recorded * factor + addend * (recorded > 0):
        return "worse"
    slack = EXACT * recorded if exact else recorded - (recorded - addend) / factor
    return "better" if measured < recorded - slack else ""


def rounded(figures: Mapping[str, float]) -> Line:
    """Return figures as they are written: zeros left out."""
    return {name: float(f"{value:.{DIGITS}g}") for name, value in figures.items() if value}


def recorded(line: Line) -> Measured:
    """Return a line as measurements, without inputs."""
    return Measured({name: value for name, value in line.items() if name not in UNFIGURED}, {}, line.get("digest", ""))


def in_words(line: Line) -> str:
    """Return the figures of a line as one text."""
    words = [f"{name} {value:g}" for name, value in line.items() if name not in UNFIGURED]
    return ", ".join(words) or "nothing wrong"
