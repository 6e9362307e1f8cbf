"""Checks that need no exact value: a row for each column, and the subjects concerned."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from reports.accuracy import agreement
from reports.accuracy.atlas import Setting
from reports.page.section import Column

POSITION, MIRROR = "position_differ", "asymmetric"
COUNTS = {
    "out_of_range": "out of range (inputs)",
    "not_monotone": "not monotone (steps)",
    POSITION: "position dependent (inputs)",
    "nan_swallowed": "NaN swallowed (inputs)",
}
"""The counts of subjects, with their headings."""
NOTED = (POSITION, MIRROR)
"""The checks of a part of the results, whose number stands beside the count."""
COLUMNS = (
    Column("column", "backend"),
    *(
        Column(name, heading, "{:,}".format, is_number=True, note=f"{name}_of" if name in NOTED else "", hint=hint)
        for name, heading, hint in (
            *((name, heading, f"{name}_where") for name, heading in COUNTS.items()),
            (MIRROR, "odd or even, not mirrored (binade pairs)", f"{MIRROR}_where"),
        )
    ),
)


def rows(setting: Setting, table: pd.DataFrame, mirrors: list[agreement.Asymmetry]) -> pd.DataFrame:
    """Return the counts of each column; `NAME_where` names the subjects, `NAME_of` the number that was tested."""
    return pd.DataFrame(
        [
            row(column, table[table["column"] == column], [mirror for mirror in mirrors if mirror.column == column])
            for column in setting.columns
        ]
    )


def row(column: str, subjects: pd.DataFrame, mirrors: list[agreement.Asymmetry]) -> dict[str, Any]:
    """Return the counts of one column."""
    tested = int(subjects["position_tested"].sum())
    return {
        "column": column,
        **{name: int(subjects[name].sum()) for name in COUNTS},
        **{f"{name}_where": ", ".join(places(subjects, name)) for name in COUNTS},
        f"{POSITION}_of": f"of {tested:,}" if tested else "of none tested",
        MIRROR: sum(mirror.differ for mirror in mirrors),
        f"{MIRROR}_of": f"of {sum(mirror.binades for mirror in mirrors):,}",
        f"{MIRROR}_where": "; ".join(mirror.sentence for mirror in mirrors if mirror.differ),
    }


def places(subjects: pd.DataFrame, name: str) -> Iterator[str]:
    """Yield the subjects with a count, such as `gelu forward 1,024`."""
    for subject in subjects[subjects[name] > 0].itertuples():
        yield f"{subject.activation} {subject.direction} {getattr(subject, name):,}"


def lines(counts: pd.DataFrame, mirrors: list[agreement.Asymmetry]) -> Iterator[str]:
    """Yield the subjects concerned: a line for each column and count, and for each function that is not mirrored."""
    for line in counts.to_dict("records"):
        column = line["column"]
        yield from (f"{column}: {words}: {line[f'{name}_where']}" for name, words in COUNTS.items() if line[name])
        yield from (f"{column}: {mirror.sentence}" for mirror in mirrors if mirror.column == column and mirror.differ)
