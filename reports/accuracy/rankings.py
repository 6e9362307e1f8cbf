"""Accuracy rankings of the columns: by all bit patterns alike, and by the inputs of a standard normal distribution."""

from dataclasses import dataclass

import pandas as pd

from reports.accuracy import subjects
from reports.accuracy.atlas import Setting, plain
from reports.formats import probability
from reports.page.section import Column

WEIGHTINGS = {"over": "all bit patterns", "over_normal": "N(0, 1) inputs"}

SHORT = {"over": "bits", "over_normal": "N(0, 1)"}
RANKS = (
    Column("column", "backend"),
    *(
        Column(f"{name} {key}", words, format, is_number=True)
        for name, heading in WEIGHTINGS.items()
        for key, words, format in (
            ("share", heading, probability),
            ("rank", "rank", str),
            ("best", "best or as good in", str),
        )
    ),
)


@dataclass(frozen=True)
class Ranked:
    """A column ranked by one weighting, over the activations that all columns have."""

    column: str
    share: float
    """The mean probability of an error above 1 ulp or of a category."""
    best: int
    """The number of activations in which no column is better and some are worse."""
    rank: int


def common(setting: Setting) -> pd.DataFrame:
    """Return the subjects of the activations that every column has, over the binades that every column has."""
    table = subjects.subjects(setting.shared)
    measured = table[table["measured"] > 0]
    having = measured.groupby(["activation", "direction"])["column"].transform("nunique")
    return measured[having == len(setting.columns)]


def ranking(table: pd.DataFrame, weighting: str) -> list[Ranked]:
    """Return the columns from best to worst."""
    wide = table.pivot(index="activation", columns="column", values=weighting)  # noqa: PD010  # pivot_table drops NaN
    least = wide.min(axis=1)
    differs = wide.max(axis=1) > least
    best = (wide.eq(least, axis=0) & differs.to_numpy()[:, None]).sum()
    means = wide.mean().sort_values(kind="stable")
    ranks = means.rank(method="min", na_option="bottom").astype(int)
    listed = plain(
        pd.DataFrame({"share": means, "best": best, "rank": ranks}).loc[means.index].reset_index(names="column")
    )
    return [Ranked(**row) for row in listed]


def ranks(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each column, both weightings beside each other, the best by bit patterns first."""
    over, over_normal = (
        pd.DataFrame(map(vars, ranking(table, name))).set_index("column").add_prefix(f"{name} ") for name in WEIGHTINGS
    )
    return over.join(over_normal).reset_index()


def activation_columns(names: list[str]) -> list[Column]:
    """Return the columns of the table of `by_activation`."""
    shares = [
        Column(f"{column} {name}", f"{column} {words}", probability, is_number=True, mark=f"{column} {name} mark")
        for column in names
        for name, words in SHORT.items()
    ]
    return [Column("activation", "P(error > 1 ulp)", note="star"), *shares]


def by_activation(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return a row per activation with both shares of each column and their marks, and whether the best differ.

    The columns are `COLUMN WEIGHTING` and `COLUMN WEIGHTING mark`, of the names in WEIGHTINGS.
    """
    order = table["activation"].drop_duplicates()
    rows = pd.DataFrame(index=order)
    heads = []
    for name in WEIGHTINGS:
        wide = table.pivot(index="activation", columns="column", values=name)  # noqa: PD010  # pivot_table drops NaN
        wide = wide.loc[order, columns]
        heads.append(wide.eq(wide.min(axis=1), axis=0))
        is_best = heads[-1] & wide.gt(wide.min(axis=1), axis=0).any(axis=1).to_numpy()[:, None]
        rows = rows.join(wide.add_suffix(f" {name}")).join(
            is_best.replace({True: "best", False: ""}).add_suffix(f" {name} mark")
        )
    differs = (heads[0] != heads[1]).any(axis=1)
    return rows.assign(differs=differs, star=differs.map({True: "*", False: ""})).reset_index(names="activation")
