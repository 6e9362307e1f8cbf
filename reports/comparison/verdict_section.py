"""A comparison, written once for the page, the comment on a pull request and the terminal."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from reports import formats
from reports.comparison import outcome, verdict_tables
from reports.comparison.comparison import WORDS, Comparison
from reports.comparison.outcome import Outcome
from reports.comparison.verdict_tables import varying
from reports.page.section import Block, Fold, Items, Section, Table, Words

Room = Callable[[str, Table], int]
"""The number of rows of a table, by its name, for which a medium has room; 0 leaves the table out."""
TALLY = {"SLOWER": "slower", "FASTER": "faster", "UNCERTAIN": "uncertain", "SAME": "the same"}


def page_room(name: str, table: Table) -> int:
    """Return the room of a page: it leaves out what is the same."""
    return 0 if name == "same" else len(table.rows)


def blocks(comparison: Comparison, result: Outcome, room: Room = page_room) -> list[Block]:
    """Return the comparison: the answer, the changes, and the rest folded."""
    return [*opening(comparison, result), *sections(comparison, room), *notes_fold(comparison)]


def opening(comparison: Comparison, result: Outcome) -> list[Block]:
    """Return the answer, the two sides, and the number of each verdict."""
    base, head, versions = side_labels(comparison)
    facts = filter(None, (f"{base} → {head}", versions, common(comparison)))
    words = [Words(formats.markdown(result.answer), "strong"), Words(" · ".join(map(formats.markdown, facts)), "soft")]
    counts = [f"**{comparison.counts[word]:,}** {TALLY[word]}" for word in WORDS]
    return [*words, *([Items(counts, style="tally")] if comparison.cases else [])]


def sections(comparison: Comparison, room: Room) -> Iterator[Block]:
    """Yield the tables that have rows, as far as there is room; what did not change is folded."""
    changed = verdict_tables.judged_cases(comparison, ("SLOWER", "FASTER"))
    uncertain = verdict_tables.judged_cases(comparison, ("UNCERTAIN",))
    same = verdict_tables.judged_cases(comparison, ("SAME",))
    soft = Words("Neither a change nor its absence can be told from the noise.", "soft")
    if rows := fitting("turned", verdict_tables.status_changes(comparison), room):
        yield Section("Without a time, or wrong", rows)
    if rows := fitting("changed", changed, room):
        yield Section("What changed", rows)
    if rows := fitting("uncertain", uncertain, room):
        yield Fold(f"Uncertain: {len(uncertain.rows):,}", [soft, *rows])
    if rows := fitting("backends", verdict_tables.by_backend(comparison), room):
        yield Fold("By backend", rows)
    if rows := fitting("activations", verdict_tables.by_activation(comparison), room):
        yield Fold("By activation", rows)
    if rows := fitting("same", same, room):
        yield Fold(f"The same: {len(same.rows):,}", rows)


def fitting(name: str, table: Table, room: Room) -> list[Block]:
    """Return as many rows of the table as there is room for, and how many there are more."""
    count = room(name, table) if len(table.rows) else 0
    more = len(table.rows) - count
    rest = f"{more:,} more: `python -m reports compare` writes them all to verdict.json."
    shown: list[Block] = [replace(table, rows=table.rows.head(count))] if count else []
    return [*shown, Words(rest, "soft")] if shown and more else shown


def notes_fold(comparison: Comparison) -> list[Block]:
    """Return the conditions of the comparison, folded, where anything was compared."""
    return [Fold("How it was compared", [notes_list(comparison)])] if comparison.cases else []


def notes_list(comparison: Comparison) -> Items:
    """Return the conditions of the comparison."""
    return Items([formats.markdown(note) for note in notes(comparison)])


def common(comparison: Comparison) -> str:
    """Return the properties of the setting that the cases share, in words."""
    names = [name for name in outcome.SETTING if name not in varying(comparison)]
    return outcome.setting(comparison.cases[0].case, names) if comparison.cases else ""


def has_rechecks(comparison: Comparison) -> bool:
    """Return whether some of the cases were rechecked in additional replicates."""
    planned = comparison.head.run.profile.replicates
    return comparison.alternated and any(
        number >= planned for series in comparison.head.series.values() for number in series.figures
    )


def notes(comparison: Comparison) -> list[str]:
    """Return the conditions of the comparison, in sentences."""
    floor = f"Differences below {formats.percent(comparison.floor.share)} count as none: {comparison.floor.reason}."
    sentences = [f"Made to find a change of {formats.percent(comparison.margin)} in a single case. {floor}"]
    if comparison.floor.share > comparison.margin:
        sentences[0] += " That is more than the change looked for: these runs are too noisy to find it."
    if comparison.machine_differences:
        sentences.append(
            f"The machines differ ({outcome.listed(comparison.machine_differences)}), so every figure is a multiple of "
            "a plain copy on its own machine. That is fair to what memory limits, and less so to the rest."
        )
    elif comparison.in_copies:
        sentences.append(
            "Figures are multiples of the copies of the same cycles, so that what the machine did between the runs "
            "cancels; a backend whose copy itself changed moves with it."
        )
    sentences += [f"Not the same: {line}." for line in comparison.conditions]
    if comparison.alternated:
        again = (
            "; what looked changed was measured again, and is judged by those replicates"
            if has_rechecks(comparison)
            else ""
        )
        sentences.append(f"Both were measured side by side, block by block{again}.")
    elif comparison.counts["UNCERTAIN"]:
        sentences.append(
            "These are two stored runs. A second look at what is uncertain needs both environments again: "
            "nox -s upgrade measures them side by side."
        )
    for name, words in (("only_base", "base"), ("only_head", "head")):
        if comparison.counts[name]:
            sentences.append(f"{formats.count(comparison.counts[name], 'case')} in {words} alone, not compared.")
    if comparison.counts["without_a_time"]:
        sentences.append(
            f"{formats.count(comparison.counts['without_a_time'], 'case')} without a time on both sides, not compared."
        )
    return [*sentences, *damaged(comparison)]


def damaged(comparison: Comparison) -> list[str]:
    """Return a note on the damaged lines that were set aside; of many lines, the first is quoted."""
    runs = {"the run": comparison.base.run}
    if not comparison.alternated:
        runs = {"base": comparison.base.run, "head": comparison.head.run}
    return [
        f"{formats.count(run.damaged_count, 'damaged line')} of {name} set aside, as {formats.short(run.damaged[0])}."
        for name, run in runs.items()
        if run.damaged
    ]


def side_labels(comparison: Comparison) -> list[str]:
    """Return the labels of both sides and their versions; a version that is the same on both appears once."""
    base, head = comparison.base, comparison.head
    names = dict.fromkeys([*base.versions, *head.versions])
    versions = formats.versions(names, base.versions, head.versions)
    return [formats.short(base.label), formats.short(head.label), versions]
