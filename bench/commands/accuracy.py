"""`python -m bench accuracy`: judge every floating-point input."""

from pathlib import Path
from typing import Any

import click

import backends
from backends import spelling
from backends.interface import MODES
from bench.accuracy import plan, tls
from bench.accuracy.device import VARIABLE
from bench.accuracy.plan import Choice
from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from bench.accuracy.work import JUDGE
from bench.core.cases import DEVICES
from bench.core.cli import echo
from bench.core.options import SETTINGS, epilog, interpreter_option, interpreters, list_options, names

LIST_OPTIONS = {
    "backend": "Backends; all installed ones by default.",
    "activation": "Activations, or one parameter case such as relu[max_value=3.0]; all elementwise ones by default.",
    "direction": "forward, backward; both by default.",
    "mode": "eager (the default), compiled.",
    "dtype": "float16, bfloat16, float32 (the default).",
}


def expectations(items: tuple[str, ...]) -> dict[str, str]:
    """Return the expected version of each backend from items like `torch==2.13.0`."""
    versions = {}
    for item in items:
        alias, separator, version = item.partition("==")
        name = spelling.resolve(alias, backends.names())
        Choice(backends=(name,)).checked()
        if not separator or not version:
            raise LookupError(f"{item!r} is no version (an example: torch==2.13.0)")
        versions[name] = version
    return versions


def refuse_device(device: str, scheduler: str | None) -> None:
    """Raise LookupError for an unknown device, and for a device of workers that are not started here."""
    if device not in DEVICES:
        raise spelling.unknown("device", device, DEVICES)
    if scheduler and device != "cpu":
        raise LookupError(f"--device is of workers started here: start those of {scheduler} with {VARIABLE}={device}")


@click.group(
    invoke_without_command=True,
    context_settings=SETTINGS,
    epilog=epilog(
        "accuracy --activation gelu,tanh --shards 1/63",
        statuses={1: "a shard failed, or gave another result when repeated"},
    ),
)
@list_options(LIST_OPTIONS)
@click.option("--all-cases", is_flag=True, help="Every parameter case of the activations, not only the first.")
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
@click.option("--repeat", is_flag=True, help="Compute stored shards again, and report results that differ.")
@click.option("--scheduler", metavar="ADDRESS", help="Address of a Dask cluster whose workers serve the backends.")
@click.option("--tls-ca-file", default="", metavar="PATH", help="Certificate authority of that cluster.")
@click.option("--tls-cert", default="", metavar="PATH", help="Certificate of this client.")
@click.option("--tls-key", default="", metavar="PATH", help="Key of that certificate.")
@click.option(
    "--timeout", default=30.0, show_default=True, type=click.FloatRange(0), help="Seconds to wait for a worker."
)
@click.option(
    "--shard-timeout",
    default=1800.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds after which a shard is given up and its worker ended.",
)
@click.option(
    "--expect", multiple=True, metavar="NAME==VERSION", help="Refuse workers with another version. Repeatable."
)
@interpreter_option
@click.option(
    "--dashboard/--no-dashboard",
    default=True,
    show_default=True,
    help="Dask's dashboard, for a scheduler started here.",
)
@click.option("--judge", "judging", default=JUDGE, hidden=True)
@click.pass_context
def main(context: click.Context, /, **values: Any) -> int:
    """Judge every floating-point input.

    Values and derivatives of the elementwise activations are judged, and the results are stored.
    Stored shards are not computed again: the same command resumes a sweep that was interrupted.
    """
    if context.invoked_subcommand:
        return 0
    choice = Choice(
        backends=names(values["backend"], backends.names()),
        activations=names(values["activation"]),
        directions=names(values["direction"], DIRECTIONS),
        modes=names(values["mode"], MODES) or ("eager",),
        dtypes=names(values["dtype"], LAYOUTS) or ("float32",),
        stride=plan.stride(values["shards"]),
        all_cases=values["all_cases"],
    ).checked()
    values["device"] = spelling.resolve(values["device"], DEVICES)
    refuse_device(values["device"], values["scheduler"])
    expected, pythons = expectations(values["expect"]), interpreters(values["interpreter"])
    if values["only_list"]:
        for line in plan.describe(choice, plan.plan(choice)):
            echo(line)
        return 0
    from bench.accuracy import command

    store = Path(values["store"]).absolute()
    option_names = ("scheduler", "timeout", "shard_timeout", "repeat", "dashboard", "device", "judging")
    run_options = {name: values[name] for name in option_names}
    credentials = tls.TlsFiles(*(values[f"tls_{name}"] for name in ("ca_file", "cert", "key")))
    options = command.Options(
        store, pythons=pythons, expected=expected, credentials=credentials.checked(values["scheduler"]), **run_options
    )
    return command.sweep(choice, options)


@main.command()
@click.argument("stores", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), help="Folder of the packed files.")
def pack(stores: tuple[Path, ...], into: Path) -> int:
    """Pack the complete subjects of stores.

    STORES are folders of records, or packed files. One file is written per backend and setting; it replaces a packed
    file of the same name, whose records are kept if that file is among STORES.
    """
    from bench.accuracy import pack as packing

    written, left_out = packing.pack(stores, into)
    for line in left_out:
        echo(f"left out: {line}")
    for path in written:
        echo(f"{path}: {path.stat().st_size:,} bytes")
    return 0
