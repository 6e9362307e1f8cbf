"""`python -m bench check`: hold a function of yours to the exact values of a definition."""

from pathlib import Path
from typing import Any

import click

from bench.core.cli import FAILED, echo
from bench.core.faults import BadInput
from bench.core.options import SETTINGS, epilog, interpreter_option, interpreters, names


@click.command(
    context_settings=SETTINGS,
    epilog=epilog(
        'check my.py:my_gelu --as "gelu[approximate=True]" --backend torch',
        "check my_package.nn:swish --as silu --backend jax --quick --junit check.xml",
        statuses={0: "it holds", 1: "it does not hold, or its process ended"},
    ),
)
@click.argument("function")
@click.option(
    "--as", "definition", required=True, metavar="NAME", help="What it should be, such as gelu or elu[alpha=2]."
)
@click.option("--backend", required=True, metavar="NAME", help="The framework that it is written for.")
@click.option("--dtype", metavar="LIST", help="float16, bfloat16, float32; all if not given.")
@click.option("--direction", metavar="LIST", help="forward, backward; both if not given.")
@click.option("--allow", multiple=True, metavar="LIST", help="ulp=N, or an error class: nan, infinite, zero, sign.")
@click.option("--parity", is_flag=True, help="Other bits at other lengths, offsets and shapes fail too.")
@click.option(
    "--backprop", default="", metavar="FUNCTION", help="The gradient (dy, x) -> dx, if the framework has none."
)
@click.option("--against", default="", metavar="FUNCTION", help="native, or a function: be no worse than it.")
@click.option(
    "--inputs", metavar="FILE", type=click.Path(path_type=Path), help="Your inputs (.npy), to show the effect."
)
@click.option("--quick", is_flag=True, help="16-bit inputs only, nothing compiled: for CI.")
@click.option("--timeout", default=120.0, show_default=True, type=click.FloatRange(1), help="Seconds for one part.")
@click.option(
    "--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Write the findings as JSON."
)
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write the findings as JUnit XML.")
@interpreter_option
def main(**values: Any) -> int:
    """Judge a function of yours at every 16-bit input.

    FUNCTION is file.py:name or package.module:name. Its values and gradients are held to the exact values of the
    definition that --as names.
    """
    from bench.check import judge, limits, plan, target

    target.parse(values["function"])
    for name in (values["backprop"], values["against"]):
        if name and name != target.NATIVE:
            target.parse(name)
    variant = judge.definition(values["definition"])
    quick_dtypes = plan.QUICK_DTYPES if values["quick"] else plan.DTYPES
    choice = plan.Choice(
        values["function"],
        variant.id,
        values["backend"],
        names(values["dtype"]) or quick_dtypes,
        names(values["direction"]) or plan.DIRECTIONS,
        values["backprop"],
        values["against"],
        values["quick"],
        user_inputs(values["inputs"]),
    ).checked()
    allowed = limits.parse(values["allow"], parity=values["parity"])
    for file in filter(None, (values["json_file"], values["junit"])):
        if not file.absolute().parent.is_dir():
            raise LookupError(f"no folder {str(file.parent)!r} to write {file.name} into")
    pythons = interpreters(values["interpreter"])
    from bench.check import command

    report = command.check(choice, variant, allowed, pythons.get(choice.backend), values["timeout"])
    if values["json_file"]:
        report.write_json(values["json_file"])
    if values["junit"]:
        report.write_junit(values["junit"])
    echo(report.verdict)
    return 0 if report.holds else FAILED


def user_inputs(path: Path | None) -> Any:
    """Return the numbers of an .npy file; None without one; raise BadInput where it holds none."""
    if path is None:
        return None
    import numpy as np

    try:
        values = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise BadInput(f"{path} is no .npy file: {error}") from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu" or not values.size:
        raise BadInput(f"{path} holds no array of numbers")
    return values.astype(np.float64).reshape(-1)
