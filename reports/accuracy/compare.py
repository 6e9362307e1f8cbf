"""The comparison of two atlases: where the bits changed, and whether for better or worse."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.accuracy import atlas, load, origin, subjects
from reports.accuracy.changes import WORDS, Change, Comparison, Word
from reports.accuracy.load import BUCKETS
from reports.fault import BadRun

ACROSS = ["activation", "direction", "dtype", "mode", "backend"]
"""The columns that identify a subject on both sides, whatever the setting."""


def sides(old: str, new: str, paths: Sequence[Path]) -> Comparison:
    """Compare OLD with NEW: folders or files of records, or versions within `paths`."""
    frames = [side(text, paths) for text in (old, new)]
    named = [f"{text}: {', '.join(atlas.versions(rows))}" for text, rows in zip((old, new), frames, strict=True)]
    return compare(frames[0], frames[1], (formats.text(named[0]), formats.text(named[1])))


def side(text: str, paths: Sequence[Path]) -> pd.DataFrame:
    """Return the records of one side; raise BadRun where it is neither a path nor a version."""
    if Path(text).exists():
        return one_setting(atlas.tidy(load.read([Path(text)]).rows), text)
    if any(mark in text for mark in "/\\"):
        raise BadRun(f"{text} is neither a folder nor a file")
    rows = atlas.tidy(load.read(paths).rows)
    backend, _, version = text.rpartition("==")
    matches = rows[(rows["version"] == version) & ((rows["backend"] == backend) | (not backend))]
    if matches.empty:
        available = sorted({f"{b}=={v}" for b, v in zip(rows["backend"], rows["version"], strict=True)})
        raise BadRun(f"{text!r} is neither a path nor a version in the records (known: {', '.join(available)})")
    return one_setting(matches, text)


def one_setting(rows: pd.DataFrame, text: str) -> pd.DataFrame:
    """Return the rows; raise BadRun where a backend has several settings, as none can be preferred."""
    several = rows.groupby("backend")[atlas.PLACE].nunique()
    for name, counts in several.iterrows():
        if counts["version"] > 1:
            raise BadRun(f"{text} holds several versions of {name}: name two of them, and {text} as the path")
        if counts.max() > 1:
            available = "; ".join(atlas.versions(rows[rows["backend"] == name]))
            raise BadRun(f"{text} holds several settings of {name} ({available}): name files of one setting each")
    return rows


def compare(old: pd.DataFrame, new: pd.DataFrame, names: tuple[str, str]) -> Comparison:
    """Compare the binades that both sides have at the same inputs."""
    key = [*ACROSS, "binade", "stride"]
    both = old[[*key, "digest", "truth"]].merge(new[[*key, "digest", "truth"]], on=key, suffixes=("_old", "_new"))
    if both.empty:
        raise BadRun("the two have no binade in common at the same inputs")
    tables = [common(rows, both[key], key) for rows in (old, new)]
    differs = both["digest_old"] != both["digest_new"]
    per = differs.groupby([both[name] for name in ACROSS]).agg(["size", "sum"])
    changes = [
        change(
            {name: row[name] for name in ACROSS},
            row,
            *(table.loc[tuple(row[name] for name in ACROSS)] for table in tables),
        )
        for row in atlas.plain(per.reset_index())
    ]
    order = list(WORDS)
    changes.sort(key=lambda item: (order.index(item.word), item.name, item.where))
    return Comparison(*names, tuple(changes), tuple(notes(old, new, both)))


def common(rows: pd.DataFrame, both: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return a row per subject, over the binades that both sides have."""
    return subjects.subjects(rows.merge(both, on=key)).set_index(ACROSS)


def change(subject: dict[str, str], counts: Any, old: Any, new: Any) -> Change:
    """Return the verdict on one subject, from the same binades on both sides."""
    figures = [
        {name: float(row[name]) for name in ("worst_ulp", "categories", "over", *CATEGORIES)} for row in (old, new)
    ]
    for row in figures:
        row["worst_ulp"] = 0.0 if row["worst_ulp"] != row["worst_ulp"] else row["worst_ulp"]
    judged = [*CATEGORIES, "worst_ulp", *BUCKETS[2:], "strict_ulp", "contracted_ulp", "out_of_range", "not_monotone"]
    judged.append("nan_swallowed")
    more = [name for name in judged if new[name] > old[name]]
    fewer = [name for name in judged if new[name] < old[name]]
    main = [figures[1][name] - figures[0][name] for name in ("categories", "worst_ulp", "over")]
    word = verdict(int(counts["sum"]), main, bool(more or fewer))
    return Change(subject, word, int(counts["size"]), int(counts["sum"]), *figures)


def verdict(changed: int, main: list[float], moved: bool) -> Word:
    """Return one word; `main` holds the growth of the categories, the worst error and the share above 1 ulp."""
    if not changed:
        return "SAME"
    up, down = any(step > 0 for step in main), any(step < 0 for step in main)
    if up and down:
        return "MIXED"
    return "WORSE" if up else "BETTER" if down else "MIXED" if moved else "EQUAL"


def notes(old: pd.DataFrame, new: pd.DataFrame, both: pd.DataFrame) -> list[str]:
    """Return lines on what was not compared and on the other differences between the two sides."""
    lines = []
    for rows, other, name in ((old, new, "OLD"), (new, old, "NEW")):
        alone = rows[ACROSS].drop_duplicates().merge(other[ACROSS].drop_duplicates(), how="left", indicator=True)
        if number := int((alone["_merge"] == "left_only").sum()):
            lines.append(f"{formats.count(number, 'subject')} in {name} alone, not compared.")
        if number := len(rows) - len(both):
            lines.append(f"{formats.count(number, 'binade')} of {name} without a counterpart at the same inputs.")
    lines += origin.differences(old, new)
    if (both["truth_old"] != both["truth_new"]).any():
        lines.append("The two were judged by different versions of the exact value; equal bits stay equal.")
    if strides := atlas.strides(both):
        lines.append(f"Sampled: {strides}.")
    return lines
