"""What a backend is. A backend is one module, `<name>_backend.py`; `Backend` below is its type.

What must hold, and why:

* Plain functions, no class. The framework is imported at the top of the file, which is loaded on
  demand, so that one framework never disturbs the process of another.
* One function per catalogue entry, under its name and in catalogue order: `elu(x, *, alpha)`.
  Parameters are keyword-only and have no defaults: the catalogue holds the only ones, has checked
  them before the call, and passes every one.
* The framework's own operation where it has one, every parameter spelled out, since native
  defaults differ from Keras'. Otherwise an accurate composition: no overflow for finite inputs,
  no cancellation, no subnormal intermediates.
* The output has the dtype of the input, always: float16, bfloat16, float32 or float64.
* Forward, backward and step are programs: what is timed is one call of one of them. Preparing is
  done before, outside of it. A compiled program compiles at its first call, and only then.
* A program may return before the device has finished; `synchronize` waits.
* A result is new memory: it overlaps neither an argument nor an earlier result, unless `ALIASES` declares it.
* No program writes into its arguments.
* `DIVERGENCES` declares every place where the backend departs from the exact value or from Keras.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

from backends.divergence import Divergence

Array = Any  # the framework's own array
Host = Any  # numpy.ndarray; NumPy is a backend here, so it is not imported for a name
Function = Callable[[Array], Array]  # an activation with every parameter bound: a functools.partial
Mode = Literal["eager", "compiled"]

DTYPES = ("float16", "bfloat16", "float32", "float64")
MODES: tuple[Mode, ...] = ("eager", "compiled")


class Backend(Protocol):
    """The contract of a backend module; beside it stands one function per activation."""

    MODES: tuple[Mode, ...]
    """The modes it has. NumPy is eager alone."""

    VARIABLES: dict[str, str]
    """Environment variables that must stand before the framework is imported, a literal: it is read without importing.

    `{cache}` stands for a folder that outlives the process, where the compiler can keep what it made.
    Four more literals are optional. `RESULT_VARIABLES` names those that change the bits of its results where a user
    sets them; `REVISIONS` gives the revision of each function whose results have changed since the first, by its name;
    `OURS` names the activations, or variants, that the file composes itself, everything where it is absent;
    `EAGER_COMPILES` is true where an eager call at a new shape compiles.
    """

    ALIASES: tuple[str, ...]
    """Activations whose gradient is the cotangent itself, in its memory: no copy is made, and none is timed."""

    DIVERGENCES: tuple[Divergence, ...]
    OUT_OF_MEMORY: tuple[type[BaseException], ...]
    """What the framework raises when memory runs out, beside MemoryError."""

    def version(self) -> str:
        """The framework's version, a plain str, as pip spells it without a local part."""

    def build(self) -> dict[str, str]:
        """What else identifies the build: instruction set, BLAS, CUDA, compiler; built-in types."""

    def devices(self) -> tuple[str, ...]:
        """ "cpu", and "gpu" where the framework sees one."""

    def configure(self, *, threads: int) -> None:
        """Set the framework's own thread counts. Called once, before the first array is made."""

    def compile_obstacle(self) -> str | None:
        """Why compiling cannot work here, in words; None where it can."""

    def graphs(self) -> int:
        """Graphs compiled so far in this process: the proof that what is called compiled was."""

    def asarray(self, values: Host, *, dtype: str, device: str) -> Array:
        """A copy of a NumPy array on the device, rounded to dtype once."""

    def to_numpy(self, x: Array) -> Host:
        """A copy on the host, same dtype; bfloat16 is ml_dtypes.bfloat16."""

    def dtype(self, x: Array) -> str:
        """One of DTYPES; TypeError for anything that is not this framework's array of one."""

    def synchronize(self, x: Array) -> None:
        """Wait until `x` and all work queued before it is done."""

    def memory(self, x: Array) -> tuple[int, int]:
        """The address of the first byte of `x` on its device, and of the byte behind its last."""

    def copy(self, x: Array) -> Array:
        """A plain copy into new memory: the cheapest thing that reads and writes every element."""

    def forward(self, function: Function, *, compiled: bool) -> Callable[[Array], Array]:
        """The program x -> y. No gradient is recorded."""

    def backward(self, function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
        """The program dy -> dx, the vector-Jacobian product at `x` alone.

        The forward pass is done here and what the framework saves is kept, so that every call of
        the program does the same work and returns a fresh gradient of x's shape and dtype.
        """

    def step(self, function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
        """The program (x, dy) -> (y, dx): forward and backward together, as training pays it."""

    def saved_bytes(self, function: Function, x: Array, *, compiled: bool) -> int | None:
        """Bytes that the forward pass keeps for the backward pass, `x` among them where it is kept.

        None where the framework does not tell.
        """

    def peak_bytes(self, program: Callable[..., Any], *arguments: Array) -> int | None:
        """The most bytes that one call held at once beyond its arguments, its results among them.

        None where the framework does not tell. The program has been called before.
        """

    def device_seconds(self, work: Callable[[], Any], *, device: str) -> float | None:
        """Seconds by the device's own clock from the start to the end of what `work()` queues on it.

        None where there is no such clock: then the host's has to do.
        """

    def device_state(self, device: str) -> dict[str, int | str]:
        """What the framework tells of a device: `name`, `free_bytes`, `cache_bytes`, as far as it does; built-in types.

        `free_bytes` of its memory can still become arrays; `cache_bytes` has the last cache before that memory. Empty
        for the CPU, of which the system tells.
        """
