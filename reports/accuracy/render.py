"""The accuracy chapter of the report, or as files of its own: accuracy.html, accuracy.md, accuracy.csv."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import LAYOUTS
from reports import formats
from reports.accuracy import agreement, atlas, classes, findings, load, strips, subjects, summary
from reports.accuracy.atlas import Setting
from reports.accuracy.panel import AGREEMENT, panel
from reports.page import csv_text, html, markdown, store
from reports.page.chapter import Chapter
from reports.page.section import Block, Code, Drawing, Fold, Items, Rendered, Section, Words, table_of
from reports.recorded import bugs
from reports.speed.chapter import meanings

CSV = [*atlas.SUBJECT, "inputs", "binades", *(metric.column for metric in subjects.METRICS), *CATEGORIES]


def write(folder: Path, rows: pd.DataFrame, table: pd.DataFrame, notes: Sequence[str] = ()) -> Path:
    """Write the files for the records that `atlas.tidy` gives and their subjects; return the path of the page."""
    return chapter(rows, table, notes).write(folder, {"accuracy.csv": csv_text.as_csv(table[CSV]).encode()})


@cache
def committed() -> Chapter | None:
    """Return the chapter for the atlas in the repository, rendered; None where there is none."""
    files = list(load.parquet_files([load.ATLAS]))
    if not files:
        return None
    html_text, markdown_text = json.loads(store.load_or_make("accuracy", files, rendered))
    return titled([Rendered(Markup(html_text), markdown_text)])


def rendered() -> bytes:
    """Return the blocks of the chapter for the atlas in the repository as HTML and as Markdown, in JSON."""
    records = summary.records(load.ATLAS)
    blocks = chapter(records.rows, subjects.subjects(records.rows), records.notes).blocks
    return json.dumps([html.render(blocks), markdown.render(blocks)]).encode()


def with_origin(chapter: Chapter, judged: str) -> Chapter:
    """Return the chapter with a sentence above it on where the atlas was judged, if there is one."""
    words = [Words(f"**{formats.markdown(judged)}**")] if judged else []
    return replace(chapter, blocks=[*words, *chapter.blocks])


def chapter(rows: pd.DataFrame, table: pd.DataFrame, notes: Sequence[str] = ()) -> Chapter:
    """Return the chapter for the records that `atlas.tidy` gives and their subjects."""
    settings = list(atlas.settings(rows))
    blocks = [
        *coverage(rows),
        summarise(settings, table, notes),
        every_binade(),
        *panels(settings, table),
        *mode_sections(settings),
        bug_section(table),
        meanings(subjects.METRICS, "accuracy.csv"),
        Drawing(strips.script()),
    ]
    return titled(blocks)


def titled(blocks: Sequence[Block]) -> Chapter:
    """Return the chapter of these blocks."""
    heading = "How exact is each activation, input by input?"
    return Chapter("accuracy", "Every input", heading, blocks, {"colours": classes.CLASSES})


def coverage(rows: pd.DataFrame) -> Iterator[Words]:
    """Yield the versions, the number of results, and which of them are of a sample."""
    yield Words(formats.markdown(" · ".join(atlas.versions(rows))), "soft")
    yield Words(formats.markdown(atlas.coverage(rows)), "soft")
    if strides := atlas.strides(rows):
        yield Words(f"**Sampled: {formats.markdown(strides)}.** Worst errors of a sample are marked ≥.", "fault")


def summarise(settings: Sequence[Setting], table: pd.DataFrame, notes: Sequence[str]) -> Section:
    """Return the findings of the first setting, and the notes on the files."""
    blocks: list[Block] = [Items([formats.markdown(line) for line in findings.findings(list(settings), table)])]
    if notes:
        title = f"{formats.count(len(notes), 'note')} on the files"
        blocks.append(Fold(title, [Items([formats.markdown(line) for line in notes])], mark="fault"))
    return Section(f"What stands out in {settings[0].name}", blocks, is_card=True)


def every_binade() -> Section:
    """Return the section that says how the strips below are read."""
    inputs = f"{LAYOUTS['float32'].per_binade:,}"
    words = (
        "Each strip is the real line from the most negative to the largest number of the format, cut into binades: one "
        f"sign and one exponent, {inputs} inputs each in float32; those from 2⁻²⁶ to 2⁸ are drawn eight times as wide. "
        "Colour is the worst error in it, in ulp of the exact value. A category comes before any distance: one NaN "
        "colours its binade. Beside each strip stands the worst of all. Point at a strip for the input and the values "
        "there."
    )
    return Section("Every binade", [Drawing(html.render([Words(words)]) + strips.legend())], "atlas")


def panels(settings: Sequence[Setting], table: pd.DataFrame) -> Iterator[Block]:
    """Yield a section for each setting, of which the page shows the one that is chosen."""
    anchors = [f"setting-{place}" for place in range(len(settings))]
    names = dict(zip(anchors, [setting.name for setting in settings], strict=True))
    if len(settings) > 1:
        yield Drawing(strips.switch(names))
    for anchor, setting in zip(anchors, settings, strict=True):
        yield panel(setting, setting.subjects(table), anchor, is_open=anchor == anchors[0])


def mode_sections(settings: list[Setting]) -> Iterator[Section]:
    """Yield the section on the agreement of eager and compiled, where both were judged."""
    if modes := agreement.modes(settings):
        yield Section("Eager and compiled", [table_of(modes, AGREEMENT, style="numbers")])


def bug_section(table: pd.DataFrame) -> Section:
    """Return the section on the bugs of frameworks, with their occurrences in the atlas."""
    words = (
        "Each was seen by running this script on the version named; `python -m reports.recorded.bugs check --backend "
        "NAME` runs those of a backend again and fails where one shows no error. What conventions allow, and what "
        "flushing of subnormals explains, is not listed."
    )
    return Section("Bugs found", [Words(words), *(bug_fold(bug, table) for bug in bugs.read_bugs())], "bugs")


def bug_fold(bug: bugs.Bug, table: pd.DataFrame) -> Fold:
    """Return a bug with its reproducer."""
    occurrences = bugs.occurrences(bug, table)
    seen = f" In the atlas: {formats.markdown(occurrences)}." if occurrences else ""
    printed = Words(f"Prints `{bug.printed}`. Exact: `{bug.exact}`.{seen}")
    return Fold(
        f"`{bug.backend} {bug.version}` {bug.title}", [Code(bug.code.strip(), "python"), printed, Words(bug.reason)]
    )
