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
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import reading
from bench.cases import Case, Choice, Record
from bench.decode import decode
from bench.faults import BadInput
from bench.rows import ForeignSchema, Row, decoded
from bench.text import one_line

BASE, HEAD = "base", "head"
UNBORN = ".new-"
"""Begins the name of a run's folder until it holds all that a run begins with."""
UNBORN_SECONDS = 3600.0
"""After which nobody fills one any more; it takes less than one."""
SCRATCH = ".*.json.*"
"""Files of `write_json` that are not whole yet."""


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
        """Read it back; BadInput where the folder holds no plan, or one that no run can have."""
        path = folder / "plan.json"
        try:
            return plan_from_json(reading.json_file(path))
        except FileNotFoundError:
            raise BadInput(f"{folder} holds no run to go on with") from None
        except (ValueError, TypeError, LookupError) as error:
            raise BadInput(f"{path} cannot be read: {reading.reason(error)}") from None

    def side(self, name: str) -> Side:
        """The side of this name."""
        return next(side for side in self.sides if side.name == name)


def plan_from_json(saved: Any) -> Plan:
    """The plan that its file holds; ValueError, TypeError or LookupError for what is none."""
    if not isinstance(saved, dict):
        raise ValueError("it is no plan")
    saved = {"cases": [], "sides": {}} | saved
    choice = decode(Choice, saved.get("choice"), "choice").checked()
    cases = tuple(checked_case(case_from_json(row)) for row in decode(list[Any], saved["cases"], "cases"))
    sides = tuple(decode(dict[str, Side], saved["sides"], "sides").values())
    if tuple(side.name for side in sides) not in (("",), (BASE, HEAD)) or len(saved["sides"]) != len(sides):
        raise ValueError("sides are neither one without a name nor base and head")
    if not cases:
        raise ValueError("cases are missing")
    again, programs = (decode(kind, saved.get(name), name) for kind, name in ((bool, "second_look"), (str, "programs")))
    return Plan(choice, cases, sides, bool(again), str(programs))


def case_from_json(row: Any) -> Case:
    """A case from what `Plan` or a record says of it; ValueError, TypeError or LookupError for what is none."""
    given = dict(row) if isinstance(row, dict) else {}
    values = decode(dict[str, Any], given.get("parameters"), "a case's parameters")
    pairs = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in values.items())
    return replace(decode(Case, given | {"parameters": []}, "a case"), parameters=pairs)


def checked_case(case: Case) -> Case:
    """Itself; ValueError, TypeError or LookupError for one that cannot be measured here."""
    choice = Choice((case.backend,), directions=(case.direction,), modes=(case.mode,), dtypes=(case.dtype,))
    replace(choice, device=case.device, cache=case.cache).checked()
    if min(case.size, case.threads) < 1:
        raise ValueError(f"a case of size {case.size} on {case.threads} threads")
    case.bytes_moved + hash(case)  # whose parameters are those of its activation
    return case


def suspects(folder: Path) -> frozenset[str] | None:
    """The ids that a second look measures; None before it was decided, BadInput where the file is damaged."""
    path = folder / "suspects.json"
    try:
        return frozenset(decode(list[str], reading.json_file(path), "its content"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BadInput(f"{path} cannot be read: {error}; without it, it is decided again") from None


def new_folder(results: Path, name: str | None, fill: Callable[[Path], None]) -> Path:
    """Make the folder of a new run, called by this name or the time; FileExistsError rather than an old one.

    It appears with all that `fill` writes into it, or not at all: a run that is there can be resumed.
    """
    results.mkdir(parents=True, exist_ok=True)
    remove_scratch(results, f"{UNBORN}*", UNBORN_SECONDS)
    scratch = results / f"{UNBORN}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        (scratch / "raw").mkdir(parents=True)
        fill(scratch)
        return published(scratch, results, name)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def published(scratch: Path, results: Path, name: str | None) -> Path:
    """Rename a folder that is ready to the first free name: of two that want the same one, one is the first."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = [name] if name else [stamp, *(f"{stamp}-{n}" for n in range(2, 100))]
    for folder in (results / item for item in names):
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            try:
                return scratch.rename(folder)
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:
                    raise
    raise FileExistsError(f"{results / names[0]} is there already")


def remove_scratch(folder: Path, pattern: str, seconds: float = 0.0) -> None:
    """Remove what a killed writer left: what has such a name and is older than a writer takes."""
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime < seconds:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold the folder as the one process that writes to it; Busy, naming the other one, where there is one."""
    from filelock import FileLock, Timeout

    owner, lock = folder / "owner.json", FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Busy(f"{folder} is being written by {writer(owner)}") from None
    try:
        for place in (folder, folder / "raw"):  # nobody else writes here
            remove_scratch(place, SCRATCH)
        write_json(owner, {"process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
    finally:
        lock.release()


def writer(owner: Path) -> str:
    """The process that its file names; `another process` where the file is damaged."""
    try:
        process, since = (str(reading.json_file(owner)[name]) for name in ("process", "since"))
    except (BadInput, OSError, LookupError, TypeError):
        return "another process"
    return f"process {one_line(process, 20)} since {one_line(since, 40)}"


def write_json(path: Path, content: Any) -> None:
    """Write all of it or nothing."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_text(json.dumps(content, indent=1) + "\n")
        scratch.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def append(folder: Path, *records: Record) -> None:
    """Append and flush; one write call a line, so that a killed process leaves whole lines. Full where that fails."""
    path = folder / "records.jsonl"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            write_all(handle, b"\n")  # ends what a full disk cut short
        for record in records:
            write_all(handle, json.dumps(bounded(record.as_json())).encode() + b"\n")
        os.fsync(handle)
    except OSError as error:
        raise Full(f"cannot write to {path}: {error.strerror}") from None
    finally:
        os.close(handle)


def bounded(row: Row) -> Row:
    """The row with its messages in a line each: a framework's may have megabytes."""
    extra = {name: one_line(value) if isinstance(value, str) else value for name, value in row["extra"].items()}
    return row | {"reason": one_line(row["reason"]), "extra": extra}


def write_all(handle: int, data: bytes) -> None:
    """One write; OSError where only a part of it found room."""
    if os.write(handle, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def rows(folder: Path) -> list[Row]:
    """Every whole line of a run's records, as built-in types."""
    return [row for row in map(parsed, lines(folder)) if row is not None]


def damaged(folder: Path) -> list[str]:
    """Lines that are no records read here, with what is wrong. Their cases are not done.

    Cut short when their writer was killed, or of another schema.
    """
    found = enumerate(lines(folder), 1)
    return [f"records.jsonl line {n} is {fault(line)}" for n, line in found if line and parsed(line) is None]


def fault(line: bytes) -> str:
    """Return what is wrong with a line that is no record."""
    try:
        decoded(line)
    except ForeignSchema as error:
        return str(error)
    except (ValueError, RecursionError):
        pass
    return "damaged"


def lines(folder: Path) -> list[bytes]:
    """The lines of a run's records."""
    return list(reading.lines(folder / "records.jsonl"))


def parsed(line: bytes) -> Row | None:
    """A record's row, None for a damaged one."""
    try:
        return decoded(line)
    except (ValueError, RecursionError, ForeignSchema):
        return None


class Tail:
    """The records that come from now on. Reads no line twice: a run of hours has a hundred megabytes of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "records.jsonl"
        self.offset = self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> list[Row]:
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
