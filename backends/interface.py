"""The contract of a backend. A backend is one module, `<name>_backend.py`; `Backend` below is its type.

Requirements:

* Plain functions, no class. The framework is imported at the top of the file. The file is loaded
  on demand, so that one framework never disturbs the process of another.
* One function per catalogue entry, under its name and in catalogue order: `elu(x, *, alpha)`.
  Parameters are keyword-only and have no defaults: the catalogue holds the only defaults, checks
  all parameters before the call, and passes every one.
* The framework's own operation where one exists, with every parameter spelled out, since native
  defaults differ from Keras'. Otherwise an accurate composition: no overflow for finite inputs,
  no cancellation, no subnormal intermediates.
* The output has the dtype of the input, always: float16, bfloat16, float32 or float64.
* Forward, backward and step are programs, and one call of a program is what is timed. Preparation
  is done before the call. A compiled program compiles at its first call, and only then.
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
    """The type of a backend module, which also has one function per activation."""

    MODES: tuple[Mode, ...]
    """The modes of the backend; NumPy has eager only."""

    VARIABLES: dict[str, str]
    """Environment variables to set before the framework is imported; a literal, since it is read without an import.

    `{cache}` stands for a folder that outlives the process, where the compiler can keep compiled programs.
    Four more literals are optional. `RESULT_VARIABLES` names environment variables that change the bits of results
    if a user sets them. `REVISIONS` maps the name of each function whose results have changed since its first
    revision to its present revision. `OURS` names the activations, or variants, that the file composes itself; if
    absent, it composes all of them. `EAGER_COMPILES` is true if an eager call at a new shape compiles.
    """

    ALIASES: tuple[str, ...]
    """Activations whose gradient is the cotangent itself, in the same memory: no copy is made, and none is timed."""

    DIVERGENCES: tuple[Divergence, ...]
    OUT_OF_MEMORY: tuple[type[BaseException], ...]
    """The exceptions that the framework raises when memory runs out, besides MemoryError."""

    def version(self) -> str:
        """Return the framework's version as a plain str, as pip spells it, without a local part."""

    def build(self) -> dict[str, str]:
        """Return facts that identify the build, as built-in types: instruction set, BLAS, CUDA, compiler."""

    def devices(self) -> tuple[str, ...]:
        """Return the devices: "cpu", and "gpu" if the framework sees one."""

    def configure(self, *, threads: int) -> None:
        """Set the framework's thread counts. This is called once, before the first array is made."""

    def compile_obstacle(self) -> str | None:
        """Return the reason, in words, why compiling cannot work on this machine; None if it can."""

    def graphs(self) -> int:
        """Return the number of graphs compiled so far in this process, as proof that programs were compiled."""

    def asarray(self, values: Host, *, dtype: str, device: str) -> Array:
        """Return a copy of a NumPy array on the device, rounded to the dtype once."""

    def to_numpy(self, x: Array) -> Host:
        """Return a copy on the host in the same dtype; bfloat16 becomes ml_dtypes.bfloat16."""

    def dtype(self, x: Array) -> str:
        """Return the dtype, one of DTYPES. Raises TypeError unless `x` is this framework's array of one of them."""

    def synchronize(self, x: Array) -> None:
        """Wait until `x` and all work queued before it are done."""

    def memory(self, x: Array) -> tuple[int, int]:
        """Return the device address of the first byte of `x` and the address one past its last byte."""

    def copy(self, x: Array) -> Array:
        """Return a plain copy in new memory, the cheapest operation that reads and writes every element."""

    def forward(self, function: Function, *, compiled: bool) -> Callable[[Array], Array]:
        """Return the program x -> y, which records no gradient."""

    def backward(self, function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
        """Return the program dy -> dx, the vector-Jacobian product at `x`, without the forward pass.

        The forward pass is done here and the arrays that the framework saves are kept, so that every call
        of the program does the same work and returns a new gradient with the shape and dtype of `x`.
        """

    def step(self, function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
        """Return the program (x, dy) -> (y, dx), forward and backward together as in training."""

    def saved_bytes(self, function: Function, x: Array, *, compiled: bool) -> int | None:
        """Return the bytes that the forward pass keeps for the backward pass, including `x` if it is kept.

        None if the framework does not report it.
        """

    def peak_bytes(self, program: Callable[..., Any], *arguments: Array) -> int | None:
        """Return the largest number of bytes that one call held at once besides its arguments, results included.

        None if the framework does not report it. The program has been called before.
        """

    def device_seconds(self, work: Callable[[], Any], *, device: str) -> float | None:
        """Return the seconds on the device's clock from the start to the end of the work that `work()` queues on it.

        None if there is no such clock; the host's clock is used then.
        """

    def device_state(self, device: str) -> dict[str, int | str]:
        """Return those of `name`, `free_bytes` and `cache_bytes` that the framework reports, as built-in types.

        `free_bytes` is the memory still available for arrays and `cache_bytes` the size of the last cache before that
        memory. Empty for the CPU, whose facts come from the operating system.
        """
