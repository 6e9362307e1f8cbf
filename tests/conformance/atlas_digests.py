"""Digests of all 16-bit results in the committed atlas, as JSON: backends' environments read no Parquet.

`python -m tests.conformance.atlas_digests` writes them anew from reports/atlas.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.accuracy import judge, plan
from bench.accuracy.shards import LAYOUTS, Shard, Subject
from bench.setting import Setting

PATH = Path(__file__).with_name("atlas_digests.json")
DTYPES = ("float16", "bfloat16")
Digests = dict[str, dict[str, Any]]
"""By backend: its `setting`, the `revision` of its functions, and `results` by `gelu backward float16`."""


def stored() -> Digests:
    """Return those in the repository."""
    found: Digests = json.loads(PATH.read_text())
    return found


def setting_of(backend: str) -> Setting:
    """Return the setting in which the atlas has judged a backend."""
    return Setting(**stored()[backend]["setting"])


def changed(backend: str) -> Iterator[str]:
    """Yield the subjects whose results have other bits here than in the atlas, though their revision is the same."""
    kept = stored()[backend]
    for name, digest in kept["results"].items():
        activation, direction, dtype = name.split()
        if plan.revision(backend, activation.partition("[")[0]) == kept["revision"]:
            shard = Shard(Subject(backend, activation, direction, dtype), 0, LAYOUTS[dtype].binades - 1)
            if joined([record.digest for record in judge.judge(shard).records]) != digest:
                yield name


def joined(digests: Sequence[str]) -> str:
    """Return the digest of a subject from those of its binades in order."""
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]


def of_atlas() -> Digests:
    """Return them from the committed atlas."""
    from bench.accuracy import store
    from reports.accuracy.load import ATLAS

    found: Digests = {}
    subjects: dict[tuple[str, str], list[str]] = {}
    for row in store.load([ATLAS]).table.to_pylist():  # binades rise: the key is their order
        if row["dtype"] in DTYPES and row["mode"] == "eager":
            place = {name: row[name] for name in Setting.__dataclass_fields__}
            found.setdefault(row["backend"], {"setting": place, "revision": row["revision"], "results": {}})
            name = f"{row['activation']} {row['direction']} {row['dtype']}"
            subjects.setdefault((row["backend"], name), []).append(row["digest"])
    for (backend, name), digests in subjects.items():
        found[backend]["results"][name] = joined(digests)
    return found


if __name__ == "__main__":
    PATH.write_text(json.dumps(of_atlas(), indent=1) + "\n")
