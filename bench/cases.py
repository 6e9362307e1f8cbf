"""What is measured: cases, the profiles that choose them, and the record that each leaves behind.

Standard library and catalogue alone, so that `--list` imports no framework.
"""

import ast
import functools
import importlib.util
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import backends
from backends import spelling
from backends.activation import Variant, catalogue, find, find_variant, spelled
from backends.interface import DTYPES, MODES
from bench import shapes

SCHEMA = 2
"""Version of `Record`. 1: first. 2: passes and sides, no-op, memory, host and device time, bytes moved."""

DIRECTIONS = ("forward", "backward", "step")
DEVICES = ("cpu", "gpu")
CACHES = ("cold", "hot")
COPY = "copy"
"""The reference case of every (backend, device, dtype, size, threads): a plain copy, `x_copy` = time / its time."""
NOOP = "noop"
"""The reference case of every (backend, device, dtype, direction, mode, threads): `linear` of one element, what a call
costs that computes nothing."""
REFERENCES = (COPY, NOOP)
ITEMSIZE = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}

Status = Literal["ok", "wrong", "impossible", "unsupported", "out_of_memory", "error", "timeout"]
"""`wrong`: the output is; `impossible`: the output is right, and the time cannot be that of the work."""


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
    cache: str = "cold"
    """Of the inputs: cold ones take turns in more memory than the last-level cache has, a hot one is used again."""
    row: int = 0
    """Length of the rows of a rowwise or gated activation's input; 0 for the usual one, see `shapes.usual_row`."""

    @property
    def is_copy(self) -> bool:
        """Whether it is the reference that the others are told in multiples of."""
        return self.activation == COPY

    @property
    def is_reference(self) -> bool:
        """Whether it is the copy or the no-op: what activations are compared with."""
        return self.activation in REFERENCES

    @property
    def variant(self) -> Variant:
        """The activation with its parameters, of the no-op `linear`; LookupError for the copy, which is none."""
        return find_variant("linear" if self.activation == NOOP else self.activation, dict(self.parameters))

    @property
    def label(self) -> str:
        """What is called: `copy`, `noop`, or the variant's id, with the length of unusual rows."""
        return f"{self.name} in rows of {self.row}" if self.row else self.name

    @property
    def name(self) -> str:
        """`copy`, `noop`, or the variant's id."""
        return self.activation if self.is_reference else self.variant.id

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the input: flat for an elementwise activation, rows otherwise."""
        if self.is_reference or self.variant.activation.kind == "elementwise":
            return (self.size,)
        row = self.row or shapes.usual_row(self.size)
        return (self.size // row, row)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of the result: for glu, half along its axis."""
        if self.is_reference or self.variant.activation.kind != "gated":
            return self.shape
        axis = self.variant.parameters["axis"] % len(self.shape)
        return tuple(n // 2 if i == axis else n for i, n in enumerate(self.shape))

    @property
    def bytes_moved(self) -> int:
        """What must be read and written at least.

        Forward reads x and writes y; backward reads dy and x (or what it kept of it) and writes dx; step reads x and
        dy and writes y and dx.
        """
        x, y = (math.prod(shape) * ITEMSIZE[self.dtype] for shape in (self.shape, self.output_shape))
        return {"forward": x + y, "backward": y + 2 * x, "step": 2 * (x + y)}[self.direction]

    @property
    def id(self) -> str:
        """`torch-gelu-forward-eager-cpu-float32-1000000-t1`; unique, and no arrays in it."""
        parts = (self.backend, self.name, self.direction, self.mode, self.device, self.dtype, self.size)
        unusual = [*(["hot"] if self.cache == "hot" else []), *([f"row{self.row}"] if self.row else [])]
        return "-".join(map(str, (*parts, f"t{self.threads}", *unusual)))


@dataclass(frozen=True)
class Record:
    """One line of `records.jsonl`: a case, what became of it, and its times if it has any."""

    case: Case
    status: Status
    reason: str = ""
    block_seconds: tuple[float, ...] = ()
    """Per call, the median of each block; the blocks of one pass are one replication."""
    calls_per_block: int = 0
    compile_seconds: float | None = None
    """First call of a compiled program, compiling included."""
    compile_cache: str = ""
    """Whether that call found a cache on disk: `cold` or `warm`; empty where nothing was compiled."""
    graphs: int | None = None
    """Graphs compiled for the case by its first call; at least 1 in mode compiled."""
    recompiles: int | None = None
    """Graphs compiled after it: none, if the framework keeps what it made."""
    saved_bytes: int | None = None
    """What the forward pass keeps for the backward pass; None where the framework does not tell."""
    peak_bytes: int | None = None
    """The most that one call holds beyond its arguments; None where the framework does not tell."""
    host_seconds: float | None = None
    """Per call, until it returns; the time is more where the device is still at work then."""
    device_seconds: float | None = None
    """Per call, by the device's own clock; None where it has none."""
    pass_number: int = 0
    side: str = ""
    """`base` or `head` where two environments are measured in alternation."""
    schema: int = SCHEMA
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Built-in types only; `case` carries its readable id, label, shape and bytes moved too."""
        row, case = asdict(self), self.case
        row["case"] |= {"id": case.id, "label": case.label, "shape": list(case.shape), "bytes_moved": case.bytes_moved}
        row["case"]["parameters"] = dict(self.case.parameters)
        return row


@dataclass(frozen=True)
class Profile:
    """A named choice of cases, and the blocks that each is timed in."""

    sizes: tuple[int, ...]
    directions: tuple[str, ...]
    modes: tuple[str, ...]
    passes: int
    """Fresh processes that measure each case: the replications."""
    blocks: int
    """Of each pass."""
    block_seconds: float
    margin: float
    """The smallest relative change of one case that two runs of it are to find; see `bench.verdicts`."""
    dtypes: tuple[str, ...] = ("float32",)
    activations: tuple[str, ...] = ()
    """Empty: all of them."""
    threads: tuple[str, ...] = ("1",)


PROFILES = {
    "smoke": Profile((1_000,), DIRECTIONS[:2], MODES, 2, 1, 0.002, margin=0.1, activations=("relu", "gelu", "softmax")),
    "quick": Profile((1_000_000,), DIRECTIONS[:2], MODES, 3, 2, 0.01, margin=0.1),
    "standard": Profile((1_000, 1_000_000), DIRECTIONS, MODES, 5, 2, 0.01, margin=0.05),
    "full": Profile(
        (1_000, 100_000, 10_000_000), DIRECTIONS, MODES, 5, 3, 0.02, margin=0.05, dtypes=DTYPES, threads=("1", "all")
    ),
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
    threads: Sequence[int] = (1,)
    cache: str = "cold"
    profile: str = "quick"
    cores: Sequence[int] | None = None
    """The processors to choose from, as the system numbers them; None for all that the process may use."""
    rows: Sequence[int] | None = None
    """Lengths of the rows of rowwise and gated activations; None for the usual ones."""
    matrices: Sequence[Sequence[int]] | None = None
    """Rows and their length, instead of sizes and lengths."""

    def checked(self) -> "Choice":
        """Itself, with nothing unknown in it; LookupError with the fault and the choices otherwise."""
        known = {
            "backend": (self.backends, backends.names()),
            "direction": (self.directions, DIRECTIONS),
            "mode": (self.modes, MODES),
            "dtype": (self.dtypes, DTYPES),
            "device": ((self.device,), DEVICES),
            "cache": ((self.cache,), CACHES),
            "profile": ((self.profile,), tuple(PROFILES)),
        }
        for option, (given, choices) in known.items():
            for name in given or ():
                if name not in choices:
                    raise spelling.unknown(option, name, choices)
        shapes.refuse(self.sizes, self.rows, self.matrices)
        self.refuse_axes()
        return self

    def refuse_axes(self) -> None:
        """LookupError for a parameter case with an axis that the shapes of the plan do not have."""
        for variant in timed_variants(self.activations):
            for layout in self.layouts:
                case = self.laid_in(
                    Case("", COPY, (), "forward", "eager", self.device, "float32", 1, 1), variant, layout
                )
                try:
                    backends.check_axes(variant.activation, case.shape, variant.parameters)
                except ValueError as error:
                    raise LookupError(f"{error}, the one that is measured") from None

    def laid_in(self, case: Case, variant: Variant, layout: shapes.Layout) -> Case:
        """Return the case with this variant: flat where it is elementwise, else in rows."""
        elementwise = variant.activation.kind == "elementwise"
        size, row = (layout[0], 0) if elementwise else shapes.in_rows(*layout)
        bound = tuple(variant.parameters.items())
        return replace(case, activation=variant.activation.name, parameters=bound, size=size, row=row)

    @property
    def layouts(self) -> tuple[shapes.Layout, ...]:
        """Sizes and lengths of rows, in their order."""
        return tuple(shapes.layouts(self.sizes or PROFILES[self.profile].sizes, self.rows, self.matrices))


def timed_variants(names: Sequence[str] | None) -> tuple[Variant, ...]:
    """The first of each activation and both forms of gelu, or those named; `relu[max_value=3]` names any one."""
    usual = [v for entry in catalogue().values() for v in entry.variants[: 2 if entry.name == "gelu" else 1]]
    if names is None:
        return tuple(usual)
    chosen = ([spelled(n)] if "[" in n else [v for v in usual if v.activation is find(n)] for n in names)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(chosen)))


def literal(backend: str, name: str, otherwise: Any) -> Any:
    """The literal that a backend's file gives to `name`: importing the file would load its framework."""
    spec = importlib.util.find_spec(backends.module_name(backend))
    if not spec or not spec.origin:
        return otherwise
    value = _assigned(Path(spec.origin), Path(spec.origin).stat().st_mtime_ns).get(name)
    return otherwise if value is None else ast.literal_eval(value)


@functools.lru_cache(maxsize=32)  # parsing takes 20 ms, and revisions are asked for thousands of times
def _assigned(path: Path, changed: int) -> dict[str, ast.expr]:  # noqa: ARG001  # a file that changed is read again
    """Return the expression that a module assigns to each of its names."""
    expressions: dict[str, ast.expr] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            expressions |= {ast.unparse(target): node.value for target in targets}
    return expressions


@functools.cache
def modes_of(backend: str) -> tuple[str, ...]:
    """The modes of a backend."""
    return tuple(literal(backend, "MODES", MODES))


def plan(choice: Choice) -> tuple[Case, ...]:
    """Every case of a choice, backend by backend, the references before what is compared with them."""
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
        for case in laid(choice, replace(noop, activation=COPY), timed_variants(names)):
            cases += [replace(case, direction=d, mode=m) for d, m in kinds] if not case.is_copy else [case]
    return tuple(cases)


def laid(choice: Choice, copy: Case, variants: Sequence[Variant]) -> Iterator[Case]:
    """Yield every variant in every size and shape, each size's copy before what is compared with it; none twice."""
    known: dict[Case, None] = {}
    for layout in choice.layouts:
        for variant in variants:
            case = choice.laid_in(copy, variant, layout)
            known |= {replace(copy, size=case.size): None, case: None}
    yield from known
