"""What a shard leaves behind: one record per binade, small, exact and mergeable in any order.

A record is its key and what was found. Sums and maxima over records of one subject are those of the subject.
"""

import dataclasses
import math
from dataclasses import dataclass

SCHEMA = 2
"""Version of `Record`. 1: first. 2: the key names the setting and revisions in the place of digests of code."""
TRUTH = 2
"""Revision of the exact values and of how errors are counted; to be raised whenever a record would come out otherwise.

1: first. 2: ranges, and what lies beside a power of two, decided exactly.
"""

CATEGORIES = ("nan", "infinite", "zero", "sign")
"""What an error can be instead of a distance: NaN where finite, infinite where finite, zero where the truth is a normal
number, wrong sign where it is one."""
COUNTS = (*CATEGORIES, "nan_swallowed")
"""What of a record is wrong in kind: those, and a NaN that went in and did not come out."""
EDGES = (0.5, 1.0, 2.0, 4.0, 16.0, 256.0)
"""Upper ends, included, of the buckets of the histogram in ulp; the last bucket is open."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """Everything that a record depends on: the subject, the columns of `bench.setting.Setting`, and revisions."""

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
    """Of the backend's function, as `bench.setting.revision` reads it."""
    mode: str
    truth: int
    """TRUTH of the code that judged."""
    stride: int
    binade: int


@dataclass(frozen=True, kw_only=True)
class Record(Key):
    """One binade of one subject.

    Distances and their histogram hold results whose input and truth are both normal numbers and that fall in no
    category. Results with a subnormal input or a subnormal truth have columns of their own. `*_bits` name an input by
    its bits in its own format; -1 where there is none. Distances are in ulp, NaN where there is none.
    """

    inputs: int
    nan: int = 0
    infinite: int = 0
    zero: int = 0
    sign: int = 0
    nan_bits: int = -1
    """The first input of the category, as of the next three."""
    infinite_bits: int = -1
    zero_bits: int = -1
    sign_bits: int = -1
    nan_swallowed: int = 0
    """Inputs NaN whose result is none."""
    zero_sign: int = 0
    """Zeros of the other sign than the truth, which is subnormal."""
    buckets: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    """How many distances lie up to each of EDGES, above the one before; then those above the last."""
    worst_ulp: float = float("nan")
    worst_bits: int = -1
    worst_got: float = float("nan")
    """The result there."""
    worst_truth: float = float("nan")
    """The exact value there, rounded to float64."""
    well_ulp: float = float("nan")
    """The largest distance where the condition number |x f'(x) / f(x)| is below 10."""
    well_bits: int = -1
    scaled_ulp: float = float("nan")
    """The largest distance / (1 + condition number)."""
    scaled_bits: int = -1
    subnormal: int = 0
    """Results with a subnormal input or a subnormal truth, none of which is in the histogram."""
    flushed: int = 0
    """Those among them that are as if the input, or the result, had been flushed to zero."""
    strict_ulp: float = float("nan")
    """Their largest distance, in units of the smallest subnormal, flushed ones included."""
    contracted_ulp: float = float("nan")
    """The same without the flushed ones."""
    out_of_range: int = 0
    """Results beyond the range of the function, rounded outwards."""
    not_monotone: int = 0
    """Neighbouring inputs whose results step against the function, where it is monotone."""
    position_tested: int = 0
    """Inputs that were computed a second time, at another index of an array of another length."""
    position_differ: int = 0
    """Those whose result then had other bits."""
    normal_mass: float = 0.0
    """The share of N(0, 1) inputs that round to this binade's."""
    normal_over: float = 0.0
    """The share of N(0, 1) inputs whose error is above 1 ulp or in a category."""
    digest: str = ""
    """Of the bits of all results in the order of the inputs' magnitude."""
    magnitude_digest: str = ""
    """The same with the results' signs cleared: equal to its mirror image's where the function is odd or even."""
    points_x: tuple[float, ...] = ()
    """Special inputs of this binade: zeros, kinks, the ends of the range, infinities, a NaN."""
    points_y: tuple[float, ...] = ()
    """What they gave."""

    @property
    def key(self) -> Key:
        """Its key alone."""
        return Key(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Key)})


def merged(one: Record, other: Record) -> Record:
    """The record of two parts of a binade, in order; digests are not merged."""
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
        values |= {name_: getattr(source, name_) for name_ in FIELDS if name_.startswith(f"{name}_")}
    return Record(**values)


def larger(a: float, b: float) -> float:
    """The larger number; NaN is none."""
    return b if math.isnan(a) else a if math.isnan(b) else max(a, b)


FIELDS = tuple(field.name for field in dataclasses.fields(Record))
KEYS = tuple(field.name for field in dataclasses.fields(Key))
DIGESTS = ("digest", "magnitude_digest")
LARGEST = ("worst", "well", "scaled")
