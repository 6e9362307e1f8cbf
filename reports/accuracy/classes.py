"""The error class of a binade, its words and its colours, as data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.accuracy.record import CATEGORIES, EDGES


@dataclass(frozen=True)
class Class:
    """A class: its letter in the page, its words, and its colours on a light and on a dark page."""

    letter: str
    words: str
    light: str
    dark: str


# Errors in ulp differ in lightness and stay between green and blue, categories are warm: the two differ for every kind
# of colour vision, and the order of each is preserved in grey.
CLASSES = (
    Class("a", "≤ ½ ulp: correctly rounded", "#cfe9df", "#16393c"),
    Class("b", "≤ 1", "#a2d5c9", "#1d5157"),
    Class("c", "≤ 2", "#68b6bf", "#287b88"),
    Class("d", "≤ 4", "#3f92b3", "#409fb4"),
    Class("e", "≤ 16", "#2d6da0", "#73c1d4"),
    Class("f", "≤ 256", "#2a4687", "#abdeeb"),
    Class("g", "> 256 ulp", "#1b1a4f", "#eefbff"),
    Class("N", "NaN where finite", "#a8003b", "#ff5f8f"),
    Class("I", "infinite where finite", "#dd3f2b", "#f2583e"),
    Class("Z", "zero where normal", "#f58a1f", "#f79a3c"),
    Class("S", "wrong sign", "#f5c63c", "#ffd75e"),
    Class("L", "NaN swallowed", "#c78bc0", "#b06aa8"),
    Class("s", "subnormal, within 1 step", "#dcdcdf", "#34373d"),
    Class("x", "subnormal, farther off", "#5f6068", "#c9cbd1"),
    Class("w", "subnormal flushed to zero", "#a9a9b1", "#73767e"),
    Class("o", "nothing to measure", "transparent", "transparent"),
)
MISSING = Class("-", "not computed", "url(#missing)", "url(#missing)")
LETTERS = {entry.letter: number for number, entry in enumerate(CLASSES)}
_OF_CATEGORY = dict(zip(CATEGORIES, "NIZS", strict=True))


def classify(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of each record's class: a category precedes any distance, a distance precedes subnormals."""
    distance = np.searchsorted(EDGES, rows["worst_ulp"].to_numpy())  # NaN sorts last; it is replaced below
    subnormal = np.select([rows["flushed"] > 0, rows["contracted_ulp"] > 1], [LETTERS["w"], LETTERS["x"]], LETTERS["s"])
    classes: NDArray[np.int64] = np.full(len(rows), LETTERS["o"])
    classes = np.where(rows["subnormal"] > 0, subnormal, classes)
    mostly = (rows["subnormal"] > rows["inputs"] / 2) & (rows["worst_ulp"] <= EDGES[0])  # zero is in their binade
    classes = np.where(rows["worst_ulp"].notna() & ~mostly, distance, classes)
    for name, letter in reversed((*_OF_CATEGORY.items(), ("nan_swallowed", "L"))):
        classes[rows[name] > 0] = LETTERS[letter]
    return classes
