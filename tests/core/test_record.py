"""The typed form of a line of records: what it refuses, with the field, and that nothing is lost."""

import json
import re
from typing import Any

import pytest

from bench.core.record import Record, decode_record
from tests.core.conftest import ROOT

STORED = ROOT / "reports" / "examples" / "nvidia-h200-2026-11-27" / "runs" / "large-torch-compiled" / "records.jsonl"
LINES = STORED.read_bytes().splitlines()


def edited(**changes: Any) -> bytes:
    """Return a stored line with other values, those of the case with names that begin with `case_`."""
    content = json.loads(LINES[0])
    for name, value in changes.items():
        holder = content["case"] if name.startswith("case_") else content
        holder[name.removeprefix("case_")] = value
    return json.dumps(content).encode()


def test_a_stored_run_of_schema_2_is_read_without_loss() -> None:
    """The records of the committed run, with their times, memory and details, under the names of today's schema."""
    assert len(LINES) == 87
    for line in LINES:
        stored, read = json.loads(line), decode_record(line).as_json()
        assert (stored.pop("pass_number"), stored.pop("schema")) == (read.pop("replicate"), read.pop("schema") - 1)
        assert stored["extra"].pop("digest", "")
        assert (read.pop("copy_seconds"), read.pop("twin")) == ((), False)
        assert json.loads(json.dumps(read)) == stored


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"pass_number": "1"}, "replicate: expected int, got str"),
        ({"pass_number": True}, "replicate: expected int, got bool"),
        ({"block_seconds": [1e-5, -1.0]}, "block_seconds[1]: expected float >= 1e-12"),
        ({"case_size": 1.5}, "case.size: expected int, got float"),
        ({"case_size": 2**53}, "case.size: expected int <= 9007199254740991"),
        ({"case_dtype": "int8"}, "case.dtype: invalid enum value 'int8'"),
        ({"case_label": "x" * 1001}, "case.label: expected str of length <= 1000"),
        ({"side": "other"}, "side: invalid enum value 'other'"),
        ({"extra": {"cores_busy": 1e301}}, "extra.cores_busy: expected float < 1e+300"),
        ({"reason": "\ud800"}, "surrogates not allowed"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], fault: str) -> None:
    """With what is expected there."""
    with pytest.raises(ValueError, match=re.escape(fault)):
        decode_record(edited(**changes))


def test_fields_of_a_newer_version_are_left_out() -> None:
    """A field that is added leaves the schema as it is."""
    record = decode_record(edited(new=1, case_new=1, extra={"new": 1, "buffers": 2}))

    assert isinstance(record, Record)
    assert record.extra.buffers == 2
