"""A run's folder, read: its records and what it says of itself."""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bench import reading
from bench.cases import PROFILES, Profile, Record
from bench.faults import BadInput
from bench.results import case_from_json
from reports import formats
from reports.fault import BadRun
from reports.records import SIDES, ForeignSchema, Row, as_dict, checked

NOT_RUN = "not_run"
Decoded = TypeVar("Decoded")
MOST_NAMED = 20
"""Damaged lines that are named."""
UNMEASURED = "the run ended before it; python -m bench --resume goes on"


@dataclass(frozen=True)
class Run:
    """One run's folder, read."""

    name: str
    environment: Row
    divergences: tuple[Row, ...] | None
    """None where the run does not record them."""
    records: tuple[Row, ...]
    damaged: tuple[str, ...] = field(default=())
    """The lines that were set aside, each with its fault; of many the first, and how many more there are."""
    plan: Row = field(default_factory=dict)
    selfcheck: Row = field(default_factory=dict)
    """What the harness measured of itself; empty where it did not."""
    missing: tuple[Row, ...] = ()
    """Cases that were planned and have no record, as records that say so."""
    folder: Path = Path()
    damaged_count: int = 0

    @property
    def machine(self) -> Row:
        """What the run says of its machine."""
        return as_dict(self.environment.get("machine"))

    @property
    def sides(self) -> tuple[str, ...]:
        """`base` and `head` of a run that measured two environments in alternation; ("",) of any other."""
        return tuple(dict.fromkeys(record["side"] for record in (*self.records, *self.missing)))

    @property
    def alternated(self) -> bool:
        """Whether two environments were measured in alternation."""
        return set(SIDES) <= {*self.sides, *as_dict(self.plan.get("sides"))}

    @property
    def profile(self) -> Profile:
        """The profile it was run with; the default one where the run does not say."""
        name = as_dict(self.plan.get("choice")).get("profile")
        return PROFILES.get(name if isinstance(name, str) else "", PROFILES["quick"])

    def label(self, side: str) -> str:
        """What a reader calls a side: `torch==2.12.0`; of an ordinary run, the run's name."""
        named = as_dict(as_dict(self.plan.get("sides")).get(side)).get("label") if side else self.name
        return formats.text(named or side)

    def versions(self, side: str = "") -> dict[str, str]:
        """By backend, the framework's version as the run, or its side, records it."""
        facts = as_dict(as_dict(self.environment.get("sides")).get(side)) or self.environment
        known = as_dict(facts.get("backends"))
        return {name: formats.text(as_dict(fact).get("version", "")) for name, fact in known.items()}


def read_json(path: Path, otherwise: Any) -> Any:
    """The file's content, or `otherwise` where there is none; BadRun where it is no JSON."""
    try:
        return reading.json_file(path)
    except FileNotFoundError:
        return otherwise
    except BadInput as error:
        raise BadRun(str(error)) from None


def read_rows(path: Path, decode: Callable[[Any], Decoded], content: str) -> list[Decoded]:
    """Return the decoded rows of a file that comes with the project; none where it is not installed.

    Raises:
        BadRun: the file holds something else than this content.
    """
    try:
        return [decode(row) for row in as_dict(read_json(path, {})).get("rows", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise BadRun(f"{path} holds no {content}: {error!r}") from None


def read(folder: Path) -> Run:
    """A run; BadRun where nothing in it can be used."""
    if not folder.is_dir():
        raise BadRun(f"{folder} is no folder of a run")
    path = folder / "records.jsonl"
    plan = as_dict(read_json(folder / "plan.json", {}))
    if not plan and not path.exists():  # a planned run may have ended before its first record
        raise BadRun(f"{path} cannot be read: {os.strerror(errno.ENOENT)}")
    records, damaged, count = records_of(path)
    missing = tuple(unmeasured(plan, records))
    if not records and not missing:
        raise BadRun(f"{path} holds no record" + (f" ({damaged[0]})" if damaged else ""))
    environment = as_dict(read_json(folder / "environment.json", {}))
    divergences = read_json(folder / "divergences.json", environment.get("divergences"))
    kept = tuple(filter(as_dict, divergences)) if isinstance(divergences, list) else None
    checks = as_dict(read_json(folder / "selfcheck.json", read_json(folder.resolve().parent / "selfcheck.json", {})))
    name = formats.text(folder.resolve().name)  # which may hold what no file of a report can
    return Run(name, environment, kept, tuple(records), tuple(damaged), plan, checks, missing, folder, count)


def records_of(path: Path) -> tuple[list[Row], list[str], int]:
    """The records of a file, its damaged lines, and how many these are: the first are named, the others counted."""
    records, damaged, count = [], [], 0
    for number, line in enumerate(reading.lines(path), 1):
        try:
            records.append(checked(line))
        except ForeignSchema as error:
            raise BadRun(f"{path} line {number}: {error}") from None
        except (ValueError, RecursionError) as error:
            count += 1
            if count <= MOST_NAMED:
                damaged.append(f"{path.name} line {number}: {reading.reason(error)}")
    if count > MOST_NAMED:
        damaged.append(f"{path.name}: {count - MOST_NAMED:,} more damaged lines")
    return records, damaged, count


def unmeasured(plan: Row, records: Sequence[Row]) -> Iterator[Row]:
    """Of each planned case that has no record on a side, one that says so; what cannot be a case is passed over."""
    known = {(record["side"], record["case"]["id"]) for record in records}
    cases = plan.get("cases")
    for row in cases if isinstance(cases, list) else ():
        for side in as_dict(plan.get("sides")) or ("",):
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, LookupError):
                own = Record(case_from_json(row), "error", UNMEASURED, side=side).as_json() | {"status": NOT_RUN}
                if (side, own["case"]["id"]) not in known:
                    yield checked(json.dumps(own).encode())
