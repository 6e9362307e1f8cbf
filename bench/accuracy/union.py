"""The union of records from several files: each record once, and the keys that have several records."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.accuracy.form import KEYS, digest_of


def unite(table: Any) -> tuple[Any, list[str]]:
    """Return each record once, sorted by key, and a line for each subject that has several records of one binade."""
    places = table.select(KEYS).append_column("at", pa.array(range(len(table)), pa.int64()))
    groups = places.group_by(list(KEYS)).aggregate([("at", "list")])["at_list"]
    drop, order, several = set[int](), dict[int, str](), dict[str, list[int]]()
    repeated = groups.filter(pc.greater(pc.list_value_length(groups), 1))
    # a record's text tells bits apart as its digest does, in a tenth of the time
    texts = map(repr, records(table.take(repeated.combine_chunks().flatten())))
    for rows in repeated.to_pylist():
        contents = dict(zip(itertools.islice(texts, len(rows)), rows, strict=True))
        drop |= set(rows) - set(contents.values())
        if len(contents) > 1:
            order |= {row: digest_of(table.slice(row, 1)) for row in contents.values()}
            first = table.slice(rows[0], 1).to_pylist()[0]
            several.setdefault(subject_label(first), []).append(first["binade"])
    unique = [row for row in range(len(table)) if row not in drop]
    marked = table.append_column("order", pa.array([order.get(row, "") for row in range(len(table))], pa.string()))
    ordered = marked.take(pa.array(unique, pa.int64())).sort_by([(key, "ascending") for key in (*KEYS, "order")])
    return ordered.drop_columns(["order"]).combine_chunks(), [
        f"{name}: binades {spans(binades)}" for name, binades in sorted(several.items())
    ]


def records(table: Any) -> Iterator[dict[str, Any]]:
    """Yield a table's rows, a few thousand of them in memory at a time."""
    for batch in table.to_batches(max_chunksize=4096):
        yield from batch.to_pylist()


def subject_label(row: dict[str, Any]) -> str:
    """Return a record's subject, its setting, its revision unless it is the first, and its share of inputs."""
    subject = "-".join(row[name] for name in ("backend", "activation", "direction", "dtype", "mode"))
    parts = [row["version"], row["build"], f"{row['vendor']} {row['instruction_set']}"]
    parts += [f"{row['threads']} threads"] if row["threads"] != 1 else []
    parts += [f"revision {row['revision']}"] if row["revision"] != 1 else []
    return f"{subject} ({', '.join([*parts, '1/' + str(row['stride'])])})"


def spans(numbers: Iterable[int]) -> str:
    """Return numbers as a list of ranges: `0-31, 40`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in runs)
