"""`python -m bench certify`: make the certificates of the fast exact values anew, or check the recorded ones."""

import click

from bench.core import installation
from bench.core.faults import BadInput
from bench.core.options import SETTINGS, epilog, names


@click.command(
    context_settings=SETTINGS,
    epilog=epilog("certify --check --activation gelu", statuses={1: "with --check, a certificate differs"}),
)
@click.option("--check", is_flag=True, help="Compare new certificates with the recorded ones; write nothing.")
@click.option("--activation", metavar="LIST", help="Certify these activations alone; the other certificates stay.")
def main(check: bool, activation: str | None) -> int:
    """Prove the bounds of the fast exact values.

    The values are compared with arb, and certificates are recorded in bench/accuracy/certificates.json.
    """
    if not (check or installation.is_clone()):
        raise BadInput("certificates are recorded beside the code, in a clone of this project (choose --check)")
    from bench.accuracy import certify

    variants = certify.elementwise(names(activation))
    return certify.check(variants) if check else certify.record(variants)
