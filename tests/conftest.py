"""Fixtures and options of all suites: findings that do not fail, the table of them, and a run's outcome as data."""

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import tests.findings
from tests.findings import Findings

OUTCOME_FORMAT = 2
"""Version of the file of `--outcome`. 1: first. 2: the seconds of each test."""
COUNTED = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of every suite."""
    group = parser.getgroup("activation-bench")
    group.addoption(
        "--strict-upstream",
        action="store_true",
        help="fail on new differences in what the framework computes, under a setting that is not recorded too",
    )
    group.addoption("--outcome", metavar="FILE", type=Path, help="write counts and findings to a JSON file")


@pytest.fixture(scope="session")
def findings(pytestconfig: pytest.Config) -> Findings:
    """Return the findings of this run under a setting that is not recorded."""
    return tests.findings.of(pytestconfig)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Print SAME, FIXED and NEW, and write the outcome if requested."""
    findings = tests.findings.of(config)
    if findings.all:
        terminalreporter.section("under a setting that is not recorded")
        for line in findings.lines():
            terminalreporter.line(line)
    if path := config.getoption("--outcome"):
        path.write_text(json.dumps(outcome(terminalreporter, int(exitstatus), findings), indent=1) + "\n")


def outcome(terminalreporter: Any, exitstatus: int, findings: Findings) -> dict[str, Any]:
    """Return the outcome of a run as built-in types."""
    counts = Counter({name: len(terminalreporter.stats.get(name, ())) for name in COUNTED})
    return {
        "format": OUTCOME_FORMAT,
        "status": exitstatus,
        **counts,
        "findings": [finding._asdict() for finding in findings.all if finding.verdict != "SAME"],
        "same": findings.count("SAME"),
        "seconds": seconds_of(terminalreporter),
    }


def seconds_of(terminalreporter: Any) -> dict[str, float]:
    """Return how long each test took with its set-up and tear-down, by its id."""
    seconds: dict[str, float] = {}
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid] = seconds.get(report.nodeid, 0.0) + report.duration
    return {test: round(time, 3) for test, time in seconds.items()}
