"""The frame of every command of the project: its exit status, and one line on stderr where it failed.

1    a case or a part failed; `compare`: slower
2    bad input, which the user can correct, and files that cannot be read or written
70   an error of this project (EX_SOFTWARE), never 1, which is a result of `compare`
130  interrupted
141  the reader of the output closed the pipe, as a shell reports it

Uses only the standard library: an interpreter that is queried for its backend may have nothing else.
"""

import functools
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

from bench.core import installation
from bench.core.faults import BadInput
from bench.core.text import lines, one_line

FAILED, BAD_INPUT, INTERNAL_ERROR, INTERRUPTED, READER_GONE = 1, 2, 70, 130, 141
PACKAGES = ("backends", "bench", "reports", "tests")
"""The packages of this project: a missing module of theirs is no package to install."""
TRACEBACK = "BENCH_TRACEBACK"
"""The environment variable that shows the traceback of an internal error."""
PROGRAM = "BENCH_PROGRAM"
"""The environment variable that names the command of which this process does a part, such as `python -m bench`."""
MOST_CHARACTERS = 10_000
"""The most characters of an output line, which may quote a framework or a file."""


def echo(text: str) -> None:
    """Write a line to stdout and flush it."""
    sys.stdout.write(lines(text, MOST_CHARACTERS) + "\n")
    sys.stdout.flush()


def run_cli(command: Callable[..., Any]) -> int:
    """Run a click command, or a function without arguments, to its end; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a CI job that is stopped keeps its results too
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that is not UTF-8 can be shown
    try:
        status = int(invoke(command) or 0)
        sys.stdout.flush()  # a closed pipe or a full disk fails here, not when the interpreter ends
        return status
    except (Exception, KeyboardInterrupt) as error:
        return failure_status(error)


def refuse_moved(module: str, verb: str) -> int:
    """Say what to type in place of a command's former spelling; return the exit status."""
    return run_cli(functools.partial(raise_moved, module, verb))


def raise_moved(module: str, verb: str) -> NoReturn:
    """Raise BadInput with the command to type, the user's arguments included."""
    command = shlex.join(["python", "-m", "bench", verb, *sys.argv[1:]])
    raise BadInput(f"python -m {module} is a command of bench now: {command}")


def watch_imports() -> None:
    """Report a package that is missing when a command is imported in one line, with its exit status.

    A package calls this as it is imported. It does nothing unless Python is about to run one of the package's modules:
    until that module is located, the first argument is `-m`.
    """
    if sys.argv[0] == "-m":
        sys.excepthook = lambda _kind, error, _trace: sys.exit(failure_status(error))


def invoke(command: Callable[..., Any]) -> Any:
    """Call the command; turn exceptions of click into exceptions of Python and of this project."""
    if not hasattr(command, "make_context"):
        return command()
    import click

    try:  # not `command.main`, which exits with 1 where the reader of the output is gone
        with command.make_context(program_name(), sys.argv[1:]) as context:
            return command.invoke(context)  # type: ignore[attr-defined]
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        raise BadInput(error.format_message()) from None
    except (click.Abort, EOFError):
        raise KeyboardInterrupt from None


def program_name() -> str:
    """Return the command that the user typed, such as `activation-bench` or `python -m reports`."""
    if program := os.environ.get(PROGRAM):
        return program
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return installation.program(spec.name.removesuffix(".__main__")) if spec else sys.argv[0]


def failure_status(error: BaseException) -> int:
    """Write a line that names the error, unless it is an interrupt or a closed pipe; return the exit status."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        silence(sys.stdout)
        return READER_GONE
    status, line = description(error)
    if status == INTERNAL_ERROR and os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    try:
        sys.stderr.write(f"error: {line}\n")
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)  # the disk that the output goes to is full
    return status


def description(error: BaseException) -> tuple[int, str]:
    """Return the exit status of an error and the line that describes it."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] not in PACKAGES:
        return BAD_INPUT, f"this needs the package {error.name!r}: {installation.install_command('reports')}"
    if isinstance(error, OSError):
        return BAD_INPUT, one_line(os_error(error))
    # the subclasses KeyError and IndexError are mistakes in this project
    if isinstance(error, BadInput) or (isinstance(error, LookupError) and type(error) is LookupError):
        return BAD_INPUT, one_line(error)
    words = f": {error}" if str(error) else ""
    hint = "" if os.environ.get(TRACEBACK) else f"; {TRACEBACK}=1 shows the traceback"
    return INTERNAL_ERROR, f"internal error: {one_line(type(error).__name__ + words)} (please report{hint})"


def os_error(error: OSError) -> str:
    """Return the system's message, preceded by the paths that it concerns."""
    reason = error.strerror or str(error) or type(error).__name__
    names = (name for name in (error.filename, error.filename2) if isinstance(name, str | bytes))
    return ": ".join([*map(os.fsdecode, names), reason])


def silence(stream: TextIO) -> None:
    """Redirect a stream to the null device: the interpreter flushes it as it exits, and would fail with status 120."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):  # a stream without a file
        return
