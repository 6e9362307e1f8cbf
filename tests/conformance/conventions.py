"""Conventions: a backend's results where mathematics leaves a choice, held to the record."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backends.activation import Variant, variants
from bench.core import setting
from bench.core.setting import Setting
from tests import behaviour, promises
from tests.behaviour import Behaviour, Line
from tests.findings import Finding, Findings

KIND = "conventions"


@dataclass
class Conventions:
    """The conventions of one backend: value and gradient in words, by variant and input."""

    backend: str
    setting: Setting
    folder: Path
    findings: Findings
    is_recording: bool = False
    measured: dict[str, Line] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the record of this setting, or else that of the most similar one."""
        self.exact = behaviour.load(KIND, self.backend, self.setting, self.folder)
        self.near = self.exact or behaviour.nearest(KIND, self.backend, self.setting, self.folder)

    def settle(self, variant: Variant, line: Line) -> None:
        """Fail the test where a convention differs from its record; in other settings the framework's are findings."""
        revision = setting.revision(self.backend, variant.activation.name)
        self.measured[variant.id] = line | ({"revision": revision} if revision != 1 else {})
        if self.is_recording or self.near is None:
            return
        recorded = self.near.subjects.get(variant.id, {})
        is_same_revision = behaviour.subject_revision(recorded) == revision
        changes = differences(recorded, line)
        is_held = self.exact is not None or promises.is_ours(self.backend, variant.id)
        if changes and is_held and is_same_revision:
            lines = [f"at {point}: {change}" for point, change in changes.items()]
            pytest.fail("\n".join([*lines, "record anew with --record"]), pytrace=False)
        if self.exact is None or not is_same_revision:
            self.findings.settle([finding(variant.id, changes)])

    def record(self) -> None:
        """Write all measurements beside the other records of this setting."""
        if self.measured:
            ids = {variant.id for variant in variants()}
            lines = {**(self.exact.subjects if self.exact else {}), **self.measured}
            subjects = {subject: line for subject, line in lines.items() if subject in ids}
            Behaviour(KIND, self.backend, self.setting, subjects).write(self.folder)


def differences(recorded: Line, measured: Line) -> dict[str, str]:
    """Return the changes by input, except at inputs that a recorded variant does not name yet."""
    points = [point for point in (recorded or measured) if point != "revision"]
    return {
        point: f"{recorded.get(point)} became {measured.get(point)}"
        for point in points
        if recorded.get(point) != measured.get(point)
    }


def finding(variant_id: str, changes: dict[str, str]) -> Finding:
    """Return how a variant compares with the record of another setting."""
    subject = f"{variant_id} conventions float32 eager"
    if not changes:
        return Finding("SAME", subject)
    point, change = next(iter(changes.items()))
    more = f", and at {len(changes) - 1} more" if len(changes) > 1 else ""
    return Finding("NEW", subject, change + more, point)
