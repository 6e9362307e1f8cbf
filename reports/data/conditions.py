"""Conditions that differ between two runs beside their code: environment variables and the cores used."""

from collections.abc import Iterator

from reports import formats
from reports.data import cores
from reports.data.load import Run
from reports.data.records import Row, as_dict

UNSET = "not set"


def differences(base: Run, head: Run) -> list[str]:
    """Return each difference in words; a condition that a run does not record counts as equal."""
    return [*variables(base.environment, head.environment), *cores_used(base.machine, head.machine)]


def variables(base: Row, head: Row) -> Iterator[str]:
    """Yield each difference in words, as in `XLA_FLAGS: not set in base, '--xla_cpu_max_isa=AVX2' in head`."""
    if not all(isinstance(environment.get("variables"), dict) for environment in (base, head)):
        return
    base_variables, head_variables = user_variables(base), user_variables(head)
    for name in sorted(base_variables.keys() | head_variables.keys()):
        values = [
            repr(formats.short(side[name])) if name in side else UNSET for side in (base_variables, head_variables)
        ]
        if base_variables.get(name) != head_variables.get(name):
            yield f"{formats.short(name)}: {values[0]} in base, {values[1]} in head"


def user_variables(environment: Row) -> Row:
    """Return the variables that workers had as the user set them; those that a run replaces are left out."""
    replaced = as_dict(environment.get("replaced_variables"))
    return {name: value for name, value in as_dict(environment.get("variables")).items() if name not in replaced}


def cores_used(base: Row, head: Row) -> Iterator[str]:
    """Yield how the cores differ in kind, siblings or quota; the choice among like cores does not matter."""
    if all("cores_used" in machine for machine in (base, head)) and cores.kind(base) != cores.kind(head):
        before, now = (cores.described(machine) or "unknown cores" for machine in (base, head))
        yield f"{formats.short(before)} in base, {formats.short(now)} in head"
