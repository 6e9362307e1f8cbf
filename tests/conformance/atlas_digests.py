"""Digests of all 16-bit results in the committed atlas, as JSON, since backends' environments read no Parquet.

`python -m tests.conformance.atlas_digests` writes them anew from reports/atlas.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.accuracy import judge, plan
from bench.accuracy.shards import LAYOUTS, Shard, Subject
from bench.core.setting import Setting

PATH = Path(__file__).with_name("atlas_digests.json")
DTYPES = ("float16", "bfloat16")
Digests = dict[str, dict[str, Any]]
"""By backend: its `setting`, the `revision` of its functions, and `results` by subject: `gelu backward float16`."""


def read_digests() -> Digests:
    """Return the digests stored in the repository."""
    digests: Digests = json.loads(PATH.read_text())
    return digests


def setting_of(backend: str) -> Setting:
    """Return the setting in which the atlas has judged a backend."""
    return Setting(**read_digests()[backend]["setting"])


def changed_subjects(backend: str) -> Iterator[str]:
    """Yield the subjects whose results have other bits here than in the atlas, though their revision is the same."""
    stored = read_digests()[backend]
    for name, digest in stored["results"].items():
        activation, direction, dtype = name.split()
        if plan.revision(backend, activation.partition("[")[0]) == stored["revision"]:
            shard = Shard(Subject(backend, activation, direction, dtype), 0, LAYOUTS[dtype].binades - 1)
            if join_digests([record.digest for record in judge.judge(shard).records]) != digest:
                yield name


def join_digests(digests: Sequence[str]) -> str:
    """Return the digest of a subject from those of its binades, in order."""
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]


def compute_digests() -> Digests:
    """Return the digests of the committed atlas."""
    import pyarrow.compute as pc

    from bench.accuracy import store
    from reports.accuracy.load import ATLAS

    backends: Digests = {}
    subjects: dict[tuple[str, str], list[str]] = {}
    columns = [
        "activation",
        "direction",
        "dtype",
        "backend",
        *Setting.__dataclass_fields__,
        "revision",
        "mode",
        "digest",
    ]
    table = store.load([ATLAS]).table.select(columns)
    chosen = pc.field("dtype").isin(DTYPES) & (pc.field("mode") == "eager")
    for row in table.filter(chosen).to_pylist():  # sorted by key, so a subject's binades are in order
        fields = {name: row[name] for name in Setting.__dataclass_fields__}
        backends.setdefault(row["backend"], {"setting": fields, "revision": row["revision"], "results": {}})
        name = f"{row['activation']} {row['direction']} {row['dtype']}"
        subjects.setdefault((row["backend"], name), []).append(row["digest"])
    for (backend, name), digests in subjects.items():
        backends[backend]["results"][name] = join_digests(digests)
    return backends


if __name__ == "__main__":
    PATH.write_text(json.dumps(compute_digests(), indent=1) + "\n")
