"""The record of a binade: small, exact, and mergeable in any order.

A record is its key and its figures. Sums and maxima over the records of one subject are those of the subject.
"""

import dataclasses
import math
from dataclasses import dataclass

SCHEMA = 2
"""The version of `Record`. 1: the first. 2: the key names the setting and revisions instead of digests of code."""
CATEGORIES = ("nan", "infinite", "zero", "sign")
"""The error classes, which are not measured in ulp: NaN for a finite value, infinity for a finite value, zero for a
normal number, the wrong sign for a normal number."""
COUNTS = (*CATEGORIES, "nan_swallowed")
"""The counts of results that are wrong in kind: the error classes, and NaN inputs whose result is not NaN."""
EDGES = (0.5, 1.0, 2.0, 4.0, 16.0, 256.0)
"""The upper ends, included, of the buckets of the histogram in ulp; the last bucket is open."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """Everything that a record depends on: the subject, the columns of `bench.core.setting.Setting`, and revisions."""

    activation: str
    direction: str
    dtype: str
    backend: str
    version: str
    build: str
    vendor: str
    instruction_set: str
    threads: int
    revision: int
    """The revision of the backend's function, from `bench.core.setting.revision`."""
    mode: str
    truth: int
    """The TRUTH of the code that judged the results."""
    stride: int
    binade: int


@dataclass(frozen=True, kw_only=True)
class Record(Key):
    """The record of one binade of one subject.

    Ulp errors and their histogram cover results whose input and exact value are both normal numbers and that are in no
    error class. Results with a subnormal input or a subnormal exact value have columns of their own. `*_bits` identify
    an input by its bits in its own format; -1 means that there is none. Errors are in ulp; NaN means that there is
    none.
    """

    inputs: int
    nan: int = 0
    infinite: int = 0
    zero: int = 0
    sign: int = 0
    nan_bits: int = -1
    """The first input in the error class; the next three likewise."""
    infinite_bits: int = -1
    zero_bits: int = -1
    sign_bits: int = -1
    nan_swallowed: int = 0
    """The number of NaN inputs whose result is not NaN."""
    zero_sign: int = 0
    """The number of zeros whose sign is not that of the subnormal exact value."""
    buckets: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    """The number of ulp errors up to each of EDGES and above the one before, then of those above the last."""
    worst_ulp: float = float("nan")
    worst_bits: int = -1
    worst_got: float = float("nan")
    """The result at the worst input."""
    worst_truth: float = float("nan")
    """The exact value at the worst input, rounded to float64."""
    well_ulp: float = float("nan")
    """The largest ulp error where the condition number |x f'(x) / f(x)| is below 10."""
    well_bits: int = -1
    scaled_ulp: float = float("nan")
    """The largest ulp error / (1 + condition number)."""
    scaled_bits: int = -1
    subnormal: int = 0
    """The number of results with a subnormal input or exact value, none of which is in the histogram."""
    flushed: int = 0
    """The number of those results that are as if the input, or the result, had been flushed to zero."""
    strict_ulp: float = float("nan")
    """The largest error of those results, flushed ones included, in units of the smallest subnormal."""
    contracted_ulp: float = float("nan")
    """The largest error of those results, without the flushed ones."""
    out_of_range: int = 0
    """The number of results beyond the range of the function, rounded outwards."""
    not_monotone: int = 0
    """The number of neighbouring inputs whose results step against the function, where it is monotone."""
    position_tested: int = 0
    """The number of inputs computed a second time, at another index of an array of another length."""
    position_differ: int = 0
    """The number of those whose second result had other bits."""
    normal_mass: float = 0.0
    """The share of N(0, 1) inputs that round to inputs of this binade."""
    normal_over: float = 0.0
    """The share of N(0, 1) inputs whose error is above 1 ulp or in an error class."""
    digest: str = ""
    """The digest of the bits of all results in the order of the inputs' magnitude."""
    magnitude_digest: str = ""
    """The digest of the results without signs: equal to the mirror image's if the function is odd or even."""
    points_x: tuple[float, ...] = ()
    """The special values of this binade: zeros, kinks, the ends of the range, infinities, a NaN."""
    points_y: tuple[float, ...] = ()
    """The results at the special values."""

    @property
    def key(self) -> Key:
        """The key of the record."""
        return Key(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Key)})


def merge(one: Record, other: Record) -> Record:
    """Return the record of two parts of a binade, in order; digests are not merged."""
    values = {}
    for field in dataclasses.fields(Record):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in KEYS or field.name in DIGESTS:
            values[field.name] = a
        elif field.name == "buckets":
            values[field.name] = tuple(map(sum, zip(a, b, strict=True)))
        elif field.name.endswith("_bits") and field.name.removesuffix("_bits") in CATEGORIES:
            values[field.name] = a if a >= 0 else b
        elif field.name in ("strict_ulp", "contracted_ulp"):
            values[field.name] = larger(a, b)
        elif field.name.partition("_")[0] not in LARGEST:
            values[field.name] = a + b
    for name in LARGEST:
        measure = f"{name}_ulp"
        source = other if larger(getattr(one, measure), getattr(other, measure)) != getattr(one, measure) else one
        values |= {column: getattr(source, column) for column in FIELDS if column.startswith(f"{name}_")}
    return Record(**values)


def larger(a: float, b: float) -> float:
    """Return the larger number; a NaN counts as missing."""
    return b if math.isnan(a) else a if math.isnan(b) else max(a, b)


FIELDS = tuple(field.name for field in dataclasses.fields(Record))
KEYS = tuple(field.name for field in dataclasses.fields(Key))
DIGESTS = ("digest", "magnitude_digest")
LARGEST = ("worst", "well", "scaled")
