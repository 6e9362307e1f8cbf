"""Cases to measure, and the profiles that choose them.

Imports only the standard library and the catalogue, so that `--list` imports no framework.
"""

import ast
import functools
import importlib.util
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import backends
from backends import spelling
from backends.activation import Variant, catalogue, find, find_variant, parse_variant
from backends.interface import DTYPES, MODES
from bench.core import shapes

DIRECTIONS = ("forward", "backward", "step")
DEVICES = ("cpu", "gpu")
CACHES = ("cold", "hot")
COPY = "copy"
"""The reference case of every (backend, device, dtype, size, threads): a plain copy, `x_copy` = time / its time."""
NOOP = "noop"
"""The reference case of every (backend, device, dtype, direction, mode, threads): `linear` of one element.

Its time is the dispatch cost, that of a call that computes nothing.
"""
REFERENCES = (COPY, NOOP)
ITEMSIZE = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}

Status = Literal["ok", "wrong", "impossible", "unsupported", "out_of_memory", "error", "timeout"]
"""The outcome of a case. `wrong`: the output is wrong; `impossible`: the output is right, but the time is too short for
the work."""


@dataclass(frozen=True)
class Case:
    """A backend, a variant and everything else that fixes what is timed."""

    backend: str
    activation: str
    parameters: tuple[tuple[str, Any], ...]
    direction: str
    mode: str
    device: str
    dtype: str
    size: int
    threads: int
    cache: str = "cold"
    """The state of the inputs: cold ones rotate in more memory than the last-level cache has; a hot one is reused."""
    row: int = 0
    """The length of the rows of a rowwise or gated activation's input; 0 for the usual one, see `shapes.usual_row`."""

    @property
    def is_copy(self) -> bool:
        """Whether the case is the copy, in whose multiples the other times are given."""
        return self.activation == COPY

    @property
    def is_reference(self) -> bool:
        """Whether the case is the copy or the no-op, with which activations are compared."""
        return self.activation in REFERENCES

    @property
    def variant(self) -> Variant:
        """The activation with its parameters, `linear` for the no-op; LookupError for the copy."""
        return find_variant("linear" if self.activation == NOOP else self.activation, dict(self.parameters))

    @property
    def label(self) -> str:
        """The name, followed by the length of the rows where it is unusual."""
        return f"{self.name} in rows of {self.row}" if self.row else self.name

    @property
    def name(self) -> str:
        """The name of the function: `copy`, `noop`, or the variant's id."""
        return self.activation if self.is_reference else self.variant.id

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the input: flat for an elementwise activation, rows otherwise."""
        if self.is_reference or self.variant.activation.kind == "elementwise":
            return (self.size,)
        row = self.row or shapes.usual_row(self.size)
        return (self.size // row, row)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the result: for glu, half of the input along its axis."""
        return self.shape if self.is_reference else self.variant.output_shape(self.shape)

    @property
    def bytes_moved(self) -> int:
        """The fewest bytes that the case must read and write.

        Forward reads x and writes y; backward reads dy and x (or what was saved of it) and writes dx; step reads x
        and dy and writes y and dx.
        """
        x, y = (math.prod(shape) * ITEMSIZE[self.dtype] for shape in (self.shape, self.output_shape))
        return {"forward": x + y, "backward": y + 2 * x, "step": 2 * (x + y)}[self.direction]

    @property
    def id(self) -> str:
        """The unique name of the case, such as `torch-gelu-forward-eager-cpu-float32-1000000-t1`."""
        parts = (self.backend, self.name, self.direction, self.mode, self.device, self.dtype, self.size)
        unusual = [*(["hot"] if self.cache == "hot" else []), *([f"row{self.row}"] if self.row else [])]
        return "-".join(map(str, (*parts, f"t{self.threads}", *unusual)))


@dataclass(frozen=True)
class Profile:
    """A named choice of cases, and the blocks in which each is timed."""

    sizes: tuple[int, ...]
    directions: tuple[str, ...]
    modes: tuple[str, ...]
    replicates: int
    """The number of sets of fresh processes that each measure everything once."""
    cycles: int
    """The number of blocks of each contender in a replicate."""
    block_seconds: float
    margin: float
    """The smallest relative change of one case that a comparison of two runs must find; see `bench.speed.verdicts`."""
    dtypes: tuple[str, ...] = ("float32",)
    activations: tuple[str, ...] = ()
    """The names of the activations; empty for all of them."""
    threads: tuple[str, ...] = ("1",)


PROFILES = {
    "smoke": Profile((1_000,), DIRECTIONS[:2], MODES, 2, 2, 0.002, margin=0.1, activations=("relu", "gelu", "softmax")),
    "quick": Profile((1_000_000,), DIRECTIONS[:2], MODES, 3, 16, 0.003, margin=0.1),
    "standard": Profile((1_000, 1_000_000), DIRECTIONS, MODES, 5, 16, 0.003, margin=0.05),
    "full": Profile(
        (1_000, 100_000, 10_000_000), DIRECTIONS, MODES, 5, 16, 0.005, margin=0.05, dtypes=DTYPES, threads=("1", "all")
    ),
}


@dataclass(frozen=True)
class Choice:
    """A user's choice of cases; None leaves the choice to the profile."""

    backends: tuple[str, ...] | None = None
    activations: tuple[str, ...] | None = None
    directions: tuple[str, ...] | None = None
    modes: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    sizes: tuple[int, ...] | None = None
    device: str = "cpu"
    threads: tuple[int, ...] = (1,)
    cache: str = "cold"
    profile: str = "quick"
    cores: tuple[int, ...] | None = None
    """The processors to choose from, as the system numbers them; None for all that the process may use."""
    rows: tuple[int, ...] | None = None
    """The lengths of the rows of rowwise and gated activations; None for the usual ones."""
    matrices: tuple[tuple[int, ...], ...] | None = None
    """Numbers of rows with their length, in place of sizes and lengths."""

    def checked(self) -> "Choice":
        """Return this choice if all its names are known; raise LookupError with the fault and the choices otherwise."""
        allowed = {
            "backend": (self.backends, backends.names()),
            "direction": (self.directions, DIRECTIONS),
            "mode": (self.modes, MODES),
            "dtype": (self.dtypes, DTYPES),
            "device": ((self.device,), DEVICES),
            "cache": ((self.cache,), CACHES),
            "profile": ((self.profile,), tuple(PROFILES)),
        }
        for option, (chosen, choices) in allowed.items():
            for name in chosen or ():
                if name not in choices:
                    raise spelling.unknown(option, name, choices)
        shapes.refuse(self.sizes, self.rows, self.matrices)
        self.refuse_axes()
        return self

    def refuse_axes(self) -> None:
        """Raise LookupError for a parameter case with an axis that the shapes of the plan do not have."""
        for variant in timed_variants(self.activations):
            for layout in self.layouts:
                case = self.with_layout(
                    Case("", COPY, (), "forward", "eager", self.device, "float32", 1, 1), variant, layout
                )
                try:
                    backends.check_axes(variant.activation, case.shape, variant.parameters)
                except ValueError as error:
                    raise LookupError(f"{error}, the one that is measured") from None

    def with_layout(self, case: Case, variant: Variant, layout: shapes.Layout) -> Case:
        """Return the case with this variant, flat if it is elementwise and in rows otherwise."""
        elementwise = variant.activation.kind == "elementwise"
        size, row = (layout[0], 0) if elementwise else shapes.in_rows(*layout)
        bound = tuple(variant.parameters.items())
        return replace(case, activation=variant.activation.name, parameters=bound, size=size, row=row)

    @property
    def layouts(self) -> tuple[shapes.Layout, ...]:
        """The sizes and lengths of rows, in their order."""
        return tuple(shapes.layouts(self.sizes or PROFILES[self.profile].sizes, self.rows, self.matrices))


def timed_variants(names: Sequence[str] | None) -> tuple[Variant, ...]:
    """Return the first variant of each activation and both forms of gelu, or those of these names.

    A name such as `relu[max_value=3]` chooses any one variant.
    """
    usual = [v for entry in catalogue().values() for v in entry.variants[: 2 if entry.name == "gelu" else 1]]
    if names is None:
        return tuple(usual)
    chosen = ([parse_variant(n)] if "[" in n else [v for v in usual if v.activation is find(n)] for n in names)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(chosen)))


def literal(backend: str, name: str, default: Any) -> Any:
    """Return the literal that a backend's file assigns to `name`, without importing it and its framework."""
    spec = importlib.util.find_spec(backends.module_name(backend))
    if not spec or not spec.origin:
        return default
    path = Path(spec.origin)
    for whole in (False, True):  # constants mostly stand above the functions, which take 20 ms to parse
        value = _assignments(path, path.stat().st_mtime_ns, whole).get(name)
        if value is not None:
            return ast.literal_eval(value)
    return default


@functools.lru_cache(maxsize=64)  # revisions are asked for thousands of times
def _assignments(path: Path, changed: int, whole: bool) -> dict[str, ast.expr]:  # noqa: ARG001  # a file that changed is read again
    """Return the expression that a module, whole or above its first function, assigns to each of its names."""
    source = path.read_text()
    head = re.split(r"^(?:def |class |@)", source, maxsplit=1, flags=re.MULTILINE)[0]
    expressions: dict[str, ast.expr] = {}
    for node in ast.parse(source if whole else head).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            expressions |= {ast.unparse(target): node.value for target in targets}
    return expressions


@functools.cache
def modes_of(backend: str) -> tuple[str, ...]:
    """Return the modes of a backend."""
    return tuple(literal(backend, "MODES", MODES))


def plan(choice: Choice) -> tuple[Case, ...]:
    """Return every case of a choice, backend by backend, the references before the cases compared with them."""
    profile = PROFILES[choice.checked().profile]
    names = choice.activations if choice.activations is not None else (profile.activations or None)
    directions, modes = choice.directions or profile.directions, choice.modes or profile.modes
    cases: list[Case] = []
    for backend, threads, dtype in itertools.product(
        choice.backends or backends.names(), choice.threads, choice.dtypes or profile.dtypes
    ):
        kinds = list(itertools.product(directions, [mode for mode in modes if mode in modes_of(backend)]))
        noop = Case(backend, NOOP, (), "forward", "eager", choice.device, dtype, 1, threads, choice.cache)
        cases += [replace(noop, direction=direction, mode=mode) for direction, mode in kinds]
        for case in lay_out(choice, replace(noop, activation=COPY), timed_variants(names)):
            cases += [replace(case, direction=d, mode=m) for d, m in kinds] if not case.is_copy else [case]
    return tuple(cases)


def lay_out(choice: Choice, copy: Case, variants: Sequence[Variant]) -> Iterator[Case]:
    """Yield every variant in every layout, once each, the copy of a size before the cases compared with it."""
    cases: dict[Case, None] = {}
    for layout in choice.layouts:
        for variant in variants:
            case = choice.with_layout(copy, variant, layout)
            cases |= {replace(copy, size=case.size): None, case: None}
    yield from cases
