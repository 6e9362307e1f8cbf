"""Differences from the record under a setting that is not recorded, listed in a table at the end of a run.

The results of a framework depend on the processor. Where nothing is recorded for it, a difference in the framework's
code is reported with an input that shows it, and fails the run only with `--strict-upstream`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pytest

Verdict = Literal["SAME", "FIXED", "NEW"]
VERDICTS: tuple[Verdict, ...] = ("SAME", "FIXED", "NEW")
SHOWN = 20
"""The number of lines of a table; the file of `--outcome` has them all."""


class Finding(NamedTuple):
    """One subject compared with the record of another setting."""

    verdict: Verdict
    subject: str
    message: str = ""
    input: str = ""
    """An input that shows the difference."""

    def __str__(self) -> str:
        place = f" at {self.input}" if self.input else ""
        return f"{self.verdict} {self.subject}{place}: {self.message}"


@dataclass
class Findings:
    """The findings of one run."""

    is_strict: bool = False
    """Whether NEW fails."""
    compared_with: set[str] = field(default_factory=set)
    """The settings, in words."""
    all: list[Finding] = field(default_factory=list)

    def settle(self, findings: Iterable[Finding]) -> None:
        """Add findings; fail the test with the new ones in a strict run."""
        new_findings = list(findings)
        self.all += new_findings
        new = [str(finding) for finding in new_findings if finding.verdict == "NEW"]
        if new and self.is_strict:
            pytest.fail("\n".join(new), pytrace=False)

    def count(self, verdict: Verdict) -> int:
        """Return how many subjects have this verdict."""
        return Counter(finding.verdict for finding in self.all)[verdict]

    def lines(self) -> Iterator[str]:
        """Yield the table: counts, then new findings, then fixed ones, a line each."""
        if self.compared_with:
            yield f"compared with what is recorded in {', '.join(sorted(self.compared_with))}"
        yield ", ".join(f"{verdict} {self.count(verdict)}" for verdict in VERDICTS)
        shown = [f for verdict in ("NEW", "FIXED") for f in self.all if f.verdict == verdict]
        yield from map(str, shown[:SHOWN])
        if len(shown) > SHOWN:
            yield f"... and {len(shown) - SHOWN} more: --outcome FILE names all"


FINDINGS = pytest.StashKey[Findings]()


def of(config: pytest.Config) -> Findings:
    """Return the findings of a run, created on first use."""
    return config.stash.setdefault(FINDINGS, Findings(is_strict=bool(config.getoption("--strict-upstream"))))
