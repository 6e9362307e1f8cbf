"""The gate over several runs: each is compared with the one before it on the same machine.

A run of two sides has the verdict of its sides, and is never compared with another: its times are those of turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import reading
from reports import comparison, ends, formats, load, outcome, verdict, views
from reports.comparison import Comparison
from reports.fault import BadRun
from reports.outcome import Outcome
from reports.records import as_dict
from reports.timeline import Stop, alike

MOST = 10
"""Changed cases that are listed of every comparison but the newest."""
WHOLE = 1
"""The newest comparisons, which are shown as in a report of their own."""
LARGEST = 2**26
"""Bytes of a verdict.json that is read; one of 10,000 cases has a sixteenth."""
STATUSES = {
    outcome.SAME_OR_FASTER: "",
    outcome.SLOWER: "SLOWER",
    outcome.UNCERTAIN: "UNCERTAIN",
    outcome.NOTHING_MEASURED: "NOTHING IN COMMON",
    outcome.WRONG: "WRONG OUTPUT",
    outcome.MACHINES_DIFFER: "MACHINES DIFFER",
}
"""What a status is called where a verdict's own word does not say it."""


@dataclass(frozen=True)
class Judged:
    """A run with what the gate says of it."""

    stop: Stop
    found: Comparison | None
    apart: str
    """Why it is not compared with the run just before it; empty where it is."""

    @property
    def result(self) -> Outcome | None:
        """What the comparison comes to."""
        return outcome.of(self.found) if self.found else None

    @property
    def word(self) -> str:
        """In a word; empty where there was nothing to compare with."""
        return word(self.result.status, self.result.word) if self.result else ""


def word(status: int, said: str) -> str:
    """What is worst about it, of an exit status and the verdicts' own word."""
    return STATUSES[status] or said


def judged(stops: Sequence[Stop]) -> list[Judged]:
    """Every run with its verdict, in the same order."""
    return [judge(stop, stops[:place]) for place, stop in enumerate(stops)]


def judge(stop: Stop, before: Sequence[Stop]) -> Judged:
    """The sides of a run of two; of any other, the run against the newest of those before that it may be held to."""
    if stop.run.alternated:
        return Judged(stop, comparison.compare(*ends.sides(stop.run)), "")
    ours = [own for own in before if not own.run.alternated and alike(own.run, stop.run)]
    last = before[-1] if before else None
    apart = why_not(last, stop) if last and (not ours or ours[-1] is not last) else ""
    return Judged(stop, comparison.compare(ours[-1].end, stop.end) if ours else None, apart)


def why_not(before: Stop, stop: Stop) -> str:
    """Why two runs are not compared."""
    name = formats.text(before.run.name)
    if before.run.alternated:
        return f"Not compared with {name}, the run before it: that one measured two environments in turns."
    parts = outcome.listed(tuple(ends.machines_apart(before.run, stop.run)))
    return formats.text(f"Not compared with {name}, the run before it: the machines differ, {parts}.")


def view(own: Judged, place: int, dates: dict[str, str]) -> dict[str, Any]:
    """For the templates; `place` counts from the newest."""
    kept, fault = recorded(own.stop, dates)
    base = own.found.base.run.name if own.found and not own.found.alternated else ""
    return {
        "run": own.stop.run.name,
        "date": own.stop.date,
        "word": own.word,
        "bad": own.word in ("SLOWER", "WRONG OUTPUT"),
        "base": base,
        "base_date": dates.get(base, ""),
        "sides": own.stop.run.alternated,
        "apart": own.apart,
        "verdict": views.verdict(own.found, None if place < WHOLE else MOST) if own.found else None,
        "recorded": kept,
        "fault": fault,
    }


def recorded(stop: Stop, dates: dict[str, str]) -> tuple[dict[str, str] | None, str]:
    """The verdict that an earlier `compare` left beside the records; or why what lies there cannot be used."""
    path = stop.run.folder / verdict.NAMES[0]
    try:
        if not path.is_file():
            return None, ""
        if path.stat().st_size > LARGEST:
            raise BadRun("it is too large to be one")
        return as_recorded(load.read_json(path, {}), stop.run.name, dates), ""
    except OSError as error:
        fault = reading.reason(error)
    except BadRun as error:
        fault = str(error).removeprefix(f"{path} cannot be read: ")
    return None, f"{path.name} of {stop.run.name} is not shown: {formats.short(fault)}"


def as_recorded(said: object, name: str, dates: dict[str, str]) -> dict[str, str]:
    """Its answer, and what was compared with what; BadRun for anything that is no verdict of this version."""
    found = as_dict(said)
    status, answer = found.get("status"), found.get("reason")
    if found.get("schema") != verdict.SCHEMA:
        raise BadRun(f"it is no verdict of version {verdict.SCHEMA}")
    if type(status) is not int or status not in STATUSES or not isinstance(answer, str) or not answer:
        raise BadRun("it holds no answer")
    base, head = (
        formats.short(as_dict(found.get(end)).get("run") or "a run without a name") for end in ("base", "head")
    )
    against = "its two sides" if base == head else f"{base} ({dates.get(base, 'not among these runs')})"
    return {
        "word": word(status, formats.short(found.get("word") or "")),
        "answer": formats.text(answer),
        "against": against + ("" if head == formats.short(name) else f"; the run was called {head} then"),
    }
