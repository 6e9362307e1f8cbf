"""A run's folder and what lies in it. Nothing in it is ever half-written or overwritten.

results/<run>/plan.json          what was asked for, and every case: what `--resume` goes by
              environment.json   the machine, the versions, what each backend says of its build
              divergences.json   where each backend declares that it departs
              suspects.json      in a comparison: the cases that its second look measures
              records.jsonl      one `Record` per line, appended and flushed as each case finishes
              raw/               pytest-benchmark's own JSON, its output, and what each worker observed
              owner.json, .lock  who writes here; the system frees the lock of a process that is gone
"""

import contextlib
import errno
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cases import SCHEMA, Case, Choice, Record
from bench.faults import BadInput

BASE, HEAD = "base", "head"
NEEDED = {"case", "status", "block_seconds", "pass_number", "side", "schema", "extra"}
"""What every line of records has that a run goes by."""


class Busy(BadInput):
    """Another process writes to the folder of a run."""


class Full(OSError):
    """What was to be kept could not be: the disk is full, or a quota is."""


@dataclass(frozen=True)
class Side:
    """One of the environments that a run measures; an ordinary run has one, with no name."""

    interpreters: dict[str, str]
    """The Python that runs a backend; this one for the others."""
    name: str = ""
    label: str = ""
    """For a reader: `torch==2.12.0`."""
    checkout: str = ""
    """The folder whose `backends` is measured; empty for the one beside this package."""
    keras: bool = False
    """Whether Keras' own functions are measured in the place of the backend's."""
    variables: dict[str, str] = field(default_factory=dict)
    """Of the environment of its workers, beside what every worker has."""


@dataclass(frozen=True)
class Plan:
    """What a run does: enough to go on with it."""

    choice: Choice
    cases: tuple[Case, ...]
    sides: tuple[Side, ...]
    second_look: bool = False
    """Whether what may have changed between the sides is measured again in fresh passes."""
    programs: str = ""
    """A folder of compiled programs that outlives the run; empty for one of its own."""

    def save(self, folder: Path) -> None:
        """Write it to a run's folder."""
        cases = [{"id": case.id, **asdict(case), "parameters": dict(case.parameters)} for case in self.cases]
        rest = {"second_look": self.second_look, "programs": self.programs}
        sides = {side.name: asdict(side) for side in self.sides}
        write_json(folder / "plan.json", {"choice": asdict(self.choice), "sides": sides, **rest, "cases": cases})

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read it back; LookupError where the folder holds no plan."""
        try:
            saved = json.loads((folder / "plan.json").read_text())
            return cls(
                Choice(**saved["choice"]),
                tuple(map(case_from_json, saved["cases"])),
                tuple(Side(**side) for side in saved["sides"].values()),
                saved["second_look"],
                saved["programs"],
            )
        except FileNotFoundError:
            raise LookupError(f"{folder} holds no run to go on with") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LookupError(f"{folder / 'plan.json'} cannot be read: {error}") from None

    def side(self, name: str) -> Side:
        """The side of this name."""
        return next(side for side in self.sides if side.name == name)


def case_from_json(row: dict[str, Any]) -> Case:
    """A case from what `Plan` or a record says of it."""
    known = {known.name: row[known.name] for known in fields(Case) if known.name in row or known.default is MISSING}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in row["parameters"].items()}
    return Case(**{**known, "parameters": tuple(values.items())})


def suspects(folder: Path) -> frozenset[str] | None:
    """The ids that a second look measures; None before it was decided."""
    path = folder / "suspects.json"
    return frozenset(json.loads(path.read_text())) if path.exists() else None


def new_folder(results: Path, name: str | None) -> Path:
    """Make the folder of a new run, called by this name or the time; FileExistsError rather than an old one."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = [name] if name else [stamp, *(f"{stamp}-{n}" for n in range(2, 100))]
    free = next((folder for item in names if not (folder := results / item).exists()), None)
    if free is None:
        raise FileExistsError(f"{results / names[0]} is there already")
    (free / "raw").mkdir(parents=True)
    return free


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold the folder as the one process that writes to it; Busy, naming the other one, where there is one."""
    from filelock import FileLock, Timeout

    owner, lock = folder / "owner.json", FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        who = json.loads(owner.read_text()) if owner.exists() else {}
        raise Busy(
            f"{folder} is being written by process {who.get('process', '?')} since {who.get('since', '?')}"
        ) from None
    try:
        write_json(owner, {"process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
    finally:
        lock.release()


def write_json(path: Path, content: Any) -> None:
    """Write all of it or nothing."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(json.dumps(content, indent=1) + "\n")
    scratch.replace(path)


def append(folder: Path, *records: Record) -> None:
    """Append and flush; one write call a line, so that a killed process leaves whole lines. Full where that fails."""
    path = folder / "records.jsonl"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            write_all(handle, b"\n")  # ends what a full disk cut short
        for record in records:
            write_all(handle, json.dumps(record.as_json()).encode() + b"\n")
        os.fsync(handle)
    except OSError as error:
        raise Full(f"cannot write to {path}: {error.strerror}") from None
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes) -> None:
    """One write; OSError where only a part of it found room."""
    if os.write(handle, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def rows(folder: Path) -> list[dict[str, Any]]:
    """Every whole line of a run's records, as built-in types."""
    return [row for row in map(parsed, lines(folder)) if row is not None]


def damaged(folder: Path) -> list[str]:
    """Lines that are no records read here, with what is wrong. Their cases are not done.

    Cut short when their writer was killed, or of another schema.
    """
    found = enumerate(lines(folder), 1)
    return [f"records.jsonl line {n} is {fault(line)}" for n, line in found if line and parsed(line) is None]


def fault(line: bytes) -> str:
    """What is wrong with a line that is no record."""
    try:
        row = json.loads(line)
    except ValueError:
        return "damaged"
    other = isinstance(row, dict) and isinstance(row.get("schema"), int) and row["schema"] != SCHEMA
    return f"of schema {row['schema']}, where {SCHEMA} is read" if other else "damaged"


def lines(folder: Path) -> list[bytes]:
    """The lines of a run's records."""
    path = folder / "records.jsonl"
    return path.read_bytes().splitlines() if path.exists() else []


def parsed(line: bytes) -> dict[str, Any] | None:
    """A record's row, None for a damaged one."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(row, dict) and row.keys() >= NEEDED and row["schema"] == SCHEMA and isinstance(row["case"], dict)
    return row if whole and isinstance(row["case"].get("id"), str) else None


class Tail:
    """The records that come from now on. Reads no line twice: a run of hours has a hundred megabytes of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "records.jsonl"
        self.offset = self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        """Those that are new and whole."""
        if not self.path.exists() or self.path.stat().st_size == self.offset:
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            whole, _, _ = file.read().rpartition(b"\n")
        self.offset += len(whole) + 1 if whole else 0
        return [row for row in map(parsed, whole.splitlines()) if row is not None]


def missing(cases: Iterable[Case], folder: Path, pass_number: int, side: str = "") -> list[Case]:
    """The cases that a pass of a side has yet to measure: what failed in an earlier pass has failed."""
    mine = (row for row in rows(folder) if row["side"] == side and row["pass_number"] <= pass_number)
    done = {r["case"]["id"] for r in mine if r["pass_number"] == pass_number or r["status"] != "ok"}
    return [case for case in cases if case.id not in done]
