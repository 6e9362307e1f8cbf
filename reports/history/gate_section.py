"""The section of the gate: each run's verdict, the newest first."""

from collections.abc import Iterator, Sequence

from reports import formats
from reports.comparison import verdict_section
from reports.history import gate
from reports.history.gate import RunVerdict
from reports.page.section import Block, Fold, Section, Table, Words

MOST_FOLDS = 5
"""The number of newest verdicts that are shown; older ones are folded together."""
MOST_CASES = 10
"""The number of changed cases listed of every comparison but the newest."""
WHOLE_COMPARISONS = 1
"""The number of newest comparisons that are shown in full, as in a report on one of them."""
WORDS = (
    "Each run against the one before it on the same machine, the newest first, as `python -m reports compare` judges "
    "them; a run that measured two environments has the verdict of its two sides."
)
FIRST = "The first run: there is none before it."


def section(run_verdicts: Sequence[RunVerdict]) -> Section:
    """Return the section of the verdicts, which are given oldest first."""
    dates = {verdict.stop.run.name: verdict.stop.date for verdict in run_verdicts}
    folds = [fold(verdict, place, dates) for place, verdict in enumerate(reversed(run_verdicts))]
    older = folds[MOST_FOLDS:]
    blocks: list[Block] = [Words(WORDS), *folds[:MOST_FOLDS]]
    return Section("Did it get slower?", [*blocks, *([Fold(f"Older: {len(older)}", older)] if older else [])])


def anchor(place: int) -> str:
    """Return the anchor of the verdict at this place, counted from the newest."""
    return f"gate-{place + 1}"


def fold(verdict: RunVerdict, place: int, dates: dict[str, str]) -> Fold:
    """Return the verdict on a run; open for the newest, and where there is nothing but a reason."""
    against = f" against {formats.markdown(verdict.base)}" if verdict.base else ""
    both = ", base against head" if verdict.stop.run.alternated else ""
    title = f"{formats.markdown(verdict.stop.run.name)}{against or both}: {verdict.word or 'not compared'}"
    is_open = not place or verdict.comparison is None
    blocks = list(contents(verdict, place, dates))
    return Fold(title, blocks, is_open=is_open, anchor=anchor(place), mark="fault" if verdict.is_bad else "")


def contents(verdict: RunVerdict, place: int, dates: dict[str, str]) -> Iterator[Block]:
    """Yield the date, the reason where it is not compared with the run just before, and the verdicts."""
    against = f", against {formats.markdown(dates[verdict.base])}" if verdict.base else ""
    yield Words(f"{formats.markdown(verdict.stop.date)}{against}", "soft")
    if verdict.reason:
        yield Words(formats.markdown(verdict.reason))
    if verdict.comparison and verdict.result:
        room = verdict_section.page_room if place < WHOLE_COMPARISONS else brief_room
        yield from verdict_section.blocks(verdict.comparison, verdict.result, room)
    elif not verdict.reason:
        yield Words(FIRST)
    recorded, fault = gate.recorded(verdict.stop, dates)
    if recorded:
        word = f", {formats.markdown(recorded.word)}" if recorded.word else ""
        answer, base = formats.markdown(recorded.answer), formats.markdown(recorded.against)
        yield Words(f"**Recorded verdict{word}:** {answer} (verdict.json, against {base})")
    if fault:
        yield Words(f"{formats.markdown(fault)}.", "soft")


def brief_room(name: str, table: Table) -> int:
    """Return the room of an older comparison: its largest changes, and the summary by backend."""
    most = {"changed": MOST_CASES, "turned": MOST_CASES, "backends": len(table.rows)}
    return min(most.get(name, 0), len(table.rows))
