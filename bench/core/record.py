"""A line of `records.jsonl`: a case, its outcome, and its times if it has any."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field
from msgspec.structs import asdict, replace

from bench.core import decode
from bench.core.cases import REFERENCES, Case, Status
from bench.core.reading import INTEGER_BOUND, MOST_LINE
from bench.core.text import one_line

SCHEMA = 3
"""The version of `Record`. 1: first. 2: replicates (called passes) and sides, no-op, memory, host and device time.

3: one block per cycle beside one of the copy, and twins.
"""
FORMER_SCHEMA = 2
"""The version that is migrated when it is read."""
LONGEST_NAME = 1000

Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Count = Annotated[int, Meta(gt=0, lt=INTEGER_BOUND)]
LEAST_SECONDS, MOST_SECONDS = 1e-12, 1e9
Seconds = Annotated[float, Meta(ge=LEAST_SECONDS, le=MOST_SECONDS)]
"""A time between a picosecond and 30 years."""


class ForeignSchema(Exception):
    """Raised for a record of another version of the format, whose meaning would have to be guessed."""


class CaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A measured case as its bench described it: whoever reads it may lack its backend and its activation."""

    backend: Name
    activation: Name
    parameters: dict[str, Any] = field(default_factory=dict)
    direction: Name
    mode: Name
    device: Name
    dtype: Literal["float16", "bfloat16", "float32", "float64"]
    size: Count
    threads: Count
    cache: Literal["cold", "hot"]
    row: int = 0
    id: Name
    label: Name
    shape: tuple[int, ...] = ()
    bytes_moved: Count

    @classmethod
    def of(cls, case: Case) -> "CaseRecord":
        """Return the description of a planned case."""
        values = {name: getattr(case, name) for name in cls.__struct_fields__}
        return cls(**values | {"parameters": dict(case.parameters)})

    @property
    def is_reference(self) -> bool:
        """Whether the case is the copy or the no-op instead of an activation."""
        return self.activation in REFERENCES


class Details(msgspec.Struct, frozen=True):
    """What a worker observed beside the figures of a case; what it did not observe is left out of the file."""

    positions: tuple[int, ...] = ()
    """The position of each block in its cycle, from 0."""
    preempted_rounds: int | None = None
    """The number of rounds in which another process took the processor, and that are left out where others remain."""
    processor_time_blocks: int | None = None
    """The number of blocks without an undisturbed round, whose figures are processor time instead of wall time."""

    prepare_seconds: float | None = None
    rounds_per_block: int | None = None
    buffers: int | None = None
    cold_inputs: bool | None = None
    digests: tuple[tuple[int, str], ...] = ()
    """The digests of the verified outputs, each after the number of its arguments."""
    cores_busy: Annotated[float, Meta(gt=-1e300, lt=1e300)] | None = None
    look: str = ""
    """The reason for which memory and the device's time could not be measured."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `records.jsonl`."""

    case: CaseRecord
    status: Name
    """A `Status`, or the word of a newer version for one."""
    reason: str = ""
    block_seconds: tuple[Seconds, ...]
    """The median seconds per call of each block, one block per cycle."""
    copy_seconds: tuple[Seconds, ...] = ()
    """The seconds of the copy on the same worker in the same cycles; empty for references and without a copy."""
    calls_per_block: int = 0
    compile_seconds: float | None = None
    """The time of the first call of a compiled program, compiling included."""
    compile_cache: str = ""
    """`warm` if the first call found a compile cache on disk, `cold` otherwise; empty where nothing was compiled."""
    graphs: int | None = None
    """The number of graphs that the first call compiled for the case; at least 1 in mode compiled."""
    recompiles: int | None = None
    """The number of graphs compiled after the first call: 0 if the framework reuses its programs."""
    saved_bytes: int | None = None
    """The bytes that the forward pass saves for the backward pass; None where the framework does not report them."""
    peak_bytes: int | None = None
    """The most bytes that one call holds beyond its arguments; None where the framework does not report them."""
    host_seconds: float | None = None
    """The seconds until a call returns; its whole time is longer where the device is still at work then."""
    device_seconds: float | None = None
    """The seconds per call by the device's clock; None where it has none."""
    replicate: Annotated[int, Meta(ge=0, lt=2**31)]
    """The number of the replicate: one set of fresh processes that measures everything once."""
    side: Literal["", "base", "head"]
    """`base` or `head` in an A/B comparison; empty otherwise."""
    twin: bool = False
    """Whether a second worker of the same backend measured the case, to show by how much identical code differs."""
    schema: Literal[3]
    extra: Details = Details()

    @classmethod
    def of(
        cls, case: Case, status: Status, reason: str = "", block_seconds: tuple[float, ...] = (), **figures: Any
    ) -> "Record":
        """Return the record of a planned case, in the first replicate of a run of one side unless `figures` differ."""
        values: dict[str, Any] = {"replicate": 0, "side": "", "schema": SCHEMA} | figures
        return cls(case=CaseRecord.of(case), status=status, reason=reason, block_seconds=block_seconds, **values)

    def with_short_messages(self) -> "Record":
        """Return the record with each message shortened to one line: those of a framework may have megabytes."""
        return replace(self, reason=one_line(self.reason), extra=replace(self.extra, look=one_line(self.extra.look)))

    def as_json(self) -> dict[str, Any]:
        """Return the record in built-in types, as its line holds it."""
        extra = {name: value for name, value in asdict(self.extra).items() if value not in (None, "", ())}
        return asdict(self) | {"case": asdict(self.case), "extra": extra}


class Envelope(msgspec.Struct):
    """The fields by which a line of any schema is recognized as a record."""

    case: msgspec.Raw
    status: msgspec.Raw
    schema: Any = None


def decode_record(line: bytes) -> Record:
    """Return the record in a line; raise ValueError with its fault, ForeignSchema for another schema."""
    if len(line) > MOST_LINE:
        raise ValueError(f"longer than {MOST_LINE:,} bytes")
    try:
        record = decode.from_line(Record, line)
    except ValueError:
        schema = decode.from_line(Envelope, line).schema
        if schema == SCHEMA:
            raise
        record = migrated(line, schema)
    return record.with_short_messages() if record.reason else record


def migrated(line: bytes, schema: object) -> Record:
    """Return a record of the former schema as one of the current; raise ForeignSchema for any other schema."""
    if schema != FORMER_SCHEMA:
        raise ForeignSchema(f"of schema {repr(schema)[:20]}, where {FORMER_SCHEMA} and {SCHEMA} are read")
    values = decode.parse_extended(line)
    if "pass_number" not in values:
        raise ValueError("object missing required field `pass_number`")
    return decode.convert(Record, values | {"replicate": values.pop("pass_number"), "schema": SCHEMA})
