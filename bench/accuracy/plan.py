"""The shards that a sweep computes, and their order.

Imports the standard library and the catalogue alone, so that `--list` loads no framework.
"""

import functools
import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import backends
from backends import spelling
from backends.activation import Variant, catalogue, find, parse_variant
from backends.interface import MODES
from bench.accuracy.shards import DIRECTIONS, LAYOUTS, Shard, Subject
from bench.core import cases, setting
from bench.core.setting import Setting

MOST_USED = (
    *("relu", "sigmoid", "tanh", "gelu", "gelu[approximate=True]", "silu", "softplus", "elu", "leaky_relu", "mish"),
    *("exponential", "selu"),
)
"""The most used variants, computed first so that a sweep that is cut short has them; then catalogue order."""
SHARD_INPUTS = 2**28
"""The approximate number of inputs in a shard: some seconds at 10 to 30 ns an input."""


class SweepSetting(NamedTuple):
    """The key of a backend's results, except for their subject and the revision of its function."""

    setting: Setting
    truth: int
    """The revision of the exact values."""

    def __str__(self) -> str:
        return f"{self.setting}, exact values {self.truth}"


revision = functools.cache(setting.revision)
"""Cached `setting.revision`: the revision of a backend's function by activation name, with each file read once."""


def common_key(shard: Shard, sweep_setting: SweepSetting) -> dict[str, Any]:
    """Return the columns of `Key` that all records of a shard share: all but the binade."""
    subject = shard.subject
    name = subject.activation.partition("[")[0]
    code = {"revision": revision(subject.backend, name, subject.mode), "truth": sweep_setting.truth}
    return {**asdict(subject), **asdict(sweep_setting.setting), **code, "stride": shard.stride}


def key_of(shard: Shard, sweep_setting: SweepSetting) -> str:
    """Return the digest of everything that a shard's records depend on, the same on every Python."""
    content = common_key(shard, sweep_setting) | {"first": shard.first, "last": shard.last}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Choice:
    """The user's selection; None selects everything."""

    backends: Sequence[str] | None = None
    activations: Sequence[str] | None = None
    directions: Sequence[str] | None = None
    modes: Sequence[str] = ("eager",)
    dtypes: Sequence[str] = ("float32",)
    stride: int = 1
    all_cases: bool = False
    """Whether every parameter case is swept, not only the first of each activation (and both forms of gelu)."""

    def checked(self) -> "Choice":
        """Return this choice; raise LookupError with the fault and the choices if it holds an unknown name."""
        options = {
            "backend": (self.backends, backends.names()),
            "direction": (self.directions, DIRECTIONS),
            "mode": (self.modes, MODES),
            "dtype": (self.dtypes, tuple(LAYOUTS)),
        }
        for option, (selected, choices) in options.items():
            for name in selected or ():
                if name not in choices:
                    raise spelling.unknown(option, name, choices)
        for backend in self.backends or ():
            if not set(self.modes) & set(cases.modes_of(backend)):
                raise LookupError(f"backend {backend!r} has only mode {', '.join(cases.modes_of(backend))}")
        self.variants()
        return self

    def variants(self) -> tuple[Variant, ...]:
        """Return the chosen variants, the most used first; raise LookupError for one that is not elementwise."""
        if self.all_cases:
            names = self.activations if self.activations is not None else tuple(catalogue())
            chosen = [v for n in names for v in ((parse_variant(n),) if "[" in n else find(n).variants)]
        else:
            chosen = list(cases.timed_variants(self.activations))
        for variant in chosen:
            if self.activations is not None and variant.activation.kind != "elementwise":
                raise LookupError(
                    f"{variant.activation.name} is {variant.activation.kind}, a function of more than one number: only "
                    "elementwise activations are swept"
                )
        swept = {v: None for v in chosen if v.activation.kind == "elementwise"}
        return tuple(sorted(swept, key=lambda v: MOST_USED.index(v.id) if v.id in MOST_USED else len(MOST_USED)))


def stride(text: str) -> int:
    """Return 63 for `1/63`; raise LookupError if the text is not such a share."""
    above, _, below = text.partition("/")
    stride = int(below or 1) if below.isdecimal() or not below else 0
    if above.strip() != "1" or text.endswith("/") or not 0 < stride <= 2**23:
        raise LookupError(
            f"unknown share {text!r} (choose 1, or 1/N with N up to 2^23; an odd N such as 63 meets all last bits)"
        )
    return stride


def plan(choice: Choice) -> dict[str, list[Shard]]:
    """Return the shards of each backend in the order of their computation."""
    return {
        backend: [shard for subject in subjects(choice, backend) for shard in shards(subject, choice.stride)]
        for backend in choice.checked().backends or backends.names()
        if any(mode in cases.modes_of(backend) for mode in choice.modes)
    }


def subjects(choice: Choice, backend: str) -> Iterator[Subject]:
    """Yield the chosen subjects of a backend, the most used first."""
    modes = [mode for mode in choice.modes if mode in cases.modes_of(backend)]
    for variant, mode, direction, dtype in itertools.product(
        choice.variants(), modes, choice.directions or DIRECTIONS, choice.dtypes
    ):
        yield Subject(backend, variant.id, direction, dtype, mode)


def shards(subject: Subject, stride: int) -> Iterator[Shard]:
    """Yield the shards of a subject: runs of binades of about SHARD_INPUTS."""
    layout = LAYOUTS[subject.dtype]
    length = min(layout.binades, max(1, SHARD_INPUTS // -(-layout.per_binade // stride)))
    for first in range(0, layout.binades, length):
        yield Shard(subject, first, min(first + length, layout.binades) - 1, stride)


def describe(choice: Choice, planned: dict[str, list[Shard]]) -> Iterator[str]:
    """Yield a description of the plan, one line per backend."""
    coverage = f"1 of {choice.stride} inputs of each binade: worst errors are lower bounds" if choice.stride > 1 else ""
    yield f"{', '.join(choice.dtypes)}, {coverage or 'every input'}"
    for backend, shards in planned.items():
        subjects = dict.fromkeys(shard.subject for shard in shards)
        variants = ", ".join(dict.fromkeys(subject.activation for subject in subjects))
        inputs = sum(shard.inputs for shard in shards)
        yield f"  {backend:<12}{len(subjects):>4} subjects {len(shards):>6} shards {inputs:>16,} inputs: {variants}"
