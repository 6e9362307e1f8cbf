"""Key the certificates in the repository by the revision of the exact values; no figure changes.

They were made from the code that there is: `provenance.digest` of every variant was the digest in its certificate.
"""

import json

from backends.activation import spelled
from bench.accuracy import certificate
from bench.accuracy.record import TRUTH

if __name__ == "__main__":
    before = json.loads(certificate.PATH.read_text())
    rows = [
        row | {"truth": TRUTH, "values": certificate.sample(spelled(row["variant"]), row["direction"])}
        for row in before
    ]
    order = list(certificate.Certificate.__dataclass_fields__)
    after = [{name: row[name] for name in order} for row in rows]
    kept = [name for name in order if name not in ("truth", "values")]
    assert [[row[name] for name in kept] for row in after] == [[row[name] for name in kept] for row in before]
    certificate.write(certificate.Certificate(**row) for row in after)
