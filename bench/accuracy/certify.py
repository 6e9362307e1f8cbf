"""`python -m bench.accuracy.certify`: make the certificates anew, or check those that are there."""

import sys
from collections.abc import Iterator, Sequence

import click
from rich.progress import track

from backends.activation import Variant
from bench.__main__ import names
from bench.accuracy import certificate
from bench.accuracy.certificate import Certificate
from bench.accuracy.plan import Choice
from bench.accuracy.shards import DIRECTIONS
from bench.cli import run_cli
from bench.faults import BadInput

Certificates = dict[tuple[str, str], Certificate]


def elementwise() -> tuple[Variant, ...]:
    """The variants that have a fast truth."""
    return Choice(all_cases=True).variants()


@click.command()
@click.option("--check", is_flag=True, help="Make them and compare with those that are there; write nothing.")
@click.option("--activation", metavar="LIST", help="Of these activations alone; the others stay.")
def main(check: bool, activation: str | None) -> int:
    """Hold the fast truth to arb and keep what was found, in bench/accuracy/certificates.json."""
    chosen = Choice(activations=names(activation), all_cases=True).variants() if activation else elementwise()
    before = certificate.stored()
    made = dict(made_anew(chosen))
    if check:
        differ = [f"{id_} {direction}" for (id_, direction), new in made.items() if before.get((id_, direction)) != new]
        click.echo(f"{len(made)} certificates, {len(differ)} differ{': ' if differ else ''}{', '.join(differ)}")
        return int(bool(differ))
    refuse_changed(before, made)
    everything = {**before, **made}
    order = [(variant.id, direction) for variant in elementwise() for direction in DIRECTIONS]
    certificate.write(everything[key] for key in order if key in everything)
    worst = max(made.values(), key=lambda one: one.bound)
    click.echo(f"{len(made)} certificates of {sum(one.checked for one in made.values()):,} inputs; ", nl=False)
    click.echo(f"largest bound {worst.bound:.3g} ({worst.variant} {worst.direction}) in {certificate.PATH}")
    return 0


def refuse_changed(before: Certificates, made: Certificates) -> None:
    """BadInput where an exact value has changed and its revision has not: records of before would pass for today's."""
    for key, new in made.items():
        old = before.get(key)
        places = certificate.changed(old, new.values) if old and old.truth == new.truth else []
        if places:
            raise BadInput(
                f"the exact {' '.join(key)} is another one at {', '.join(places[:3])}: raise TRUTH in "
                "bench/accuracy/record.py first"
            )


def made_anew(chosen: Sequence[Variant]) -> Iterator[tuple[tuple[str, str], Certificate]]:
    """With progress."""
    jobs = [(variant, direction) for variant in chosen for direction in DIRECTIONS]
    for variant, direction in track(jobs, description="certify"):
        yield (variant.id, direction), certificate.certify(variant, direction)


if __name__ == "__main__":
    sys.exit(run_cli(main))
