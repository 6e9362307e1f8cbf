"""`python -m bench.accuracy.certify`: make the certificates anew, or check the recorded ones."""

import sys
from collections.abc import Iterator, Sequence

import click
from rich.progress import track

from backends.activation import Variant
from bench.accuracy import certificate
from bench.accuracy.certificate import Certificate
from bench.accuracy.plan import Choice
from bench.accuracy.shards import DIRECTIONS
from bench.core.cli import run_cli
from bench.core.faults import BadInput
from bench.core.options import names

Certificates = dict[tuple[str, str], Certificate]


def elementwise() -> tuple[Variant, ...]:
    """Return the variants that have a fast exact value."""
    return Choice(all_cases=True).variants()


@click.command()
@click.option("--check", is_flag=True, help="Compare new certificates with the recorded ones; write nothing.")
@click.option("--activation", metavar="LIST", help="Certify these activations alone; the other certificates stay.")
def main(check: bool, activation: str | None) -> int:
    """Compare the fast exact value with arb, and record certificates in bench/accuracy/certificates.json."""
    chosen = Choice(activations=names(activation), all_cases=True).variants() if activation else elementwise()
    before = certificate.stored()
    certificates = dict(new_certificates(chosen))
    if check:
        differ = [
            f"{id_} {direction}"
            for (id_, direction), new in certificates.items()
            if before.get((id_, direction)) != new
        ]
        click.echo(f"{len(certificates)} certificates, {len(differ)} differ{': ' if differ else ''}{', '.join(differ)}")
        return int(bool(differ))
    refuse_changed(before, certificates)
    merged = {**before, **certificates}
    order = [(variant.id, direction) for variant in elementwise() for direction in DIRECTIONS]
    certificate.write(merged[key] for key in order if key in merged)
    worst = max(certificates.values(), key=lambda entry: entry.bound)
    click.echo(
        f"{len(certificates)} certificates of {sum(entry.checked for entry in certificates.values()):,} inputs; ",
        nl=False,
    )
    click.echo(f"largest bound {worst.bound:.3g} ({worst.variant} {worst.direction}) in {certificate.PATH}")
    return 0


def refuse_changed(before: Certificates, certificates: Certificates) -> None:
    """Raise BadInput if an exact value changed without its revision: earlier records would pass for current ones."""
    for key, new in certificates.items():
        old = before.get(key)
        places = certificate.changed_inputs(old, new.values) if old and old.truth == new.truth else []
        if places:
            raise BadInput(
                f"the exact {' '.join(key)} is another one at {', '.join(places[:3])}: raise TRUTH in "
                "bench/reference/__init__.py first"
            )


def new_certificates(variants: Sequence[Variant]) -> Iterator[tuple[tuple[str, str], Certificate]]:
    """Yield new certificates by variant and direction, and show the progress."""
    jobs = [(variant, direction) for variant in variants for direction in DIRECTIONS]
    for variant, direction in track(jobs, description="certify"):
        yield (variant.id, direction), certificate.certify(variant, direction)


if __name__ == "__main__":
    sys.exit(run_cli(main))
