"""What differed between two runs beside their code: environment variables, and the cores that they ran on."""

from collections.abc import Iterator

from reports import cores, formats
from reports.load import Run
from reports.records import Row, as_dict

UNSET = "not set"


def differences(base: Run, head: Run) -> list[str]:
    """Return each difference in words; runs that do not record a condition are not said to differ in it."""
    return [*variables(base.environment, head.environment), *cores_used(base.machine, head.machine)]


def variables(base: Row, head: Row) -> Iterator[str]:
    """Yield `XLA_FLAGS: not set in base, '--xla_cpu_max_isa=AVX2' in head`."""
    if not all(isinstance(environment.get("variables"), dict) for environment in (base, head)):
        return
    ours, theirs = measured(base), measured(head)
    for name in sorted(ours.keys() | theirs.keys()):
        before, now = (repr(formats.short(own[name])) if name in own else UNSET for own in (ours, theirs))
        if ours.get(name) != theirs.get(name):
            yield f"{formats.short(name)}: {before} in base, {now} in head"


def measured(environment: Row) -> Row:
    """Return the variables that workers had as the user set them: those that a run replaces say nothing about it."""
    replaced = as_dict(environment.get("replaced_variables"))
    return {name: value for name, value in as_dict(environment.get("variables")).items() if name not in replaced}


def cores_used(base: Row, head: Row) -> Iterator[str]:
    """Yield how the cores differ in kind, siblings or quota; which of like cores does not matter."""
    if all("cores_used" in machine for machine in (base, head)) and cores.kind(base) != cores.kind(head):
        before, now = (cores.described(machine) or "unknown cores" for machine in (base, head))
        yield f"{formats.short(before)} in base, {formats.short(now)} in head"
