"""What differs from the record under a setting that is not recorded: told in a table at the end of a run.

What a framework computes depends on the processor. Where nothing is recorded for it, a difference in what is the
framework's own is reported with an input that shows it, and fails the run with `--strict-upstream` alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pytest

Verdict = Literal["SAME", "FIXED", "NEW"]
VERDICTS: tuple[Verdict, ...] = ("SAME", "FIXED", "NEW")
SHOWN = 20
"""Lines of a table; the file of `--outcome` has them all."""


class Finding(NamedTuple):
    """One subject compared with what is recorded in another setting."""

    verdict: Verdict
    subject: str
    message: str = ""
    input: str = ""
    """One that shows it."""

    def __str__(self) -> str:
        place = f" at {self.input}" if self.input else ""
        return f"{self.verdict} {self.subject}{place}: {self.message}"


@dataclass
class Findings:
    """Those of one run."""

    is_strict: bool = False
    """Whether NEW fails."""
    compared_with: set[str] = field(default_factory=set)
    """Settings, in words."""
    all: list[Finding] = field(default_factory=list)

    def settle(self, findings: Iterable[Finding]) -> None:
        """Note findings; fail the test with the new ones where that is asked for."""
        kept = list(findings)
        self.all += kept
        new = [str(finding) for finding in kept if finding.verdict == "NEW"]
        if new and self.is_strict:
            pytest.fail("\n".join(new), pytrace=False)

    def count(self, verdict: Verdict) -> int:
        """Return how many subjects have this verdict."""
        return Counter(finding.verdict for finding in self.all)[verdict]

    def lines(self) -> Iterator[str]:
        """Yield the table: counts, then what is new, then what is fixed, a line each."""
        if self.compared_with:
            yield f"compared with what is recorded in {', '.join(sorted(self.compared_with))}"
        yield ", ".join(f"{verdict} {self.count(verdict)}" for verdict in VERDICTS)
        told = [f for verdict in ("NEW", "FIXED") for f in self.all if f.verdict == verdict]
        yield from map(str, told[:SHOWN])
        if len(told) > SHOWN:
            yield f"... and {len(told) - SHOWN} more: --outcome FILE names all"


FINDINGS = pytest.StashKey[Findings]()


def of(config: pytest.Config) -> Findings:
    """Return those of a run, made when they are first asked for."""
    return config.stash.setdefault(FINDINGS, Findings(is_strict=bool(config.getoption("--strict-upstream"))))
