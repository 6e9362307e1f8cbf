"""The evidence for the guide's claims: the recorded curves of every backend, and the costs of a run if one is named."""

import math
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from backends.activation import find
from bench.core.curves import Curve, Depth, Points, SumError
from bench.curves import depth, guide
from reports.cards import draw
from reports.cards.load import CurveCollection, numbers

ByBackend = dict[str, float]
"""A number for each backend that has one."""
DEEPEST = max(depth.DEPTHS)
"""The number of layers of the deepest network."""


@dataclass(frozen=True)
class Evidence:
    """Figures by activation; a figure that was not measured is missing from a result and never a number."""

    collection: CurveCollection
    costs: pd.DataFrame | None

    def variant(self, activation: str) -> str:
        """Return the id of an activation's first variant."""
        return find(activation).variants[0].id

    def cost(self, activation: str, direction: str = "forward") -> ByBackend:
        """Return multiples of a copy, for each backend in its faster mode."""
        return self.best.get((self.variant(activation), direction), {})

    @cached_property
    def best(self) -> dict[tuple[str, str], ByBackend]:
        """The least multiple of a copy on each backend, by variant and direction."""
        ratios: dict[tuple[str, str], ByBackend] = {}
        if self.costs is not None:
            rows = self.costs.dropna(subset="x_copy")
            least = rows.groupby(["label", "direction", "backend"], sort=False)["x_copy"].min().reset_index()
            for row in least.to_dict("records"):
                ratios.setdefault((str(row["label"]), str(row["direction"])), {})[str(row["backend"])] = row["x_copy"]
        return ratios

    def dead(self, activation: str) -> ByBackend:
        """Return the share of N(0, 1) inputs with a derivative of exactly 0."""
        return self.collection.numbers(self.variant(activation), "dead")

    def mean(self, activation: str) -> ByBackend:
        """Return the mean of the results for N(0, 1) inputs."""
        return self.collection.numbers(self.variant(activation), "mean")

    def result_at(self, activation: str, x: float, name: str) -> ByBackend:
        """Return the value or derivative at a special point."""
        results = {}
        for recording in self.collection.recordings:
            for point in recording.part(self.variant(activation), Points).results:
                pair = numbers([point.x, getattr(point, name)])
                if len(pair) == 2 and pair[0] == x and math.copysign(1, pair[0]) == math.copysign(1, x):
                    results[recording.name] = pair[1]
        return results

    def vanished(self, activation: str, dtype: str) -> ByBackend:
        """Return the least |x| from which on derivatives are 0, on the side where that comes first; inf for never."""
        results = {}
        for recording in self.collection.recordings:
            parts = recording.curves(self.variant(activation)).vanished
            entries = [part for part in parts if part.dtype == dtype and part.status == "ok"]
            starts = [next(iter(numbers([part.start])), math.inf) for part in entries]
            if starts:
                results[recording.name] = min(starts)
        return results

    def reaching(self, activation: str, weights: str) -> dict[int, float]:
        """Return by depth the share of the gradient that reaches the first layer, with weights of this kind."""
        for recording in self.collection.recordings:
            part = recording.part(self.variant(activation), Depth)
            ratios = numbers(getattr(part, weights))
            if part.status == "ok" and ratios and len(part.depths) == len(ratios):
                return dict(zip(part.depths, ratios, strict=True))
        return {}

    def largest_difference(self, activation: str) -> float:
        """Return the largest difference between two backends' curves of values; NaN with fewer than two."""
        curves = [recording.part(self.variant(activation), Curve) for recording in self.collection.recordings]
        lines = [draw.Line((), numbers(curve.x), numbers(curve.value)) for curve in curves]
        complete = [line for line in lines if line.x and len(line.x) == len(line.y)]
        pairs = [(a, b) for i, a in enumerate(complete) for b in complete[:i] if a.x == b.x]
        return max((draw.largest_difference(a, b) for a, b in pairs), default=math.nan)

    def sums(self) -> list[tuple[str, float, SumError]]:
        """Return the distances of softmax's sums from 1: the backend, the distance, and its part."""
        return [
            (recording.name, off, part)
            for recording in self.collection.recordings
            for part in recording.curves(guide.ID).sums
            for off in numbers([part.off])
            if part.status == "ok"
        ]
