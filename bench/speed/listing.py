"""What a choice would run and about how long it takes. Imports nothing that measures."""

from collections import Counter

from bench.core import cases, estimate
from bench.core.cases import PROFILES, Case, Choice
from bench.core.cli import echo
from bench.core.faults import BadInput


def show(choice: Choice) -> int:
    """Print the number of cases by backend and about how long they take; return the exit status."""
    planned = planned_cases(choice)
    echo(f"profile {choice.profile}: {plan_size(planned, choice)} (measured on two cores of an EPYC)")
    for backend, count in Counter(case.backend for case in planned).items():
        own_cases = [case for case in planned if case.backend == backend]
        kinds = Counter((c.mode, c.direction) for c in own_cases if not c.is_reference)
        echo(
            f"  {backend:<12}{count:>5} cases  {estimate.about(own_cases, choice):>8}  "
            + ", ".join(f"{n} {m} {d}" for (m, d), n in kinds.items())
        )
    return 0


def plan_size(planned: tuple[Case, ...], choice: Choice, sides: int = 1) -> str:
    """Return the size of a plan in words, such as `452 cases in 3 replicates, about 4 min`."""
    replicates = PROFILES[choice.profile].replicates
    both = " of both sides" if sides > 1 else ""
    return f"{len(planned)} cases in {replicates} replicates{both}, about {estimate.about(planned, choice, sides)}"


def planned_cases(choice: Choice) -> tuple[Case, ...]:
    """Return the cases of a choice; raise BadInput where a chosen backend has none."""
    planned = cases.plan(choice)
    usable = {case.backend for case in planned if not case.is_reference}
    for backend in choice.backends or ():
        if backend not in usable:
            raise BadInput(f"backend {backend!r} has only mode {', '.join(cases.modes_of(backend))}")
    return tuple(case for case in planned if case.backend in usable)
