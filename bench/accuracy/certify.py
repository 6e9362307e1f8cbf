"""`python -m bench.accuracy.certify`: make the certificates anew, or check those that are there."""

import sys
from collections.abc import Iterator

import click
from rich.progress import track

from backends.activation import Variant, spelled, variants
from bench.accuracy import certificate
from bench.accuracy.certificate import Certificate
from bench.accuracy.shards import DIRECTIONS


def elementwise() -> list[Variant]:
    """The variants that have a fast truth."""
    return [variant for variant in variants() if variant.activation.kind == "elementwise"]


@click.command()
@click.option("--check", is_flag=True, help="Make them and compare with those that are there; write nothing.")
@click.option("--activation", multiple=True, help="Of these parameter cases alone; the others stay.")
def main(check: bool, activation: tuple[str, ...]) -> None:
    """Hold the fast truth to arb and keep what was found, in bench/accuracy/certificates.json."""
    try:
        chosen = [spelled(name) for name in activation] or elementwise()
    except LookupError as error:
        raise click.UsageError(str(error)) from None
    before = certificate.stored()
    made = dict(made_anew(chosen))
    if check:
        differ = [f"{id_} {direction}" for (id_, direction), new in made.items() if before.get((id_, direction)) != new]
        click.echo(f"{len(made)} certificates, {len(differ)} differ{': ' if differ else ''}{', '.join(differ)}")
        sys.exit(bool(differ))
    everything = {**before, **made}
    order = [(variant.id, direction) for variant in elementwise() for direction in DIRECTIONS]
    certificate.write(everything[key] for key in order if key in everything)
    worst = max(made.values(), key=lambda one: one.bound)
    click.echo(f"{len(made)} certificates of {sum(one.checked for one in made.values()):,} inputs; ", nl=False)
    click.echo(f"largest bound {worst.bound:.3g} ({worst.variant} {worst.direction}) in {certificate.PATH}")


def made_anew(chosen: list[Variant]) -> Iterator[tuple[tuple[str, str], Certificate]]:
    """With progress."""
    jobs = [(variant, direction) for variant in chosen for direction in DIRECTIONS]
    for variant, direction in track(jobs, description="certify"):
        yield (variant.id, direction), certificate.certify(variant, direction)


if __name__ == "__main__":
    main()
