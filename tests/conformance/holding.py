"""Hold measurements to promises for this project's code, and to the record of this or a similar setting otherwise."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.core.setting import Setting
from tests import budgets, promises
from tests.budgets import Budget, Sweep
from tests.findings import Findings


@dataclass
class Hold:
    """The budgets of a run on one backend, by sweep."""

    backend: str
    setting: Setting
    folder: Path
    findings: Findings
    is_recording: bool = False
    """Whether the measured figures become the record instead of being compared with it."""
    budgets: dict[str, Budget] = field(default_factory=dict)

    def __call__(self, kind: str, sweep: Sweep) -> None:
        """Fail the test where figures break a promise or, in a recorded setting, differ from the record."""
        budget = self.budget(kind)
        faults, findings = budget.faults(sweep), budget.findings(sweep)
        if self.is_recording:
            faults, findings = [], []
        project_sweep = {subject: measured for subject, measured in sweep.items() if self.is_ours(subject)}
        faults += [line for subject, measured in project_sweep.items() for line in promises.broken(subject, measured)]
        if budget.near and findings:
            self.findings.compared_with.add(str(budget.near.setting))
        if faults:
            pytest.fail("\n".join(faults), pytrace=False)
        self.findings.settle(finding for finding in findings if finding.subject not in project_sweep)

    def check_subjects(self, kind: str, subjects: set[str]) -> None:
        """Fail the test unless the subjects of the record of this setting, and of this run, are exactly these."""
        budget = self.budget(kind)
        budget.subjects = subjects
        recorded = set(budget.exact.subjects) if budget.exact and not self.is_recording else set()
        assert not sorted((recorded | set(budget.measured)) - subjects), "recorded or measured, and no subject"
        assert not recorded or not sorted(subjects - recorded), "no record of these subjects"

    def budget(self, kind: str) -> Budget:
        """Return the budget of a sweep."""
        if kind not in self.budgets:
            self.budgets[kind] = budgets.load(kind, self.backend, self.setting, self.folder)
        return self.budgets[kind]

    def is_ours(self, subject: str) -> bool:
        """Return whether this project computes a subject, rather than the framework."""
        return promises.is_ours(self.backend, subject.partition(" ")[0])

    def record(self) -> None:
        """Write all measurements beside the other records of this setting."""
        for budget in self.budgets.values():
            if budget.measured:
                budget.record(self.folder)
