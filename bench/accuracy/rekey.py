"""`python -m bench.accuracy.rekey FILE...`: key packed files of schema 1 by the setting that computed them.

A file of schema 1 does not name the processor that computed it: the options of this command do.
"""

import sys
from pathlib import Path
from typing import Any

import click
import pyarrow.compute as pc

from bench.accuracy import migrate, pack, store
from bench.accuracy.form import FORM, KEYS, digest_of
from bench.core.cli import run_cli
from bench.core.faults import BadInput

FIGURES = [name for name in FORM.names if name not in KEYS]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vendor", required=True, help="Of the processor that computed them: amd, intel, arm, apple.")
@click.option("--instruction-set", required=True, help="Its widest, as a setting names it: avx2, avx512_bf16, neon.")
def main(files: tuple[Path, ...], vendor: str, instruction_set: str) -> int:
    """Write packed files of schema 1 anew under the names of their settings; no figure changes."""
    for path in files:
        before = table_of(path)
        after = migrate.set_processor(before, vendor, instruction_set)
        if digest_of(after.select(FIGURES)) != digest_of(before.select(FIGURES)):
            raise AssertionError(f"a figure of {path} would change")
        written = pack.write(after, path.parent)
        if path not in written:
            path.unlink()
        inputs = pc.sum(after["inputs"]).as_py()
        click.echo(
            f"{path.name} -> {', '.join(file.name for file in written)}: {len(after):,} records, {inputs:,} inputs"
        )
    return 0


def table_of(path: Path) -> Any:
    """Return the records of a file of schema 1; raise BadInput for any other file."""
    try:
        schema, table = store.read_with_schema(path)
    except (store.Damaged, store.ForeignSchema) as error:
        raise BadInput(str(error)) from None
    if schema != 1:
        raise BadInput(f"{path} is of schema {schema}, which names its setting already")
    return table


if __name__ == "__main__":
    sys.exit(run_cli(main))
