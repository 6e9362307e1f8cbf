"""Estimates of how long a run takes, from measured times of its parts."""

from collections.abc import Sequence

from bench.core.cases import PROFILES, Case, Choice

# Fitted to runs of the quick and the standard profile on an AMD EPYC of family 25 (4.3 and 16.5 minutes); times of
# compiling are torch's, with empty caches in the first pass and full ones later
START_SECONDS = 4.0
FIRST_SECONDS = {"eager": 0.08, "compiled": 0.5}
CASE_SECONDS = {"eager": 0.02, "compiled": 0.1}
ELEMENT_SECONDS = 3e-8  # inputs, calibration and verification


def seconds(planned: Sequence[Case], choice: Choice, sides: int = 1) -> float:
    """Return the estimated seconds of all passes over these cases."""
    profile = PROFILES[choice.profile]
    blocks = profile.blocks * profile.block_seconds
    later = sum(CASE_SECONDS[case.mode] + blocks + ELEMENT_SECONDS * case.size for case in planned)
    first = sum(FIRST_SECONDS[case.mode] - CASE_SECONDS[case.mode] for case in planned)
    workers = len({(case.backend, case.threads) for case in planned})
    return sides * (first + profile.passes * (later + START_SECONDS * workers))


def duration(span: float) -> str:
    """Return seconds in words, such as `40 s`, `12 min` or `3.4 h`."""
    if span < 120:
        return f"{span:.0f} s"
    return f"{span / 60:.0f} min" if span < 7200 else f"{span / 3600:.1f} h"


def about(planned: Sequence[Case], choice: Choice, sides: int = 1) -> str:
    """Return the estimated time of all passes in words."""
    return duration(seconds(planned, choice, sides))
