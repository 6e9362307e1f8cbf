"""What is measured: cases, the profiles that choose them, and the record that each leaves behind.

Standard library and catalogue alone, so that `--list` imports no framework.
"""

import ast
import functools
import importlib.util
import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import backends
from backends.activation import Variant, catalogue, find, find_variant, spelled
from backends.interface import DTYPES, MODES

SCHEMA = 1
"""Version of `Record`. 1: first."""

DIRECTIONS = ("forward", "backward", "step")
DEVICES = ("cpu", "gpu")
COPY = "copy"
"""The reference case of every (backend, device, dtype, size): a plain copy, `x_copy` = time / its time."""
ROW = 1000
"""Length of the last axis of a rowwise or gated activation's input."""

Status = Literal["ok", "wrong", "unsupported", "out_of_memory", "error", "timeout"]


@dataclass(frozen=True)
class Case:
    """One thing that is timed."""

    backend: str
    activation: str
    parameters: tuple[tuple[str, Any], ...]
    direction: str
    mode: str
    device: str
    dtype: str
    size: int
    threads: int

    @property
    def is_copy(self) -> bool:
        """Whether it is the reference that the others are told in multiples of."""
        return self.activation == COPY

    @property
    def variant(self) -> Variant:
        """The activation with its parameters; LookupError for the copy, which is none."""
        return find_variant(self.activation, dict(self.parameters))

    @property
    def label(self) -> str:
        """What is called: `copy`, or the variant's id."""
        return COPY if self.is_copy else self.variant.id

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the input: flat for an elementwise activation, rows of ROW otherwise."""
        if self.is_copy or self.variant.activation.kind == "elementwise":
            return (self.size,)
        return (self.size // ROW, ROW) if self.size >= ROW else (1, self.size)

    @property
    def id(self) -> str:
        """`torch-gelu-forward-eager-cpu-float32-1000000-t1`; unique, and no arrays in it."""
        parts = (self.backend, self.label, self.direction, self.mode, self.device, self.dtype, self.size)
        return "-".join(map(str, (*parts, f"t{self.threads}")))


@dataclass(frozen=True)
class Record:
    """One line of `records.jsonl`: a case, what became of it, and its times if it has any."""

    case: Case
    status: Status
    reason: str = ""
    block_seconds: tuple[float, ...] = ()
    """Per call, the median of each block: the unit of replication."""
    calls_per_block: int = 0
    compile_seconds: float | None = None
    """First call of a compiled program, compiling included."""
    graphs: int | None = None
    """Graphs compiled for the case; at least 1 in mode compiled."""
    pass_number: int = 0
    schema: int = SCHEMA
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Built-in types only; `case` carries its readable id, label and shape too."""
        row = asdict(self)
        row["case"] |= {"id": self.case.id, "label": self.case.label, "shape": list(self.case.shape)}
        row["case"]["parameters"] = dict(self.case.parameters)
        return row


@dataclass(frozen=True)
class Profile:
    """A named choice of cases, and the blocks that each is timed in."""

    sizes: tuple[int, ...]
    directions: tuple[str, ...]
    modes: tuple[str, ...]
    blocks: int
    block_seconds: float
    dtypes: tuple[str, ...] = ("float32",)
    activations: tuple[str, ...] = ()
    """Empty: all of them."""


PROFILES = {
    "smoke": Profile((1_000,), ("forward", "backward"), MODES, 3, 0.002, activations=("relu", "gelu", "softmax")),
    "quick": Profile((1_000_000,), ("forward", "backward"), MODES, 5, 0.01),
    "standard": Profile((1_000, 1_000_000), DIRECTIONS, MODES, 7, 0.02),
    "full": Profile((1_000, 100_000, 10_000_000), DIRECTIONS, MODES, 9, 0.02, dtypes=DTYPES),
}


@dataclass(frozen=True)
class Choice:
    """What the user asked for; None is the profile's own choice."""

    backends: Sequence[str] | None = None
    activations: Sequence[str] | None = None
    directions: Sequence[str] | None = None
    modes: Sequence[str] | None = None
    dtypes: Sequence[str] | None = None
    sizes: Sequence[int] | None = None
    device: str = "cpu"
    threads: int = 1
    profile: str = "quick"

    def checked(self) -> "Choice":
        """Itself, with nothing unknown in it; LookupError with the fault and the choices otherwise."""
        known = {
            "backend": (self.backends, backends.names()),
            "direction": (self.directions, DIRECTIONS),
            "mode": (self.modes, MODES),
            "dtype": (self.dtypes, DTYPES),
            "device": ((self.device,), DEVICES),
            "profile": ((self.profile,), tuple(PROFILES)),
        }
        for option, (given, choices) in known.items():
            for name in given or ():
                if name not in choices:
                    raise LookupError(f"unknown {option} {name!r} (choose from {', '.join(choices)})")
        timed_variants(self.activations)
        return self


def timed_variants(names: Sequence[str] | None) -> tuple[Variant, ...]:
    """The first of each activation and both forms of gelu, or those named; `relu[max_value=3]` names any one."""
    usual = [v for entry in catalogue().values() for v in entry.variants[: 2 if entry.name == "gelu" else 1]]
    if names is None:
        return tuple(usual)
    chosen = ([spelled(n)] if "[" in n else [v for v in usual if v.activation is find(n)] for n in names)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(chosen)))


@functools.cache
def modes_of(backend: str) -> tuple[str, ...]:
    """The modes of a backend, by the literal `MODES` of its file: importing it would load its framework."""
    spec = importlib.util.find_spec(backends.module_name(backend))
    for node in ast.parse(Path(spec.origin).read_text()).body if spec and spec.origin else ():
        named = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", ())
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and "MODES" in map(ast.unparse, named):
            return tuple(ast.literal_eval(node.value))
    return MODES


def plan(choice: Choice) -> tuple[Case, ...]:
    """Every case of a choice, backend by backend, the copy before what is told in multiples of it."""
    profile = PROFILES[choice.checked().profile]
    names = choice.activations if choice.activations is not None else (profile.activations or None)
    axes = itertools.product(
        choice.backends or backends.names(),
        choice.dtypes or profile.dtypes,
        choice.sizes or profile.sizes,
    )
    cases = []
    for backend, dtype, size in axes:
        copy = Case(backend, COPY, (), "forward", "eager", choice.device, dtype, size, choice.threads)
        cases.append(copy)
        for variant, direction, mode in itertools.product(
            timed_variants(names), choice.directions or profile.directions, choice.modes or profile.modes
        ):
            if mode not in modes_of(backend):
                continue
            bound = tuple(variant.parameters.items())
            cases.append(
                replace(copy, activation=variant.activation.name, parameters=bound, direction=direction, mode=mode)
            )
    return tuple(cases)
