"""What the claims are held against: the portraits of every backend, and the costs of a run where one was named."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from backends.activation import find
from bench.portrait import depth, guide
from reports.cards import draw
from reports.cards.load import Gallery, numbers
from reports.cards.words import listed, mappings

Named = dict[str, float]
"""A number of each backend that has one."""


@dataclass(frozen=True)
class Evidence:
    """Figures by activation; what was not measured is missing from a result, never a number."""

    gallery: Gallery
    costs: pd.DataFrame | None

    def variant(self, activation: str) -> str:
        """The id of its first case."""
        return find(activation).variants[0].id

    def cost(self, activation: str, direction: str = "forward") -> Named:
        """Multiples of a copy: of each backend its faster mode."""
        if self.costs is None:
            return {}
        mine = self.costs[(self.costs["label"] == self.variant(activation)) & (self.costs["direction"] == direction)]
        best = mine.dropna(subset="x_copy").groupby("backend", sort=False)["x_copy"].min()
        return {str(name): float(ratio) for name, ratio in best.items()}

    def dead(self, activation: str) -> Named:
        """The share of N(0, 1) inputs whose slope is exactly 0."""
        return self.gallery.numbers(self.variant(activation), "normal", "dead")

    def mean(self, activation: str) -> Named:
        """Of the results for N(0, 1) inputs."""
        return self.gallery.numbers(self.variant(activation), "normal", "mean")

    def at(self, activation: str, x: float, name: str) -> Named:
        """Value or slope at a special point."""
        found = {}
        for own in self.gallery.sitters:
            for point in listed(own.part(self.variant(activation), "points"), "at"):
                both = numbers([point.get("x"), point.get(name)])
                if len(both) == 2 and both[0] == x and math.copysign(1, both[0]) == math.copysign(1, x):
                    found[own.name] = both[1]
        return found

    def vanished(self, activation: str, dtype: str) -> Named:
        """The least |x| from which on every slope is exactly 0, on the side where that comes first; inf for never."""
        found = {}
        for own in self.gallery.sitters:
            parts = mappings(own.portrait(self.variant(activation)).get("vanished"))
            mine = [p for p in parts if p.get("dtype") == dtype and p.get("status") == "ok"]
            starts = [next(iter(numbers([p.get("from")])), math.inf) for p in mine]
            if starts:
                found[own.name] = min(starts)
        return found

    def reaching(self, activation: str, weights: str) -> dict[int, float]:
        """By depth: the share of the gradient that reaches the first layer, with weights of this kind."""
        for own in self.gallery.sitters:
            part = own.part(self.variant(activation), "depth")
            depths, ratios = numbers(part.get("depths")), numbers(part.get(weights))
            if part["status"] == "ok" and ratios and len(depths) == len(ratios):
                return {int(d): ratio for d, ratio in zip(depths, ratios, strict=True)}
        return {}

    def apart(self, activation: str) -> float:
        """The largest difference between two backends' curves of values; NaN with fewer than two."""
        curves = [own.part(self.variant(activation), "curve") for own in self.gallery.sitters]
        lines = [draw.Line((), numbers(c.get("x")), numbers(c.get("value"))) for c in curves]
        whole = [line for line in lines if line.x and len(line.x) == len(line.y)]
        pairs = [(a, b) for i, a in enumerate(whole) for b in whole[:i] if a.x == b.x]
        return max((draw.apart(a, b) for a, b in pairs), default=math.nan)

    def sums(self) -> list[dict[str, Any]]:
        """How far softmax's sums are from 1: rows of backend, dtype, length, off, zeros."""
        found = []
        for own in self.gallery.sitters:
            for part in mappings(own.portrait(guide.ID).get("sums")):
                off = numbers([part.get("off")])
                if part.get("status") == "ok" and off:
                    found.append({**part, "backend": own.name, "off": off[0]})
        return found


DEEPEST = max(depth.DEPTHS)
