"""The atlas on the terminal: its findings, or what changed from one atlas to another, and the path of the file."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.text import Text

from reports import formats
from reports.accuracy import atlas, changes, findings
from reports.accuracy.changes import Comparison
from reports.page import terminal
from reports.page.section import Block, Items, Words

MOST = 40
"""The number of changes shown here; the file has them all."""


def show(rows: pd.DataFrame, table: pd.DataFrame, notes: Sequence[str], page: Path) -> None:
    """Print the findings, the coverage and the path of the page."""
    lines = [*findings.findings(list(atlas.settings(rows)), table), f"{atlas.coverage(rows)}."]
    blocks: list[Block] = [Items([formats.markdown(line) for line in lines])]
    if strides := atlas.strides(rows):
        blocks.append(Words(f"Sampled: {formats.markdown(strides)}.", "strong"))
    print_blocks([*blocks, *(Words(formats.markdown(note), "fault") for note in notes)], page)


def show_comparison(comparison: Comparison, path: Path) -> None:
    """Print the changes from OLD to NEW, and the path of the table of all."""
    print_blocks([changes.section(comparison, MOST)], path)


def print_blocks(blocks: Sequence[Block], path: Path) -> None:
    """Print the blocks, then the path of the file that was written."""
    out = terminal.console()
    for line in terminal.render(blocks):
        out.print(line)
    out.print(Text(f"report: {path}"), soft_wrap=True)
