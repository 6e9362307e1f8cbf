"""The records as a reader compares them: one per binade, with subjects named and settings separated."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

import backends
from backends.activation import variants
from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from bench.core import setting

PLACE = ["version", "build", "vendor", "instruction_set", "threads"]
"""The columns of the setting in which a result was judged, as `bench.core.setting` names them."""
SUBJECT = ["activation", "direction", "dtype", "mode", "backend", *PLACE]
"""The columns that identify the subject of a binade."""


@dataclass(frozen=True)
class Setting:
    """A format and a mode: results that can be compared side by side."""

    dtype: str
    mode: str
    rows: pd.DataFrame

    @property
    def name(self) -> str:
        """The format and mode, such as `float32 eager`."""
        return f"{self.dtype} {self.mode}"

    @cached_property
    def columns(self) -> list[str]:
        """The names of the backends that were judged, in the project's order."""
        return list(self.rows.drop_duplicates("column").sort_values(["rank", "column"])["column"])

    @cached_property
    def activations(self) -> list[str]:
        """The activations that were judged, in the catalogue's order."""
        order = {variant.id: number for number, variant in enumerate(variants())}
        return sorted(self.rows["activation"].unique(), key=lambda name: (order.get(name, len(order)), name))

    @cached_property
    def directions(self) -> list[str]:
        """The directions that occur."""
        return [name for name in DIRECTIONS if (self.rows["direction"] == name).any()]

    def subjects(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return those of the subjects in a table that are of this setting."""
        return table[(table["dtype"] == self.dtype) & (table["mode"] == self.mode)]

    @cached_property
    def shared(self) -> pd.DataFrame:
        """The rows of the binades that every column has at the same inputs: those that can be ranked."""
        having = self.rows.groupby(["activation", "direction", "binade", "stride"], sort=False)["column"]
        return self.rows[having.transform("nunique") == len(self.columns)]


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one record per binade, of the newest code and the most complete, with columns `column` and `rank`."""
    order = frame.assign(older=-frame["revision"], staler=-frame["truth"])
    order = order.sort_values([*SUBJECT, "binade", "older", "stride", "staler"], kind="stable")
    rows = order.drop(columns=["older", "staler"]).drop_duplicates([*SUBJECT, "binade"]).reset_index(drop=True)
    ranks = {name: number for number, name in enumerate(backends.names())}
    return rows.assign(column=names(rows), rank=rows["backend"].map(ranks).fillna(len(ranks)).astype(int))


def plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def names(rows: pd.DataFrame) -> pd.Series:
    """Return `torch`, or `torch 2.13.0` where there are several versions; further parts of the setting likewise."""
    name = rows["backend"].astype(str)
    within = ["backend"]
    for part in PLACE:
        several = rows.groupby(within)[part].transform("nunique") > 1
        text = rows[part].astype(str) + (" threads" if part == "threads" else "")
        name = name.where(~several, name + " " + text)
        within = [*within, part]
    return name


def settings(rows: pd.DataFrame) -> Iterator[Setting]:
    """Yield the settings, float32 before the short formats and eager before compiled."""
    dtypes = [*reversed(LAYOUTS)]
    keys = [(row["dtype"], row["mode"]) for row in plain(rows[["dtype", "mode"]].drop_duplicates())]
    for dtype, mode in sorted(keys, key=lambda key: (dtypes.index(key[0]), key[1] != "eager", key[1])):
        yield Setting(dtype, mode, rows[(rows["dtype"] == dtype) & (rows["mode"] == mode)])


def versions(rows: pd.DataFrame) -> list[str]:
    """Return backends with their settings, such as `torch 2.13.0 (cpu, amd avx512_bf16)`."""
    places = rows.drop_duplicates(["backend", *PLACE]).sort_values(["rank", *PLACE])
    return [f"{row['backend']} {place(row)}" for row in plain(places[["backend", *PLACE]])]


def place(row: dict[str, Any]) -> setting.Setting:
    """Return the setting of a row."""
    return setting.Setting(*(row[name] for name in PLACE))


def coverage(rows: pd.DataFrame) -> str:
    """Return in words how many results were judged, and how many subjects at every input."""
    subjects = rows.groupby(SUBJECT, sort=False).agg(binades=("binade", "size"), stride=("stride", "max"))
    whole = subjects.index.get_level_values("dtype").map(lambda name: LAYOUTS[name].binades)
    complete = int(((subjects["binades"] == whole) & (subjects["stride"] == 1)).sum())
    inputs = f"{int(rows['inputs'].sum()):,} results"
    return f"{inputs} of {len(subjects):,} subjects, {complete:,} of them judged at every input there is"


def strides(rows: pd.DataFrame) -> str:
    """Return in words which records are of a sample; empty where every input was judged."""
    counts = rows[rows["stride"] > 1].groupby(["dtype", "mode", "stride"], sort=False).size().reset_index(name="size")
    parts = [f"{o['dtype']} {o['mode']}: {sampled(o['stride'])} of {o['size']:,} binades" for o in plain(counts)]
    return "; ".join(parts)


def sampled(stride: int) -> str:
    """Return the label of a figure from every stride-th input; empty where it is from all inputs."""
    return f"lower bound, every {stride:,}th input" if stride > 1 else ""
