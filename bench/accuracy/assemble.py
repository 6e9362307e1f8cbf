"""Assembly of records from the counts on the segments of a batch."""

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
from bench.accuracy.verdict import ErrorCounter, SegmentCounts, held_kinks

Values = Any  # numpy.ndarray
WELL_CONDITIONED = 10.0
"""The condition number below which a function is well conditioned."""


@dataclasses.dataclass(frozen=True)
class Results:
    """The inputs of a batch as float32, their results in the subject's format, and the results computed again."""

    batch: Batch
    x: Values
    raw: Values
    shifted: Values

    @functools.cached_property
    def y(self) -> Values:
        """The results as float32."""
        return self.raw.astype(np.float32, copy=False)

    @functools.cached_property
    def patterns(self) -> Values:
        """The bits of the results, with one pattern for all NaNs."""
        kind = np.uint32 if LAYOUTS[self.batch.dtype].bits == 32 else np.uint16
        if not np.isnan(self.y.min(initial=0.0)):
            return self.raw.view(kind)
        return np.where(np.isnan(self.y), bits.TYPES[self.batch.dtype](np.nan), self.raw).view(kind)

    def position_differences(self) -> tuple[int, Values]:
        """Return the number of results computed again, and the indices of those with other bits."""
        kind = self.patterns.dtype
        first = self.raw.view(kind)[evaluate.SHIFT : evaluate.SHIFT + self.shifted.size]
        other = (first != self.shifted.view(kind)) & ~(np.isnan(self.shifted) & np.isnan(first.view(self.raw.dtype)))
        return self.shifted.size, np.flatnonzero(other) + evaluate.SHIFT


def assemble_records(
    counter: ErrorCounter, results: Results, segments: Values, segment_counts: SegmentCounts, key: Key
) -> Iterator[Record]:
    """Yield the record of each binade, or of its part in the batch, without digests."""
    batch = results.batch
    tested, differ = results.position_differences()
    edges = np.searchsorted(segments[:, 0], np.arange(len(batch.binades) + 1) * batch.binade_inputs)
    for k, binade in enumerate(batch.binades):
        start, end = k * batch.binade_inputs, (k + 1) * batch.binade_inputs
        segment_range = slice(edges[k], edges[k + 1])
        figures = sum_counts(segment_counts[segment_range], batch)
        figures |= worst_errors(counter, results, segments[segment_range], segment_counts[segment_range])
        if not batch.is_finite(binade):
            of_nan = np.isnan(results.x[start:end])
            figures["nan_swallowed"] = int(np.count_nonzero(~np.isnan(results.y[start:end][of_nan])))
        figures["position_tested"] = max(min(end, evaluate.SHIFT + tested) - max(start, evaluate.SHIFT), 0)
        figures["position_differ"] = int(np.count_nonzero((differ >= start) & (differ < end)))
        if batch.part == 0:
            figures["normal_mass"] = bits.normal_mass(batch.dtype, binade)
        record = Record(**{**vars(key), "binade": binade}, inputs=end - start, **figures)
        yield add_points(counter, results, record, start, end)


def sum_counts(segment_counts: SegmentCounts, batch: Batch) -> dict[str, Any]:
    """Return the sums of the counts on segments, and the first input in each error class."""
    figures: dict[str, Any] = {name: int(segment_counts[name].sum()) for name in kernel.COUNTS}
    figures["buckets"] = tuple(segment_counts["buckets"].sum(axis=0).tolist())
    for name in CATEGORIES:
        places = segment_counts[f"{name}_at"]
        places = places[places >= 0]
        figures[f"{name}_bits"] = batch.bits_of(int(places.min())) if places.size else -1
    figures["normal_over"] = float(segment_counts["over"].sum()) * batch.stride
    for name in ("strict", "contracted"):
        largest = float(segment_counts[name].max(initial=-1.0))
        figures[f"{name}_ulp"] = largest if largest >= 0 else math.nan
    return figures


def worst_errors(
    counter: ErrorCounter, results: Results, segments: Values, segment_counts: SegmentCounts
) -> dict[str, Any]:
    """Return the largest exact errors: of all inputs, of well-conditioned ones, and relative to the condition."""
    condition = counter.table(results.batch).condition[segments[:, 2]]
    errors = np.where(segment_counts["worst_at"] >= 0, segment_counts["worst"], -1.0)
    measures = {
        "worst": errors,
        "well": np.where(condition < WELL_CONDITIONED, errors, -1.0),
        "scaled": errors / (1 + condition),
    }
    figures: dict[str, Any] = {}
    for name, measure in measures.items():
        if not measure.size or (s := int(measure.argmax())) < 0 or measure[s] < 0:
            continue
        index = int(segment_counts["worst_at"][s])
        x, y = float(results.x[index]), float(results.y[index])
        error = counter.error(x, y).ulps
        figures[f"{name}_bits"] = results.batch.bits_of(index)
        figures[f"{name}_ulp"] = error / (1 + float(condition[s])) if name == "scaled" else error
        if name == "worst":
            figures |= {"worst_got": y, "worst_truth": float(counter.exact_value(x))}
    return figures


class Digests:
    """The digests of the results' bits of one binade, with and without signs, built up from its parts."""

    def __init__(self) -> None:
        self.all, self.magnitudes = xxhash.xxh3_64(), xxhash.xxh3_64()

    def update(self, patterns: Values) -> None:
        """Add the bits of the next results."""
        magnitudes = patterns & patterns.dtype.type(2 ** (8 * patterns.itemsize - 1) - 1)
        self.all.update(patterns.data)
        self.magnitudes.update(magnitudes.data)

    def add_to(self, record: Record) -> Record:
        """Return a record with these digests."""
        digest, magnitudes = self.all.hexdigest(), self.magnitudes.hexdigest()
        return dataclasses.replace(record, digest=digest, magnitude_digest=magnitudes)


def add_points(counter: ErrorCounter, results: Results, record: Record, start: int, end: int) -> Record:
    """Return a record with its special values, and with the inputs that are judged one by one."""
    batch, changes = results.batch, dict(vars(record))
    separate = [i for i in counter.separate_indices(batch) if start <= i < end]
    buckets = list(record.buckets)
    for i in separate:
        error = counter.error(float(results.x[i]), float(results.y[i]))
        if error.category:
            changes[error.category] += 1
            if changes[f"{error.category}_bits"] < 0:
                changes[f"{error.category}_bits"] = batch.bits_of(i)
        else:
            buckets[int(np.searchsorted(EDGES, error.ulps))] += 1
            if not error.ulps <= changes["worst_ulp"]:
                x, y = float(results.x[i]), float(results.y[i])
                worst = {"worst_ulp": error.ulps, "worst_bits": batch.bits_of(i), "worst_got": y}
                changes |= worst | {"worst_truth": float(counter.exact_value(x))}
    points = sorted({*separate, *special_indices(counter, batch, record.binade, start, end)})
    changes |= {"buckets": tuple(buckets)}
    changes["points_x"] = tuple(float(results.x[i]) for i in points)
    changes["points_y"] = tuple(float(results.y[i]) for i in points)
    return Record(**changes)


def special_indices(counter: ErrorCounter, batch: Batch, binade: int, start: int, end: int) -> list[int]:
    """Return the indices of zero, of kinks, of the last number before infinity, of infinity and of a NaN."""
    if not batch.is_finite(binade):
        return [start, start + 1] if batch.part == 0 else []
    places = [start] if batch.exponent(binade) == 0 and batch.part == 0 else []
    if batch.exponent(binade) == LAYOUTS[batch.dtype].binades // 2 - 2 and batch.is_last:
        places.append(end - 1)
    kinks = [abs(kink) for kink in held_kinks(counter.variant) if kink and (kink < 0) == batch.negative]
    for kink, i in zip(kinks, batch.rank(np.array(kinks, np.float32).view(np.uint32)).tolist(), strict=True):
        if start <= i < end and abs(bits.number(batch.bits_of(i), batch.dtype)) == kink:
            places.append(i)
    return places
