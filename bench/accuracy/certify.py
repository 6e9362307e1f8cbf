"""The making of certificates anew, and what refuses them: an exact value that changed without its revision."""

import sys
from collections.abc import Iterator, Sequence

from rich.progress import track

from backends.activation import Variant
from bench.accuracy import certificate
from bench.accuracy.certificate import Certificate
from bench.accuracy.plan import Choice
from bench.accuracy.shards import DIRECTIONS
from bench.core.cli import echo, refuse_moved
from bench.core.faults import BadInput

Certificates = dict[tuple[str, str], Certificate]


def elementwise(activations: Sequence[str] | None = None) -> tuple[Variant, ...]:
    """Return the variants that have a fast exact value, of all activations or of these."""
    return Choice(activations=activations, all_cases=True).variants()


def check(variants: Sequence[Variant]) -> int:
    """Compare new certificates with the recorded ones; return 1 if one differs."""
    before, certificates = certificate.stored(), dict(new_certificates(variants))
    differ = [
        f"{id_} {direction}" for (id_, direction), new in certificates.items() if before.get((id_, direction)) != new
    ]
    echo(f"{len(certificates)} certificates, {len(differ)} differ{': ' if differ else ''}{', '.join(differ)}")
    return int(bool(differ))


def record(variants: Sequence[Variant]) -> int:
    """Replace the certificates of these variants by new ones; the others stay."""
    before, certificates = certificate.stored(), dict(new_certificates(variants))
    refuse_changed(before, certificates)
    merged = {**before, **certificates}
    order = [(variant.id, direction) for variant in elementwise() for direction in DIRECTIONS]
    certificate.write(merged[key] for key in order if key in merged)
    worst = max(certificates.values(), key=lambda entry: entry.bound)
    checked = sum(entry.checked for entry in certificates.values())
    echo(
        f"{len(certificates)} certificates of {checked:,} inputs; "
        f"largest bound {worst.bound:.3g} ({worst.variant} {worst.direction}) in {certificate.PATH}"
    )
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
    sys.exit(refuse_moved("bench.accuracy.certify", "certify"))
