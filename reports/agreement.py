"""The chapter on whether the backends compute the same."""

from collections.abc import Iterator, Sequence

import pandas as pd

from reports import formats
from reports.accuracy import origin, summary, worst
from reports.data import gpu
from reports.data.load import Run
from reports.page.chapter import Chapter
from reports.page.section import Block, Column, Fold, Items, Section, Table, Words, table_of
from reports.recorded import cotangents, differences, long_rows
from reports.speed import pareto

DIVERGENCE_COLUMNS = (
    Column("backend", "backend"),
    Column("activation", "activation"),
    Column("what", "in"),
    Column("where", "inputs"),
    Column("kind", "whose"),
    Column("reason", "reason", note="upstream"),
)
DISAGREEMENT_COLUMNS = (
    Column("activation", "activation"),
    Column("dtype", "dtype"),
    Column("quantity", "of"),
    Column("beyond", "beyond 1e-7", format="{:,}".format, is_number=True),
    Column("numbers", "of numbers", format="{:,}".format, is_number=True),
    Column("relative", "largest relative difference", format="{:.2g}".format, is_number=True),
    Column("pair", "between"),
    Column("at", "at input"),
)
LONG_ROW_COLUMNS = (
    Column("backend", "backend"),
    Column("setting", "setting"),
    Column("activation", "activation"),
    Column("dtype", "dtype"),
    Column("quantity", "of"),
    Column("last", "last axis", formats.ulp, is_number=True),
    Column("first", "first axis", formats.ulp, is_number=True),
    Column("middle", "one in the middle", formats.ulp, is_number=True),
)


def chapter(runs: Sequence[Run], table: pd.DataFrame, *, drawn: bool) -> Chapter:
    """Return the chapter; `drawn` says whether the page includes the atlas."""
    subjects = summary.atlas_subjects()
    judged = origin.sentence(subjects, runs)
    blocks: list[Block] = [Words(formats.markdown(line), "soft") for line in gpu.notes(runs, table)[:1]]
    charts = (pareto.chart_section(table, subjects, judged), worst.chart_section(subjects, judged))
    blocks += filter(None, charts)
    blocks += [divergences(runs), *cotangent_sections(), *long_row_sections(), *atlas_sections(judged, drawn=drawn)]
    return Chapter("agreement", "Agreement", "Do the backends compute the same?", blocks)


def divergences(runs: Sequence[Run]) -> Section:
    """Return the section on the divergences that backends declare, and on those between Keras' own backends."""
    return Section(
        "Where the backends differ", [*declared(runs), *keras_sections(differences.keras_disagreements())], "differ"
    )


def declared(runs: Sequence[Run]) -> Iterator[Block]:
    """Yield what the backends of the first run declare."""
    entries = differences.find_divergences(runs[:1])
    if not entries:
        is_recorded = any(run.divergences is not None for run in runs[:1])
        text = "The backends of these runs declare no divergence."
        yield Words(text if is_recorded else "These runs do not record what their backends declare.", "soft")
        return
    of_run = f" of {formats.markdown(runs[0].name)}" if len(runs) > 1 else ""
    yield Words(
        f"What the backends{of_run} declare themselves; each entry is an expected failure of just the check it names."
    )
    table = table_of(entries, DIVERGENCE_COLUMNS, style="even")
    yield Fold(f"Divergences that backends declare: {len(entries)}", [table], is_open=len(entries) < 9)


def keras_sections(disagreements: Sequence[differences.Disagreement]) -> Iterator[Section]:
    """Yield the section on Keras' own backends, if they were compared."""
    beyond = [entry for entry in disagreements if entry.beyond]
    if disagreements:
        verdict = formats.markdown(differences.verdict(disagreements))
        words = Words(f"{verdict} The worst pair of each activation, away from kinks and special values:")
        fold = Fold("Keras' backends, activation by activation", [table_of(beyond, DISAGREEMENT_COLUMNS)])
        yield Section("Keras' own backends", [words, fold])


def cotangent_sections() -> Iterator[Section]:
    """Yield the section on the gradients for infinite and NaN cotangents, if they are recorded."""
    gradients = cotangents.recorded()
    groups = cotangents.conventions(gradients)
    if not groups:
        return
    names = cotangents.columns(gradients)
    rows = pd.DataFrame([[", ".join(group.activations), *group.cells] for group in groups], columns=["names", *names])
    table = Table(rows, [Column("names", "activations"), *(Column(name, name) for name in names)], style="even")
    words = (
        "Where the derivative is 0 and the cotangent inf or NaN, a product gives NaN and a mask gives 0. Each backend "
        "has its convention; this table is of this project's records in float32, not of these runs."
    )
    fold = Fold("Gradients for inf and NaN, by activation", [table])
    yield Section("Infinite and NaN cotangents", [Words(words), fold], "cotangents")


def long_row_sections() -> Iterator[Section]:
    """Yield the section on long rows along other axes, if two axes differ anywhere."""
    recorded = long_rows.recorded()
    rows = [row for row in recorded if row.differs]
    if rows:
        worst_case = formats.markdown(long_rows.sentence(recorded))
        words = "The largest ulp error of results with a condition number below 10, over all families of rows."
        blocks: list[Block] = [Words(words, "soft"), table_of(rows, LONG_ROW_COLUMNS)]
        fold = Fold(f"Where two axes differ by more than an ulp: {len(rows)} rows", blocks)
        first = Words(f"From this project's records, not of these runs. {worst_case}")
        yield Section("Long rows along other axes", [first, fold], "long-rows")


def atlas_sections(judged: str, *, drawn: bool) -> Iterator[Section]:
    """Yield the section on the accuracy of every input, if there is an atlas."""
    lines = summary.lines()
    if lines:
        where = "[every input](#accuracy) is drawn" if drawn else "`python -m reports accuracy` draws it"
        text = f"From the atlas of this project, not of these runs; {where}, binade by binade."
        words = Words(f"{text} {formats.markdown(judged)}".rstrip())
        yield Section("Accuracy of every input", [words, Items([formats.markdown(line) for line in lines])])
