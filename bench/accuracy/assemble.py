"""Records from what was found on the segments of a batch."""

import dataclasses
import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import xxhash

from bench.accuracy import bits, evaluate, kernel
from bench.accuracy.bits import Batch
from bench.accuracy.record import CATEGORIES, EDGES, Key, Record
from bench.accuracy.shards import LAYOUTS
from bench.accuracy.verdict import Court, Founds, held_kinks

Values = Any  # numpy.ndarray
WELL = 10.0
"""The condition number below which a function is well conditioned."""


@dataclasses.dataclass(frozen=True)
class Results:
    """The inputs of a batch as float32, their results in the subject's format, and some of them computed again."""

    batch: Batch
    x: Values
    raw: Values
    moved: Values

    @functools.cached_property
    def y(self) -> Values:
        """The results as float32."""
        return self.raw.astype(np.float32, copy=False)

    @functools.cached_property
    def patterns(self) -> Values:
        """The bits of the results; all NaNs alike."""
        kind = np.uint32 if LAYOUTS[self.batch.dtype].bits == 32 else np.uint16
        if not np.isnan(self.y.min(initial=0.0)):
            return self.raw.view(kind)
        return np.where(np.isnan(self.y), bits.TYPES[self.batch.dtype](np.nan), self.raw).view(kind)

    def differ(self) -> tuple[int, Values]:
        """How many were computed again, and the indices of those that came out otherwise."""
        kind = self.patterns.dtype
        first = self.raw.view(kind)[evaluate.SHIFT : evaluate.SHIFT + self.moved.size]
        other = (first != self.moved.view(kind)) & ~(np.isnan(self.moved) & np.isnan(first.view(self.raw.dtype)))
        return self.moved.size, np.flatnonzero(other) + evaluate.SHIFT


def assembled(court: Court, results: Results, segments: Values, founds: Founds, key: Key) -> Iterator[Record]:
    """The record of each binade, or of what the batch has of it; without digests."""
    batch = results.batch
    tested, differ = results.differ()
    edges = np.searchsorted(segments[:, 0], np.arange(len(batch.binades) + 1) * batch.each)
    for k, binade in enumerate(batch.binades):
        start, end = k * batch.each, (k + 1) * batch.each
        own = slice(edges[k], edges[k + 1])
        found = counted(founds[own], batch)
        found |= worst(court, results, segments[own], founds[own])
        if not batch.is_finite(binade):
            of_nan = np.isnan(results.x[start:end])
            found["nan_swallowed"] = int(np.count_nonzero(~np.isnan(results.y[start:end][of_nan])))
        found["position_tested"] = max(min(end, evaluate.SHIFT + tested) - max(start, evaluate.SHIFT), 0)
        found["position_differ"] = int(np.count_nonzero((differ >= start) & (differ < end)))
        if batch.part == 0:
            found["normal_mass"] = bits.normal_mass(batch.dtype, binade)
        record = Record(**{**vars(key), "binade": binade}, inputs=end - start, **found)
        yield with_points(court, results, record, start, end)


def counted(founds: Founds, batch: Batch) -> dict[str, Any]:
    """Sums, and the first input of each category."""
    found: dict[str, Any] = {name: int(founds[name].sum()) for name in kernel.COUNTS}
    found["buckets"] = tuple(founds["buckets"].sum(axis=0).tolist())
    for name in CATEGORIES:
        places = founds[f"{name}_at"]
        places = places[places >= 0]
        found[f"{name}_bits"] = batch.own_bits(int(places.min())) if places.size else -1
    found["normal_over"] = float(founds["over"].sum()) * batch.stride
    for name in ("strict", "contracted"):
        largest = float(founds[name].max(initial=-1.0))
        found[f"{name}_ulp"] = largest if largest >= 0 else math.nan
    return found


def worst(court: Court, results: Results, segments: Values, founds: Founds) -> dict[str, Any]:
    """The largest errors: of all, where well conditioned, and in proportion; each found again exactly."""
    condition = court.table(results.batch).condition[segments[:, 2]]
    errors = np.where(founds["worst_at"] >= 0, founds["worst"], -1.0)
    measures = {
        "worst": errors,
        "well": np.where(condition < WELL, errors, -1.0),
        "scaled": errors / (1 + condition),
    }
    found: dict[str, Any] = {}
    for name, measure in measures.items():
        if not measure.size or (s := int(measure.argmax())) < 0 or measure[s] < 0:
            continue
        at = int(founds["worst_at"][s])
        x, y = float(results.x[at]), float(results.y[at])
        error = court.exact(x, y).ulps
        found[f"{name}_bits"] = results.batch.own_bits(at)
        found[f"{name}_ulp"] = error / (1 + float(condition[s])) if name == "scaled" else error
        if name == "worst":
            found |= {"worst_got": y, "worst_truth": float(court.truth(x))}
    return found


class Digests:
    """Of the results' bits of one binade, and of those without their sign, as its parts come in."""

    def __init__(self) -> None:
        self.all, self.magnitudes = xxhash.xxh3_64(), xxhash.xxh3_64()

    def update(self, patterns: Values) -> None:
        """With the bits of the next results."""
        without = patterns & patterns.dtype.type(2 ** (8 * patterns.itemsize - 1) - 1)
        self.all.update(patterns.data)
        self.magnitudes.update(without.data)

    def into(self, record: Record) -> Record:
        """The record with them."""
        digest, magnitudes = self.all.hexdigest(), self.magnitudes.hexdigest()
        return dataclasses.replace(record, digest=digest, magnitude_digest=magnitudes)


def with_points(court: Court, results: Results, record: Record, start: int, end: int) -> Record:
    """The record with its special inputs, those that were set apart judged."""
    batch, changes = results.batch, dict(vars(record))
    apart = [i for i in court.set_apart(batch) if start <= i < end]
    buckets = list(record.buckets)
    for i in apart:
        error = court.exact(float(results.x[i]), float(results.y[i]))
        if error.category:
            changes[error.category] += 1
            if changes[f"{error.category}_bits"] < 0:
                changes[f"{error.category}_bits"] = batch.own_bits(i)
        else:
            buckets[int(np.searchsorted(EDGES, error.ulps))] += 1
            if not error.ulps <= changes["worst_ulp"]:
                x, y = float(results.x[i]), float(results.y[i])
                told = {"worst_ulp": error.ulps, "worst_bits": batch.own_bits(i), "worst_got": y}
                changes |= told | {"worst_truth": float(court.truth(x))}
    points = sorted({*apart, *special(court, batch, record.binade, start, end)})
    changes |= {"buckets": tuple(buckets)}
    changes["points_x"] = tuple(float(results.x[i]) for i in points)
    changes["points_y"] = tuple(float(results.y[i]) for i in points)
    return Record(**changes)


def special(court: Court, batch: Batch, binade: int, start: int, end: int) -> list[int]:
    """Indices of zero, of kinks, of the last number before infinity, of infinity and of a NaN."""
    if not batch.is_finite(binade):
        return [start, start + 1] if batch.part == 0 else []
    places = [start] if batch.exponent(binade) == 0 and batch.part == 0 else []
    if batch.exponent(binade) == LAYOUTS[batch.dtype].binades // 2 - 2 and batch.is_last:
        places.append(end - 1)
    kinks = [abs(kink) for kink in held_kinks(court.variant) if kink and (kink < 0) == batch.negative]
    for kink, i in zip(kinks, batch.rank(np.array(kinks, np.float32).view(np.uint32)).tolist(), strict=True):
        if start <= i < end and abs(bits.number(batch.own_bits(i), batch.dtype)) == kink:
            places.append(i)
    return places
