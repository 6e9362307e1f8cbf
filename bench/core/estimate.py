"""Estimates of how long a run takes, from measured times of its parts."""

from collections.abc import Sequence

from bench.core.cases import PROFILES, Case, Choice

# Fitted to runs of the quick profile on two cores of an AMD EPYC of family 25; times of compiling are torch's, with
# empty caches in the first replicate and full ones later
START_SECONDS = 2.8
FIRST_SECONDS = {"eager": 0.12, "compiled": 0.75}
CASE_SECONDS = {"eager": 0.03, "compiled": 0.1}
ELEMENT_SECONDS = 3e-8  # inputs, calibration and verification
CALL_SECONDS = 2e-9  # an element of a call: a block has one call at least
BLOCKS = 1.9
"""The blocks of a cycle for each case: its own, and its share of those of copies and twins."""


def seconds(planned: Sequence[Case], choice: Choice, sides: int = 1) -> float:
    """Return the estimated seconds of all replicates of these cases."""
    profile = PROFILES[choice.profile]
    blocks = sum(BLOCKS * max(1.3 * profile.block_seconds, CALL_SECONDS * case.size) for case in planned)
    later = sum(CASE_SECONDS[case.mode] + ELEMENT_SECONDS * case.size for case in planned) + profile.cycles * blocks
    first = sum(FIRST_SECONDS[case.mode] - CASE_SECONDS[case.mode] for case in planned)
    workers = len({(case.backend, case.threads) for case in planned}) + 1  # the twin
    return sides * (first + profile.replicates * (later + START_SECONDS * workers))


def duration(span: float) -> str:
    """Return seconds in words, such as `40 s`, `12 min` or `3.4 h`."""
    if span < 120:
        return f"{span:.0f} s"
    return f"{span / 60:.0f} min" if span < 7200 else f"{span / 3600:.1f} h"


def about(planned: Sequence[Case], choice: Choice, sides: int = 1) -> str:
    """Return the estimated time of all replicates in words."""
    return duration(seconds(planned, choice, sides))
