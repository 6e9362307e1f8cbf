"""Reading of the folder of a run: its records, its plan, its environment and its checks."""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from bench.core import decode, installation, reading
from bench.core.cases import PROFILES, Profile
from bench.core.checks import Check
from bench.core.divergences import DivergenceRecord
from bench.core.faults import BadInput
from bench.core.machine import Environment, Machine
from bench.core.record import ForeignSchema, Record, decode_record
from bench.core.results import BASE, HEAD, PlanContent, case_from_json
from reports import formats
from reports.fault import BadRun

NOT_RUN = "not_run"
Decoded = TypeVar("Decoded")
MOST_NAMED = 20
"""The number of damaged lines that are quoted; the rest are counted."""
UNMEASURED = f"the run ended before it; {installation.program('bench')} --resume RUN goes on"


@dataclass(frozen=True)
class Run:
    """A run, as read from its folder."""

    name: str
    environment: Environment
    divergences: tuple[DivergenceRecord, ...] | None
    """The declared divergences; None where the run does not record them."""
    records: tuple[Record, ...]
    """The records, without those of twins."""
    damaged: tuple[str, ...] = field(default=())
    """The lines that were set aside, each with its fault; of many, the first and the number of the others."""
    plan: PlanContent = field(default_factory=PlanContent)
    selfcheck: tuple[Check, ...] = ()
    """The checks of the harness on itself; empty where there are none."""
    missing: tuple[Record, ...] = ()
    """The planned cases without a record, as records with the status `not_run`."""
    folder: Path = Path()
    damaged_count: int = 0
    twins: tuple[Record, ...] = ()
    """The records of second workers of the same backend, which show by how much identical code differs."""

    @property
    def machine(self) -> Machine:
        """The machine as the run records it."""
        return self.environment.machine

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides: `base` and `head` of a run that measured two environments interleaved; ("",) of any other."""
        return tuple(sorted({record.side for record in (*self.records, *self.missing)}))

    @property
    def alternated(self) -> bool:
        """Whether two environments were measured interleaved."""
        return {BASE, HEAD} <= {*self.sides, *self.plan.sides}

    @property
    def profile(self) -> Profile:
        """The profile of the run; the default one where the run records none."""
        return PROFILES.get(self.plan.choice.profile, PROFILES["quick"])

    def label(self, side: str) -> str:
        """Return the name of a side in reports, as in `torch==2.12.0`; for an ordinary run, the name of the run."""
        if not side:
            return formats.text(self.name)
        planned = self.plan.sides.get(side)
        return formats.text((planned and planned.label) or side)

    def versions(self, side: str = "") -> dict[str, str]:
        """Return the framework versions by backend, as the run or one of its sides records them."""
        backends = self.environment.sides.get(side, self.environment).backends
        return {name: formats.text(backend.version) for name, backend in backends.items()}


def as_dict(value: object) -> dict[str, Any]:
    """Return the value if it is a dictionary, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def read_json(path: Path, otherwise: Any) -> Any:
    """Return the content of a JSON file, or `otherwise` where there is none; raise BadRun where it is no JSON."""
    try:
        return reading.json_file(path)
    except FileNotFoundError:
        return otherwise
    except BadInput as error:
        raise BadRun(str(error)) from None


def read_rows(path: Path, convert: Callable[[Any], Decoded], content: str) -> list[Decoded]:
    """Return the decoded rows of a file that comes with the project; empty where the file is not installed.

    Raises:
        BadRun: The file has other content.

    """
    try:
        return [convert(row) for row in as_dict(read_json(path, {})).get("rows", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise BadRun(f"{path} holds no {content}: {error!r}") from None


def read(folder: Path) -> Run:
    """Read a run; raise BadRun where nothing in it can be used."""
    if not folder.is_dir():
        raise BadRun(f"{folder} is no folder of a run")
    path = folder / "records.jsonl"
    content = read_json(folder / "plan.json", {})
    if not content and not path.exists():  # a planned run may have ended before its first record
        raise BadRun(f"{path} cannot be read: {os.strerror(errno.ENOENT)}")
    records, damaged, count = records_of(path)
    plan = decode.salvage(PlanContent, content)
    missing = tuple(unmeasured(plan, records))
    if not records and not missing:
        raise BadRun(f"{path} holds no record" + (f" ({damaged[0]})" if damaged else ""))
    facts = read_json(folder / "environment.json", {})
    declared = divergences_of(read_json(folder / "divergences.json", as_dict(facts).get("divergences")))
    selfcheck = read_json(folder / "selfcheck.json", read_json(folder.resolve().parent / "selfcheck.json", {}))
    checks = tuple(checks_of(as_dict(selfcheck).get("rows")))
    environment = decode.salvage(Environment, facts)
    name = formats.text(folder.resolve().name)  # which may hold what no file of a report can
    twins = tuple(record for record in records if record.twin)
    records = [record for record in records if not record.twin]
    return Run(name, environment, declared, tuple(records), tuple(damaged), plan, checks, missing, folder, count, twins)


def records_of(path: Path) -> tuple[list[Record], list[str], int]:
    """Return the records of a file, its damaged lines and their number; the first 20 are quoted, the others counted."""
    records, damaged, count = [], [], 0
    for number, line in enumerate(reading.lines(path), 1):
        try:
            records.append(timed(decode_record(line)))
        except ForeignSchema as error:
            raise BadRun(f"{path} line {number}: {error}") from None
        except (ValueError, RecursionError) as error:
            count += 1
            if count <= MOST_NAMED:
                damaged.append(f"{path.name} line {number}: {reading.reason(error)}")
    if count > MOST_NAMED:
        damaged.append(f"{path.name}: {count - MOST_NAMED:,} more damaged lines")
    return records, damaged, count


def timed(record: Record) -> Record:
    """Return the record; raise ValueError where it claims a time and has none."""
    if record.status == "ok" and not record.block_seconds:
        raise ValueError("ok without a time")
    return record


def divergences_of(content: Any) -> tuple[DivergenceRecord, ...] | None:
    """Return the declared divergences; None where a run does not record them."""
    if not isinstance(content, list):
        return None
    return tuple(decode.salvage(DivergenceRecord, entry) for entry in content if entry and isinstance(entry, dict))


def checks_of(rows: Any) -> Iterator[Check]:
    """Yield the checks of the harness on itself; rows that are none are left out."""
    for row in rows if isinstance(rows, list) else ():
        with contextlib.suppress(ValueError):
            yield decode.convert(Check, row)


def unmeasured(plan: PlanContent, records: Sequence[Record]) -> Iterator[Record]:
    """Yield a record for each planned case and side without one; anything in the plan that is no case is skipped."""
    measured = {(record.side, record.case.id) for record in records}
    for row in plan.cases:
        for side in plan.sides or ("",):
            with contextlib.suppress(ValueError, TypeError, AttributeError, LookupError):
                record = replace(Record.of(case_from_json(row), "error", UNMEASURED, side=side), status=NOT_RUN)
                if (side, record.case.id) not in measured:
                    yield decode_record(json.dumps(record.as_json()).encode())
