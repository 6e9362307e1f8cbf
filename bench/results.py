"""A run's folder and what lies in it. Nothing in it is ever half-written or overwritten.

results/<run>/plan.json          what was asked for, and every case: what `--resume` goes by
              environment.json   the machine, the versions, what each backend says of its build
              divergences.json   where each backend declares that it departs
              records.jsonl      one `Record` per line, appended and flushed as each case finishes
              raw/               pytest-benchmark's own JSON, its output, and what each worker observed
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cases import Case, Choice, Record


@dataclass(frozen=True)
class Plan:
    """What a run does: enough to go on with it."""

    choice: Choice
    cases: tuple[Case, ...]
    interpreters: dict[str, str]

    def save(self, folder: Path) -> None:
        """Write it to a run's folder."""
        cases = [{"id": case.id, **asdict(case), "parameters": dict(case.parameters)} for case in self.cases]
        write_json(
            folder / "plan.json", {"choice": asdict(self.choice), "interpreters": self.interpreters, "cases": cases}
        )

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read it back; LookupError where the folder holds no plan."""
        try:
            saved = json.loads((folder / "plan.json").read_text())
            return cls(
                Choice(**saved["choice"]), tuple(map(case_from_json, saved["cases"])), dict(saved["interpreters"])
            )
        except FileNotFoundError:
            raise LookupError(f"{folder} holds no run to go on with") from None
        except (ValueError, KeyError, TypeError) as error:
            raise LookupError(f"{folder / 'plan.json'} cannot be read: {error}") from None


def case_from_json(row: dict[str, Any]) -> Case:
    """A case from what `Plan` or a record says of it."""
    known = {field.name: row[field.name] for field in fields(Case)}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in row["parameters"].items()}
    return Case(**{**known, "parameters": tuple(values.items())})


def new_folder(results: Path, name: str | None) -> Path:
    """Make the folder of a new run, called by this name or the time; FileExistsError rather than an old one."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = [name] if name else [stamp, *(f"{stamp}-{n}" for n in range(2, 100))]
    free = next((folder for item in names if not (folder := results / item).exists()), None)
    if free is None:
        raise FileExistsError(f"{results / names[0]} is there already")
    (free / "raw").mkdir(parents=True)
    return free


def write_json(path: Path, content: Any) -> None:
    """Write all of it or nothing."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(json.dumps(content, indent=1) + "\n")
    scratch.replace(path)


def append(folder: Path, *records: Record) -> None:
    """Append and flush; one write call a line, so that a killed process leaves whole lines."""
    path = folder / "records.jsonl"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            os.write(handle, b"\n")  # ends what a full disk cut short
        for record in records:
            os.write(handle, json.dumps(record.as_json()).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Every whole line of a run's records, as built-in types."""
    path = folder / "records.jsonl"
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # cut short when its writer was killed: the case counts as not done
    return found


def size(folder: Path) -> int:
    """Bytes of records so far: it grows with each."""
    path = folder / "records.jsonl"
    return path.stat().st_size if path.exists() else 0


def missing(cases: Iterable[Case], folder: Path, pass_number: int) -> list[Case]:
    """The cases that a pass has no record of yet."""
    done = {row["case"]["id"] for row in rows(folder) if row["pass_number"] == pass_number}
    return [case for case in cases if case.id not in done]
