"""The metrics of a report: the column, name, unit, meaning and better end of each, as data, in the table's order."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A column of the tidy table."""

    column: str
    name: str
    unit: str
    meaning: str
    better: Literal["lower", "higher", "neither"]
    over_replicates: Literal["median", "most"] | None = None
    """How the record's field of this name is summed up over replicates; None for a column that the table computes."""


METRICS = (
    Metric("replicates", "replicates", "replicates", "Sets of fresh processes that each measured it once.", "neither"),
    Metric("blocks", "blocks", "blocks", "Blocks of all replicates together, one per cycle.", "neither"),
    Metric("seconds", "time", "s", "One call: the median over the replicates of the medians of their blocks.", "lower"),
    Metric("seconds_low", "time, lower end", "s", "Of the 95 % interval, by the spread of the replicates.", "lower"),
    Metric("seconds_high", "time, upper end", "s", "Of the 95 % interval, by the spread of the replicates.", "lower"),
    Metric("copy_seconds", "time of the copy", "s", "The plain copy that x_copy divides by.", "lower"),
    Metric(
        "x_copy",
        "time against a copy",
        "× copy",
        "Time divided by that of a plain copy of the same tensor on the same worker in the same cycle, the median over "
        "the cycles and then the replicates. An elementwise activation that reads and writes memory cannot be below 1, "
        "unless it reuses memory better than the copy did.",
        "lower",
    ),
    Metric(
        "x_fastest",
        "time against the fastest",
        "× the fastest",
        "Time divided by that of the fastest of all backends and modes in the same cycle, the median over the cycles, "
        "the geometric mean over the replicates.",
        "lower",
    ),
    Metric("x_fastest_low", "time against the fastest, lower end", "× the fastest", "Of the 95 % interval.", "lower"),
    Metric("x_fastest_high", "time against the fastest, upper end", "× the fastest", "Of the 95 % interval.", "lower"),
    Metric(
        "dispatch_seconds",
        "time of the no-op",
        "s",
        "`linear` of one element on the same backend in the same direction and mode: what a call costs before it "
        "computes anything.",
        "lower",
    ),
    Metric(
        "x_noop",
        "time against a call",
        "× no-op",
        "Time divided by that of the no-op in the same replicate, the median over them: how many calls that "
        "compute nothing it costs. Near 1 the call is all there is to it.",
        "lower",
    ),
    Metric("elements_per_second", "throughput", "elements/s", "Input elements divided by time.", "higher"),
    Metric(
        "bytes_moved",
        "least memory traffic",
        "B",
        "What must be read and written at least: forward x and y; backward dy, x and dx; step all four.",
        "neither",
    ),
    Metric("gigabytes_per_second", "memory traffic", "GB/s", "bytes_moved divided by time.", "higher"),
    Metric(
        "host_seconds",
        "host time",
        "s",
        "Until the call returns; the device may still be at work then.",
        "lower",
        "median",
    ),
    Metric("device_seconds", "device time", "s", "By the device's own clock, where it has one.", "lower", "median"),
    Metric("compile_seconds", "time to compile", "s", "First call of a compiled program, caches empty.", "lower"),
    Metric(
        "cached_compile_seconds",
        "time to compile again",
        "s",
        "First call of a compiled program in a process that found what an earlier one had compiled.",
        "lower",
    ),
    Metric(
        "break_even_calls",
        "break-even",
        "calls",
        "Calls after which compiling (caches empty) has paid off against eager; never (inf) where it does not.",
        "lower",
    ),
    Metric(
        "recompiles",
        "compiled again",
        "graphs",
        "Compiled after the first call, the most of any replicate.",
        "lower",
        "most",
    ),
    Metric(
        "saved_bytes", "kept for backward", "B", "What the forward pass keeps for the backward pass.", "lower", "most"
    ),
    Metric("peak_bytes", "peak memory", "B", "The most that one call holds beyond its arguments.", "lower", "most"),
)
