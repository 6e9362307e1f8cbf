"""The records as a reader compares them: one per binade, subjects named, settings apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

import backends
from backends.activation import variants
from bench import setting
from bench.accuracy.shards import DIRECTIONS, LAYOUTS

PLACE = ["version", "build", "vendor", "instruction_set", "threads"]
"""The setting that a result was judged in, as `bench.setting` names it."""
SUBJECT = ["activation", "direction", "dtype", "mode", "backend", *PLACE]
"""What a binade belongs to."""
MODES = ("eager", "compiled")


@dataclass(frozen=True)
class Setting:
    """A format and a mode: what can be compared side by side."""

    dtype: str
    mode: str
    rows: pd.DataFrame

    @property
    def name(self) -> str:
        """`float32 eager`."""
        return f"{self.dtype} {self.mode}"

    @cached_property
    def columns(self) -> list[str]:
        """Who was judged, in the project's order."""
        return list(self.rows.drop_duplicates("who").sort_values(["rank", "who"])["who"])

    @cached_property
    def activations(self) -> list[str]:
        """What was judged, in the catalogue's order."""
        order = {variant.id: number for number, variant in enumerate(variants())}
        return sorted(self.rows["activation"].unique(), key=lambda name: (order.get(name, len(order)), name))

    @cached_property
    def directions(self) -> list[str]:
        """Those that there are."""
        return [name for name in DIRECTIONS if (self.rows["direction"] == name).any()]

    def subject(self, activation: str, direction: str, who: str) -> pd.DataFrame:
        """The binades of one of them."""
        return self.subjects.get((activation, direction, who), self.rows.iloc[:0])

    @cached_property
    def shared(self) -> pd.DataFrame:
        """The rows of the binades that every column has at the same inputs: what can be ranked."""
        having = self.rows.groupby(["activation", "direction", "binade", "stride"], sort=False)["who"]
        return self.rows[having.transform("nunique") == len(self.columns)]

    @cached_property
    def subjects(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        """The binades of each."""
        return dict(iter(self.rows.groupby(["activation", "direction", "who"], sort=False)))  # type: ignore[arg-type]


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """One record per binade, of the newest code, the most complete, with `who` was judged and the backend's `rank`."""
    order = frame.assign(older=-frame["revision"], staler=-frame["truth"])
    order = order.sort_values([*SUBJECT, "binade", "older", "stride", "staler"], kind="stable")
    rows = order.drop(columns=["older", "staler"]).drop_duplicates([*SUBJECT, "binade"]).reset_index(drop=True)
    ranks = {name: number for number, name in enumerate(backends.names())}
    return rows.assign(who=names(rows), rank=rows["backend"].map(ranks).fillna(len(ranks)).astype(int))


def plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def names(rows: pd.DataFrame) -> pd.Series:
    """`torch`; `torch 2.13.0` where it has several versions here, and the rest of the setting where that differs."""
    name = rows["backend"].astype(str)
    within = ["backend"]
    for part in PLACE:
        several = rows.groupby(within)[part].transform("nunique") > 1
        text = rows[part].astype(str) + (" threads" if part == "threads" else "")
        name = name.where(~several, name + " " + text)
        within = [*within, part]
    return name


def settings(rows: pd.DataFrame) -> Iterator[Setting]:
    """float32 first, then the short formats; eager before compiled."""
    dtypes = [*reversed(LAYOUTS)]
    keys = [(own["dtype"], own["mode"]) for own in plain(rows[["dtype", "mode"]].drop_duplicates())]
    for dtype, mode in sorted(keys, key=lambda key: (dtypes.index(key[0]), key[1] != "eager", key[1])):
        yield Setting(dtype, mode, rows[(rows["dtype"] == dtype) & (rows["mode"] == mode)])


def versions(rows: pd.DataFrame) -> list[str]:
    """`torch 2.13.0 (cpu, amd avx512_bf16)`."""
    found = rows.drop_duplicates(["backend", *PLACE]).sort_values(["rank", *PLACE])
    return [f"{own['backend']} {place(own)}" for own in plain(found[["backend", *PLACE]])]


def place(row: dict[str, Any]) -> setting.Setting:
    """The setting that a row is of."""
    return setting.Setting(*(row[name] for name in PLACE))


def coverage(rows: pd.DataFrame) -> str:
    """How much of all inputs that is, in words; what is sampled says so."""
    subjects = rows.groupby(SUBJECT, sort=False).agg(binades=("binade", "size"), stride=("stride", "max"))
    whole = subjects.index.get_level_values("dtype").map(lambda name: LAYOUTS[name].binades)
    complete = int(((subjects["binades"] == whole) & (subjects["stride"] == 1)).sum())
    inputs = f"{int(rows['inputs'].sum()):,} results"
    return f"{inputs} of {len(subjects):,} subjects, {complete:,} of them judged at every input there is"


def sampled(stride: int) -> str:
    """The label of a figure from every stride-th input; empty where it is from all."""
    return f"lower bound, every {stride:,}th input" if stride > 1 else ""
