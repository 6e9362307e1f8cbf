"""Lines of a run's records that another version of the project wrote: they are named, not counted as damaged."""

import json
from pathlib import Path

import pytest

from bench.core import results
from bench.core.cases import Choice, plan
from bench.core.record import FORMER_SCHEMA, SCHEMA, Record


@pytest.mark.parametrize("schema", [1, SCHEMA + 1])
def test_another_schema_is_named(schema: int, tmp_path: Path) -> None:
    """An older or newer schema is named with its number, beside lines that are damaged."""
    row = Record.of(plan(Choice(backends=("numpy",), activations=("relu",)))[0], "ok", block_seconds=(1.0,)).as_json()
    lines = [row, row | {"schema": schema}, {"schema": SCHEMA}, row | {"replicate": "1"}]
    text = [*map(json.dumps, lines), '{"schema": 1, "cut']
    (tmp_path / "records.jsonl").write_text("\n".join(text))

    assert results.damaged(tmp_path) == [
        f"records.jsonl line 2 is of schema {schema}, where {FORMER_SCHEMA} and {SCHEMA} are read",
        *(f"records.jsonl line {number} is damaged" for number in (3, 4, 5)),
    ]
