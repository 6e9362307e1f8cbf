"""`python -m bench.accuracy`: sweep all floating-point numbers. Everything heavy is imported when it is needed."""

import sys
from pathlib import Path
from typing import Any

import click

from bench.__main__ import interpreters, names
from bench.accuracy import plan, tls
from bench.accuracy.device import VARIABLE
from bench.accuracy.plan import Choice
from bench.accuracy.work import JUDGE
from bench.cases import DEVICES
from bench.cli import run_cli
from bench.command import say

LIST_OPTIONS = {
    "backend": "Backends; all installed ones if not given.",
    "activation": "Activations, or one parameter case such as relu[max_value=3.0]; all elementwise ones if not given.",
    "direction": "Of forward, backward.",
    "mode": "Of eager, which is taken if not given, and compiled.",
    "dtype": "Of float16, bfloat16, float32, which is taken if not given.",
}


def options(function: Any) -> Any:
    """The comma lists, in the order of the table."""
    for name, words in reversed(LIST_OPTIONS.items()):
        function = click.option(f"--{name}", metavar="LIST", help=words)(function)
    return function


def expectations(given: tuple[str, ...]) -> dict[str, str]:
    """`torch==2.13.0`, one for each."""
    found = {}
    for item in given:
        name, separator, version = item.partition("==")
        Choice(backends=(name,)).checked()
        if not separator or not version:
            raise LookupError(f"{item!r} is no version (an example: torch==2.13.0)")
        found[name] = version
    return found


def refuse_device(device: str, scheduler: str | None) -> None:
    """LookupError for a device that does not exist, and for one of workers that are not ours to start."""
    if device not in DEVICES:
        raise LookupError(f"unknown device {device!r} (choose from {', '.join(DEVICES)})")
    if scheduler and device != "cpu":
        raise LookupError(f"--device is of workers started here: start those of {scheduler} with {VARIABLE}={device}")


@click.group(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@options
@click.option("--all-cases", is_flag=True, help="Every parameter case of the activations, not the first alone.")
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu.")
@click.option(
    "--shards",
    default="1",
    show_default=True,
    metavar="1/N",
    help="Every N-th input of each binade; an odd N meets all last bits.",
)
@click.option("--store", default="results/accuracy", show_default=True, type=click.Path(), help="Folder of records.")
@click.option("--list", "only_list", is_flag=True, help="Show what would be computed.")
@click.option("--repeat", is_flag=True, help="Compute what is there again: is the result the same?")
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster whose workers serve the backends.")
@click.option("--tls-ca-file", default="", metavar="PATH", help="Of that cluster, as `dask scheduler` takes it.")
@click.option("--tls-cert", default="", metavar="PATH", help="Our certificate there.")
@click.option("--tls-key", default="", metavar="PATH", help="Its key.")
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0), help="Seconds without a worker.")
@click.option(
    "--shard-timeout",
    default=1800.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds until a shard is given up and its worker ended.",
)
@click.option("--expect", multiple=True, metavar="NAME==VERSION", help="Refuse workers with another. Repeatable.")
@click.option("--interpreter", multiple=True, metavar="NAME=PATH", help="The Python that runs a backend. Repeatable.")
@click.option("--dashboard/--no-dashboard", default=True, show_default=True, help="Dask's, of a scheduler of our own.")
@click.option("--judge", "judging", default=JUDGE, hidden=True)
@click.pass_context
def main(context: click.Context, /, **given: Any) -> int:
    """Judge every floating-point input of the elementwise activations, value and slope, and keep what was found.

    What is in the store is not computed again: the same command goes on with a sweep that was cut short.
    """
    if context.invoked_subcommand:
        return 0
    choice = Choice(
        backends=names(given["backend"]),
        activations=names(given["activation"]),
        directions=names(given["direction"]),
        modes=names(given["mode"]) or ("eager",),
        dtypes=names(given["dtype"]) or ("float32",),
        stride=plan.stride(given["shards"]),
        all_cases=given["all_cases"],
    ).checked()
    refuse_device(given["device"], given["scheduler"])
    expected, pythons = expectations(given["expect"]), interpreters(given["interpreter"])
    if given["only_list"]:
        for line in plan.described(choice, plan.plan(choice)):
            say(line)
        return 0
    from bench.accuracy import command

    store = Path(given["store"]).absolute()
    names_of_rest = ("scheduler", "timeout", "shard_timeout", "repeat", "dashboard", "device", "judging")
    rest = {name: given[name] for name in names_of_rest}
    credentials = tls.TlsFiles(*(given[f"tls_{name}"] for name in ("ca_file", "cert", "key")))
    options = command.Options(
        store, pythons=pythons, expected=expected, credentials=credentials.checked(given["scheduler"]), **rest
    )
    return command.sweep(choice, options)


@main.command()
@click.argument("stores", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), help="Folder of the packed files.")
def pack(stores: tuple[Path, ...], into: Path) -> int:
    """Write the complete subjects of stores, or of packed files, as one file per backend and version."""
    from bench.accuracy import pack as packing

    written, left_out = packing.pack(stores, into)
    for line in left_out:
        say(f"left out: {line}")
    for path in written:
        say(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(main))
