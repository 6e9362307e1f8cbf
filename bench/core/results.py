"""The folder of a run and its files, which are never half-written or overwritten.

results/<run>/plan.json          the choice and every case, from which `--resume` continues
              environment.json   the machine, the versions and the build of each backend
              divergences.json   the divergences that each backend declares
              suspects.json      in a comparison: the cases that its second look measures
              records.jsonl      one `Record` per line, appended and flushed as each case finishes
              raw/               pytest-benchmark's JSON, the output and the observations of each worker
              owner.json, .lock  the process that writes here; the system frees the lock when it exits
"""

import contextlib
import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core import reading
from bench.core.cases import Case, Choice
from bench.core.faults import BadInput
from bench.core.text import one_line

if TYPE_CHECKING:  # a run's plan and files are listed without msgspec, whose import takes 60 ms
    from bench.core.record import Record

BASE, HEAD = "base", "head"
UNFINISHED_PREFIX = ".new-"
"""The prefix of a run's folder until it holds all files that a run begins with."""
UNFINISHED_SECONDS = 3600.0
"""The age at which an unfinished folder counts as abandoned; filling one takes less than a second."""
SCRATCH = ".*.json.*"
"""The pattern of files that `write_json` has not completed."""


class Busy(BadInput):
    """Raised when another process writes to the folder of a run."""


class Full(OSError):
    """Raised when results cannot be written, because the disk is full or a quota is exhausted."""


@dataclass(frozen=True)
class Side:
    """One of the environments that a run measures; an ordinary run has one, with no name."""

    interpreters: dict[str, str] = field(default_factory=dict)
    """The Python that runs each backend; this one for backends without an entry."""
    name: str = ""
    label: str = ""
    """The description for readers, such as `torch 2.12.0`."""
    checkout: str = ""
    """The folder whose `backends` package is measured; empty for the one beside this package."""
    keras: bool = False
    """Whether Keras' functions are measured instead of the backend's."""
    variables: dict[str, str] = field(default_factory=dict)
    """The environment variables of its workers, beside those that every worker has."""


@dataclass(frozen=True)
class Plan:
    """The complete plan of a run, from which it can be resumed."""

    choice: Choice
    cases: tuple[Case, ...]
    sides: tuple[Side, ...]
    second_look: bool = False
    """Whether cases that may have changed between the sides are measured again in fresh replicates."""
    programs: str = ""
    """A folder of compiled programs that outlives the run; empty for a folder of the run itself."""

    def save(self, folder: Path) -> None:
        """Write the plan to a run's folder."""
        cases = [{"id": case.id, **asdict(case), "parameters": dict(case.parameters)} for case in self.cases]
        rest = {"second_look": self.second_look, "programs": self.programs}
        sides = {side.name: asdict(side) for side in self.sides}
        write_json(folder / "plan.json", {"choice": asdict(self.choice), "sides": sides, **rest, "cases": cases})

    @classmethod
    def load(cls, folder: Path) -> "Plan":
        """Read a run's plan; raise BadInput where the folder holds none, or an invalid one."""
        path = folder / "plan.json"
        try:
            return plan_from_json(reading.json_file(path))
        except FileNotFoundError:
            raise BadInput(f"{folder} holds no run to go on with") from None
        except (ValueError, TypeError, LookupError) as error:
            raise BadInput(f"{path} cannot be read: {reading.reason(error)}") from None

    def side(self, name: str) -> Side:
        """Return the side of this name."""
        return next(side for side in self.sides if side.name == name)


@dataclass(frozen=True)
class PlanContent:
    """The content of `plan.json`; its cases are decoded one by one."""

    choice: Choice = field(default_factory=Choice)
    sides: dict[str, Side] = field(default_factory=dict)
    second_look: bool = False
    programs: str = ""
    cases: tuple[Any, ...] = ()


def plan_from_json(saved: Any) -> Plan:
    """Return the plan in the content of its file; raise ValueError, TypeError or LookupError if it is invalid."""
    from bench.core import decode

    content = decode.convert(PlanContent, saved)
    choice = content.choice.checked()
    cases = tuple(checked_case(case_from_json(row)) for row in content.cases)
    sides = tuple(content.sides.values())
    if tuple(side.name for side in sides) not in (("",), (BASE, HEAD)):
        raise ValueError("sides are neither one without a name nor base and head")
    if not cases:
        raise ValueError("cases are missing")
    return Plan(choice, cases, sides, content.second_look, content.programs)


def case_from_json(row: Any) -> Case:
    """Return the case in a plan; raise ValueError, TypeError or LookupError if it is invalid."""
    from bench.core import decode

    content = decode.convert(dict[str, Any], row, "case")
    values = decode.convert(dict[str, Any], content.get("parameters"), "case.parameters")
    pairs = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in values.items())
    return replace(decode.convert(Case, content | {"parameters": ()}, "case"), parameters=pairs)


def checked_case(case: Case) -> Case:
    """Return the case; raise ValueError, TypeError or LookupError if it cannot be measured here."""
    choice = Choice((case.backend,), directions=(case.direction,), modes=(case.mode,), dtypes=(case.dtype,))
    replace(choice, device=case.device, cache=case.cache).checked()
    if min(case.size, case.threads) < 1:
        raise ValueError(f"a case of size {case.size} on {case.threads} threads")
    case.bytes_moved + hash(case)  # raises where the parameters are not those of the activation
    return case


def suspects(folder: Path) -> frozenset[str] | None:
    """Return the ids that a second look measures, None before they are decided; raise BadInput for a damaged file."""
    from bench.core import decode

    path = folder / "suspects.json"
    try:
        return decode.convert(frozenset[str], reading.json_file(path))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BadInput(f"{path} cannot be read: {error}; without it, it is decided again") from None


def new_folder(results: Path, name: str | None, fill: Callable[[Path], None]) -> Path:
    """Make the folder of a new run with this name, or the time; raise FileExistsError if the name is taken.

    The folder appears with everything that `fill` writes into it, or not at all, so that every run can be resumed.
    """
    results.mkdir(parents=True, exist_ok=True)
    remove_scratch(results, f"{UNFINISHED_PREFIX}*", UNFINISHED_SECONDS)
    scratch = results / f"{UNFINISHED_PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
    try:
        (scratch / "raw").mkdir(parents=True)
        fill(scratch)
        return publish(scratch, results, name)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def publish(scratch: Path, results: Path, name: str | None) -> Path:
    """Rename a completed folder to the first free name; of two processes that try the same name, one gets it."""
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
    """Remove the files and folders of killed writers: those that match the pattern and are older than `seconds`."""
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime < seconds:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


@contextlib.contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Hold the folder as the only process that writes to it; raise Busy, naming the process, if there is another."""
    from filelock import FileLock, Timeout

    owner, lock = folder / "owner.json", FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Busy(f"{folder} is being written by {writer(owner)}") from None
    try:
        for place in (folder, folder / "raw"):  # no other process writes here
            remove_scratch(place, SCRATCH)
        write_json(owner, {"process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
    finally:
        lock.release()


def writer(owner: Path) -> str:
    """Return the process that the file names; `another process` where the file is damaged."""
    try:
        process, since = (str(reading.json_file(owner)[name]) for name in ("process", "since"))
    except (BadInput, OSError, LookupError, TypeError):
        return "another process"
    return f"process {one_line(process, 20)} since {one_line(since, 40)}"


def write_json(path: Path, content: Any) -> None:
    """Write the whole file or nothing."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_text(json.dumps(content, indent=1) + "\n")
        scratch.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def append(folder: Path, *records: "Record") -> None:
    """Append and flush records, one write call per line, so that a killed process leaves whole lines.

    Raise Full where a record cannot be written.
    """
    path = folder / "records.jsonl"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            write_all(handle, b"\n")  # ends a line that a full disk cut short
        for record in records:
            write_all(handle, json.dumps(record.with_short_messages().as_json()).encode() + b"\n")
        os.fsync(handle)
    except OSError as error:
        raise Full(f"cannot write to {path}: {error.strerror}") from None
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes) -> None:
    """Write all data in one call; raise OSError where only a part of it fits."""
    if os.write(handle, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def records(folder: Path) -> "list[Record]":
    """Return every valid record of a run."""
    return [record for record in map(parse_record, lines(folder)) if record is not None]


def damaged(folder: Path) -> list[str]:
    """Return a message for every line that is no valid record; its case counts as not measured.

    Such lines were cut short when their writer was killed, or have another schema.
    """
    numbered = enumerate(lines(folder), 1)
    return [f"records.jsonl line {n} is {fault(line)}" for n, line in numbered if line and parse_record(line) is None]


def fault(line: bytes) -> str:
    """Return the fault of a line that is no record."""
    from bench.core.record import ForeignSchema, decode_record

    try:
        decode_record(line)
    except ForeignSchema as error:
        return str(error)
    except (ValueError, RecursionError):
        pass
    return "damaged"


def lines(folder: Path) -> list[bytes]:
    """Return the lines of a run's records."""
    return list(reading.lines(folder / "records.jsonl"))


def parse_record(line: bytes) -> "Record | None":
    """Return the record in a line, None for a damaged one."""
    from bench.core.record import ForeignSchema, decode_record

    try:
        return decode_record(line)
    except (ValueError, RecursionError, ForeignSchema):
        return None


class Tail:
    """A reader of new records that reads no line twice: a run of hours has a hundred megabytes of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "records.jsonl"
        self.offset = self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> "list[Record]":
        """Return the records that are new and whole."""
        if not self.path.exists() or self.path.stat().st_size == self.offset:
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            whole, _, _ = file.read().rpartition(b"\n")
        self.offset += len(whole) + 1 if whole else 0
        return [record for record in map(parse_record, whole.splitlines()) if record is not None]
