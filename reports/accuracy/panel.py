"""The sections of one setting: its strips, and the tables below them."""

from collections.abc import Iterator

import pandas as pd

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.accuracy import agreement, atlas, checks, conventions, failures, rankings, strips, subnormals, worst_table
from reports.accuracy.atlas import Setting
from reports.accuracy.worst_table import optional
from reports.page.section import Block, Column, Drawing, Fold, Items, Section, Table, Words, table_of

FAILURES = (
    Column("activation", "activation"),
    Column("direction", "direction"),
    Column("column", "backend"),
    Column("detail", "what", note="note"),
    Column("inputs", "inputs", "{:,}".format, is_number=True),
    Column("share", "share", formats.probability, is_number=True),
    Column("x", "for example at", optional(formats.number), is_number=True),
    Column("hexadecimal", "bits", is_code=True),
)
TALLY = (
    Column("column", "subjects with"),
    *(Column(name, name, formats.nonzero, is_number=True) for name in CATEGORIES),
    Column("far", f"> {failures.FAR:g} ulp", formats.nonzero, is_number=True),
)
AGREEMENT = (
    Column("name", "same bits"),
    Column("direction", "direction"),
    Column("binades", "binades", "{:,}".format, is_number=True),
    Column("share", "share", formats.probability, is_number=True),
    Column("worst", "least of all"),
)
POLICIES = (
    Column("column", "backend"),
    Column("direction", "direction"),
    Column("inputs", "subnormal inputs"),
    Column("outputs", "subnormal results"),
    Column("strict", "worst, strict (steps)", formats.ulp, is_number=True),
    Column("contracted", "worst, contracted (steps)", formats.ulp, is_number=True),
    Column("exceptions", "not so in"),
)


def panel(setting: Setting, table: pd.DataFrame, anchor: str, *, is_open: bool) -> Section:
    """Return the section of a setting; `table` holds its subjects."""
    worst = worst_table.errors(table)
    summary = Section("Worst error (ulp)", [worst_table.by_activation(setting, worst)])
    blocks: list[Block] = [
        Drawing(strips.drawing(setting, worst), [summary]),
        worst_errors(setting, table, is_open=is_open),
        *ranking_sections(setting),
        failure_section(failures.failures(table), setting),
        check_section(setting, table),
        *subnormal_sections(setting),
        *convention_sections(setting),
    ]
    return Section(setting.name, blocks, anchor)


def worst_errors(setting: Setting, table: pd.DataFrame, *, is_open: bool) -> Section:
    """Return the section on the worst errors and on how many are how large."""
    worst, histogram = worst_table.tables(table)
    sampled = atlas.strides(setting.rows)
    words = [Words(f"**{formats.markdown(sampled)}.**", "fault")] if sampled else []
    folds = (
        Fold(f"Worst errors: {len(table)} subjects, {formats.markdown(setting.name)}", [worst], is_open=is_open),
        Fold("Histogram: share of results by error", [histogram]),
    )
    return Section("Worst errors", [*words, *folds])


def ranking_sections(setting: Setting) -> Iterator[Section]:
    """Yield the section on the probability of an error by both weightings, where there are columns to compare."""
    columns = setting.columns
    common = rankings.common(setting) if len(columns) > 1 else setting.rows.iloc[:0]
    groups = [(direction, common[common["direction"] == direction]) for direction in setting.directions]
    blocks = [block for direction, rows in groups if len(rows) for block in ranking(direction, rows, columns)]
    words = (
        "The probability of an error above 1 ulp, or of a category: all bit patterns alike, and as standard normal "
        "inputs meet them. Half of all floats lie within ±1e-19 of 0, where most functions are easy; nearly all "
        "N(0, 1) inputs lie in a few binades around 1."
    )
    if blocks:
        yield Section("Two weightings", [Words(words), *blocks])


def ranking(direction: str, rows: pd.DataFrame, columns: list[str]) -> Iterator[Block]:
    """Yield the ranking of the columns in one direction, and both shares of each activation."""
    part = "" if rows["complete"].all() else ", over the binades and inputs that all have"
    mean = f"{direction}: mean over {rows['activation'].nunique()} activations that all have{part}"
    yield Table(rankings.ranks(rows), rankings.RANKS, mean, style="numbers")
    cells = rankings.by_activation(rows, columns)
    differ = int(cells["differs"].sum())
    disagree = f": in {differ} of {len(cells)} the weightings disagree on which is best" if differ else ""
    yield Fold(
        f"{direction}, activation by activation{disagree}",
        [Table(cells, rankings.activation_columns(columns), style="numbers")],
    )


def failure_section(listed: list[failures.Failure], setting: Setting) -> Section:
    """Return the section on what is wrong in kind or far off."""
    blocks: list[Block] = [Words("None.")]
    if listed:
        tally = Table(failures.tally(listed, setting.columns), TALLY, style="numbers narrow")
        table = table_of(listed, FAILURES, is_sortable=True, style="numbers failures")
        blocks = [tally, Fold(f"All of them: {len(listed)}", [table])]
    return Section(f"Wrong outright, or more than {failures.FAR:g} ulp off", blocks)


def check_section(setting: Setting, table: pd.DataFrame) -> Section:
    """Return the section on checks that need no exact value."""
    mirrors = list(agreement.asymmetries(setting))
    counts = checks.rows(setting, table, mirrors)
    blocks: list[Block] = [Table(counts, checks.COLUMNS, style="numbers")]
    if pairs := agreement.pairs(setting):
        blocks.append(table_of(pairs, AGREEMENT, style="numbers"))
    if lines := [formats.markdown(line) for line in checks.lines(counts, mirrors)]:
        blocks.append(Fold("Which", [Items(lines)]))
    return Section("Found without an exact value", blocks)


def subnormal_sections(setting: Setting) -> Iterator[Section]:
    """Yield the section on subnormal numbers, where any were met."""
    words = (
        "What was observed. Errors are in smallest subnormals: strict holds results to gradual underflow, contracted "
        "allows a flush to zero of input or result."
    )
    if policies := subnormals.policies(setting):
        yield Section("Subnormal numbers", [Words(words), table_of(policies, POLICIES, style="numbers")])


def convention_sections(setting: Setting) -> Iterator[Section]:
    """Yield the section on kinks and special values, where any were judged."""
    rows, points = conventions.rows(setting), conventions.count(setting.rows)
    words = (
        f"{len(rows)} of {points:,} special inputs at which the columns differ, or one is outside of what is valid. "
        "Valid is the exact value; at a kink any derivative between those of its two sides; at infinity the limit."
    )
    if points:
        table = Table(rows, conventions.columns(setting.columns), style="numbers")
        fold = Fold(f"Kinks and special values: {len(rows)}", [table])
        yield Section("Conventions at kinks and special values", [Words(words), fold])
