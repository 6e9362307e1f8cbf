"""Conditions that differ between two runs beside their code: environment variables and the cores used."""

from collections.abc import Iterator

from bench.core.machine import Environment, Machine
from reports import formats
from reports.data import cores
from reports.data.load import Run

UNSET = "not set"


def differences(base: Run, head: Run) -> list[str]:
    """Return each difference in words; a condition that a run does not record counts as equal."""
    return [*variables(base.environment, head.environment), *cores_used(base.machine, head.machine)]


def variables(base: Environment, head: Environment) -> Iterator[str]:
    """Yield each difference in words, as in `XLA_FLAGS: not set in base, '--xla_cpu_max_isa=AVX2' in head`."""
    if base.variables is None or head.variables is None:
        return
    base_variables, head_variables = user_variables(base), user_variables(head)
    for name in sorted(base_variables.keys() | head_variables.keys()):
        values = [
            repr(formats.short(side[name])) if name in side else UNSET for side in (base_variables, head_variables)
        ]
        if base_variables.get(name) != head_variables.get(name):
            yield f"{formats.short(name)}: {values[0]} in base, {values[1]} in head"


def user_variables(environment: Environment) -> dict[str, str]:
    """Return the variables that workers had as the user set them; those that a run replaces are left out."""
    recorded = environment.variables or {}
    return {name: value for name, value in recorded.items() if name not in environment.replaced_variables}


def cores_used(base: Machine, head: Machine) -> Iterator[str]:
    """Yield how the cores differ in kind, siblings or quota; the choice among like cores does not matter."""
    if base.cores_used is not None and head.cores_used is not None and cores.kind(base) != cores.kind(head):
        before, now = (cores.described(machine) or "unknown cores" for machine in (base, head))
        yield f"{formats.short(before)} in base, {formats.short(now)} in head"
