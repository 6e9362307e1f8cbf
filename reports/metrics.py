"""What is reported: the name, unit, meaning and better end of each figure, as data."""

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


METRICS = (
    Metric("seconds", "time", "s", "One call: the median of the block medians of all passes.", "lower"),
    Metric("seconds_low", "time, lower end", "s", "95 % t-interval on the logarithms of the block medians.", "lower"),
    Metric("seconds_high", "time, upper end", "s", "95 % t-interval on the logarithms of the block medians.", "lower"),
    Metric(
        "x_copy",
        "time against a copy",
        "× copy",
        "Time divided by that of a plain copy of the same tensor on the same backend. An elementwise activation "
        "that reads and writes memory cannot be below 1, unless it reuses memory better than the copy did.",
        "lower",
    ),
    Metric("copy_seconds", "time of the copy", "s", "The plain copy that x_copy divides by.", "lower"),
    Metric("elements_per_second", "throughput", "elements/s", "Input elements divided by time.", "higher"),
    Metric(
        "gigabytes_per_second",
        "memory traffic",
        "GB/s",
        "One read and one write of every element divided by time; what a backward pass reads besides is not counted.",
        "higher",
    ),
    Metric("compile_seconds", "time to compile", "s", "First call of a compiled program.", "lower"),
    Metric(
        "break_even_calls",
        "break-even",
        "calls",
        "Calls after which compiling has paid off against eager; never (inf) where compiled is no faster.",
        "lower",
    ),
    Metric("blocks", "blocks", "blocks", "Replications behind the median and its interval.", "neither"),
)
