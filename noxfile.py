"""The project's commands. `nox` runs lint and tests; everything else is asked for by name.

One environment per backend, named `env`, shared by every session that needs it and kept between
runs; a session that drives workers has a small environment of its own. What follows `--` goes to
the command: `nox -s bench -- --backend torch,jax --activation gelu`.
"""

import itertools
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "tests"]
nox.options.reuse_venv = "yes"
# pip reads its ordinary settings and constraints.txt picks the builds that it offers; uv sees neither
nox.options.default_venv_backend = "virtualenv"

ROOT = Path(__file__).parent
GROUPS = nox.project.dependency_groups
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
BACKENDS = tuple(p.stem.removesuffix("_backend") for p in sorted((ROOT / "backends").glob("*_backend.py")))
# Keras' own NumPy backend imports jax, so it lives in the environment of JAX
KERAS_HOMES = {"torch": "torch", "jax": "jax", "tensorflow": "tensorflow", "numpy": "jax"}
STRICT = "--strict-upstream"
# Suites that run side by side: each takes up to 3 GB
MOST_AT_ONCE = 4
# The suites that compile each case take the longest, so they start first
SLOWEST = ("torch", "jax")
# The newest CUDA builds, where PyPI's default wheel is for the CPU
GPU_EXTRAS = {"jax": "jax[cuda13]", "tensorflow": "tensorflow[and-cuda]"}


def option(arguments: list[str], name: str, *, split: bool = True) -> list[str]:
    """Every value given to `name`, `--name value` or `--name=value`; commas split unless they belong to the value."""
    values = [value for key, value in itertools.pairwise(arguments) if key == name]
    values += [argument.removeprefix(f"{name}=") for argument in arguments if argument.startswith(f"{name}=")]
    return [part for value in values for part in value.split(",")] if split else values


def asked_for() -> list[str]:
    """The backends that this run needs environments for: read early, since nox makes them first."""
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if "--list" in arguments or "--help" in arguments:
        return []
    chosen = option(arguments, "--backend") or list(BACKENDS)
    # an unknown name is the command's to refuse, before anything is installed
    return chosen if set(chosen) <= set(BACKENDS) else []


CHOSEN = asked_for()
KERAS_CHOSEN = [name for name in CHOSEN if name in KERAS_HOMES]


def environments(names: list[str] | tuple[str, ...]) -> list[str]:
    """The sessions that make the environments of these backends."""
    return [f"env(backend={name!r})" for name in names]


def interpreter(backend: str) -> str:
    """The Python of a backend's environment."""
    return interpreter_in(ROOT / ".nox" / f"env-backend-{backend}")


def interpreter_in(folder: Path) -> str:
    """The Python of a virtual environment."""
    return str(next(p for p in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if p.exists()))


def refuse(fault: str) -> NoReturn:
    """End in one line with status 2, the project's for bad input."""
    print(f"error: {fault}", file=sys.stderr)  # noqa: T201
    sys.exit(2)


def run(session: nox.Session, *command: str, python: str | None = None, **environment: str) -> None:
    """Run a Python command from the repository's root; its exit status becomes nox's.

    nox itself turns every failing status into 1.
    """
    if status := call(session, *command, python=python, output=None, **environment):
        sys.exit(status)


def call(
    session: nox.Session, *command: str, python: str | None = None, output: BinaryIO | None = None, **environment: str
) -> int:
    """Run a Python command from the repository's root and return its exit status; `output` takes what it prints.

    An interrupt is left to the child, which keeps what was measured and says how to go on; then it ends nox too.
    """
    python = python or str(Path(session.bin) / "python")
    if session.run(python, "-c", "", external=True, log=False, silent=True) is None:
        return 0  # nox --install-only
    session.log(f"python {' '.join(command)}")
    variables = {**os.environ, **session.env, **environment, "PYTHONPATH": str(ROOT)}  # None there means unset
    given = {k: v for k, v in variables.items() if v is not None}
    errors = subprocess.STDOUT if output else None
    child = subprocess.Popen([python, *command], cwd=ROOT, env=given, stdout=output, stderr=errors)
    interrupted = False
    while True:
        try:
            status = child.wait()
            break
        except KeyboardInterrupt:
            interrupted = True
    status = status if status >= 0 else 128 - status
    if interrupted:
        sys.exit(status or 130)
    return status


def install(session: nox.Session, *groups: str) -> None:
    """Install dependency groups under the exact pins."""
    session.install("-q", "-c", str(ROOT / "constraints.txt"), *GROUPS(PYPROJECT, *groups))


@nox.session(default=False)
@nox.parametrize("backend", BACKENDS)
def env(session: nox.Session, backend: str) -> None:
    """Make the environment of a backend; asked for by the sessions that need it."""
    install(session, "worker", "conformance", backend)
    if "gpu" in option(session.posargs, "--device") and backend in GPU_EXTRAS:
        session.install("-q", GPU_EXTRAS[backend])
    if extra := option(session.posargs, "--with"):
        session.install("-q", *extra)


@nox.session(default=False, requires=environments(CHOSEN))
def bench(session: nox.Session) -> None:
    """Time every activation on every backend and report; choices after `--`, see README."""
    install(session, "reports")
    pythons = [f"--interpreter={name}={interpreter(name)}" for name in CHOSEN]
    run(session, "-m", "bench", *pythons, *without(session.posargs, "--with"))


def without(arguments: list[str], *names: str) -> list[str]:
    """The arguments less options that are the session's own, with their values."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and argument.partition("=")[0] not in names:
            kept.append(argument)
        skip = not skip and argument in names
    return kept


class Suite(NamedTuple):
    """A part of the tests: what pytest gets, in which environment, None for that of the session."""

    arguments: tuple[str, ...]
    backend: str | None = None
    keras_backend: str | None = None
    is_alone: bool = False
    """Whether it measures time, with nothing beside it."""

    def call(self, session: nox.Session, *arguments: str, output: BinaryIO | None = None) -> int:
        """Run it and return its exit status."""
        python = interpreter(self.backend) if self.backend else None
        variables = {"TF_CPP_MIN_LOG_LEVEL": "2"} if self.backend else {}
        variables |= {"KERAS_BACKEND": self.keras_backend} if self.keras_backend else {}
        return call(session, "-m", "pytest", *self.arguments, *arguments, python=python, output=output, **variables)

    def outcome(self, session: nox.Session, *arguments: str) -> tuple[int, bytes]:
        """Run it and return its exit status and what it printed."""
        with tempfile.TemporaryFile() as output:
            status = self.call(session, *arguments, output=output)
            output.seek(0)
            return status, output.read()


def conformance_of(backend: str) -> Suite:
    """The conformance suite of one backend, in its own environment and process."""
    return Suite(("tests/conformance", "--backend", backend), backend)


def suites(arguments: list[str]) -> dict[str, Suite]:
    """Everything that must hold, what takes longest first; `arguments` go to the core."""
    live = ("tests/golden/test_live_keras.py",)  # the stored golden values against what Keras computes today
    sweeps = "tests/core/test_accuracy_*.py"
    slow = [f"conformance-{backend}" for backend in BACKENDS if backend in SLOWEST]
    conformance = {f"conformance-{backend}": conformance_of(backend) for backend in BACKENDS}
    return {
        "quiet": Suite(("tests/core", "-m", "quiet"), is_alone=True),
        **{name: conformance[name] for name in slow},
        "core": Suite(("tests/core", "tests/golden", f"--ignore-glob={sweeps}", "-m", "not quiet", *arguments)),
        "sweeps": Suite((*(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob(sweeps))), "-m", "not quiet")),
        **conformance,
        "browser": Suite(("tests/browser",)),
        **{f"keras-{name}": Suite(live, home, name) for name, home in KERAS_HOMES.items()},
    }


def call_at_once(
    session: nox.Session, chosen: dict[str, Suite], arguments: dict[str, tuple[str, ...]]
) -> dict[str, int]:
    """Run suites side by side and return their exit statuses; an interrupt ends those that run and starts no other."""
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_AT_ONCE)) as pool:
        jobs = {name: pool.submit(suite.outcome, session, *arguments[name]) for name, suite in chosen.items()}
        try:
            for job in as_completed(jobs.values()):
                sys.stdout.buffer.write(job.result()[1])
                sys.stdout.flush()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            sys.exit(130)
        return {name: job.result()[0] for name, job in jobs.items()}


@nox.session(requires=environments(BACKENDS))
def tests(session: nox.Session) -> None:
    """Core, pages in a browser, conformance and live Keras in each environment; all of it, whatever fails.

    `-- --strict-upstream` goes to every suite, anything else to the core. Tests that measure time run first and alone;
    of the others as many suites run at once as there are cores, and each prints in one piece when it ends.
    """
    install(session, "worker", "conformance", "reports", "numpy", "lint", "browser")
    strict = [argument for argument in session.posargs if argument == STRICT]
    rest = [argument for argument in session.posargs if argument != STRICT]
    with tempfile.TemporaryDirectory() as folder:
        every = suites(rest)
        given = {name: (*strict, f"--outcome={Path(folder, name)}.json") for name in every}
        statuses = {name: suite.call(session, *given[name]) for name, suite in every.items() if suite.is_alone}
        statuses |= call_at_once(session, {n: suite for n, suite in every.items() if not suite.is_alone}, given)
        run(session, "-m", "tests.outcomes", folder, *(f"{name}={status}" for name, status in statuses.items()))


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """The reports in the system's Chromium, alone; the rest goes to pytest.

    Without a browser a skip that names the package, a failure with REQUIRE_BROWSER=1.
    """
    install(session, "worker", "reports", "browser")
    run(session, "-m", "pytest", "tests/browser", *session.posargs)


def known(session: nox.Session) -> list[str]:
    """The backends asked for; ends with 2 where one does not exist."""
    if not CHOSEN:
        named = ", ".join(option(session.posargs, "--backend"))
        refuse(f"unknown backend in {named!r} (choose from {', '.join(BACKENDS)})")
    return CHOSEN


@nox.session(default=False, requires=environments(CHOSEN), venv_backend="none")
def conformance(session: nox.Session) -> None:
    """Conformance of some backends: `nox -s conformance -- --backend torch`; the rest goes to pytest."""
    each_backend(session)


@nox.session(default=False, requires=environments(CHOSEN), venv_backend="none")
def budgets(session: nox.Session) -> None:
    """Record anew what each backend does in this setting; read the difference: worse needs a reason.

    With `-k NAME` the record of what else there is stays as it is.
    """
    each_backend(session, "--record")


def each_backend(session: nox.Session, *arguments: str) -> None:
    """Run the conformance suites asked for, all of them; ends with the first failing status."""
    rest = without(session.posargs, "--backend", "--with")
    statuses = [conformance_of(backend).call(session, *arguments, *rest) for backend in known(session)]
    if any(statuses):
        sys.exit(next(filter(None, statuses)))


@nox.session(default=False, requires=environments(BACKENDS), venv_backend="none")
def golden(session: nox.Session) -> None:
    """Record the golden values anew from the real Keras on its four backends."""
    for keras_backend, home in KERAS_HOMES.items():
        command = ("-m", "tests.golden", "record", "--keras-backend", keras_backend)
        run(session, *command, python=interpreter(home), KERAS_BACKEND=keras_backend, TF_CPP_MIN_LOG_LEVEL="2")
    run(session, "-m", "tests.golden", "apart", python=interpreter("numpy"))


@nox.session(
    name="versus-keras", default=False, requires=environments(sorted({KERAS_HOMES[name] for name in KERAS_CHOSEN}))
)
def versus_keras(session: nox.Session) -> None:
    """Time our backends against Keras on the same framework, alternating; choices after `--` as for bench."""
    install(session, "reports")
    pythons = [f"--interpreter={name}={interpreter(KERAS_HOMES[name])}" for name in KERAS_CHOSEN]
    chosen = [f"--backend={','.join(KERAS_CHOSEN)}"] if KERAS_CHOSEN else []  # the last one given counts
    run(session, "-m", "bench", *pythons, "--base=keras", *without(session.posargs, "--with"), *chosen)


@nox.session(default=False, requires=environments(CHOSEN))
def accuracy(session: nox.Session) -> None:
    """Judge every floating-point input of the elementwise activations; choices after `--`, see README."""
    install(session, "reports")
    pythons = [f"--interpreter={name}={interpreter(name)}" for name in CHOSEN]
    run(session, "-m", "bench.accuracy", *pythons, *without(session.posargs, "--with"))


@nox.session(default=False, requires=environments(CHOSEN))
def portrait(session: nox.Session) -> None:
    """Compute on every backend what the activations' cards show, into results/portrait; choices after `--`."""
    install(session, "reports")
    pythons = [f"--interpreter={name}={interpreter(name)}" for name in CHOSEN]
    run(session, "-m", "bench.portrait", *pythons, *without(session.posargs, "--with"))


@nox.session(default=False)
def certify(session: nox.Session) -> None:
    """Hold the accuracy sweeps' fast truth to interval arithmetic and keep the certificates; `-- --check` compares."""
    install(session, "worker", "reports")
    run(session, "-m", "bench.accuracy.certify", *session.posargs)


@nox.session(default=False)
def upgrade(session: nox.Session) -> None:
    """Is another version slower? `nox -s upgrade -- --backend jax --base jax==0.10.1 --head jax==0.10.2`.

    A side is anything that pip installs, or a checkout of this project. Other choices are those of bench.
    """
    backend, base, head = (option(session.posargs, f"--{name}", split=False) for name in ("backend", "base", "head"))
    if [len(backend), len(base), len(head)] != [1, 1, 1] or backend[0] not in BACKENDS:
        refuse(f"upgrade needs --base, --head (what pip installs, or a path) and --backend ({', '.join(BACKENDS)})")
    install(session, "reports")
    given, pinned = {"base": base[0], "head": head[0]}, []
    if any(map(is_checkout, given.values())):  # whose code runs on the pinned framework
        pinned = [f"--interpreter={backend[0]}={side(session, backend[0], 'pinned', *GROUPS(PYPROJECT, backend[0]))}"]
    sides = [
        f"--{name}={what if is_checkout(what) else side(session, backend[0], name, what)}"
        for name, what in given.items()
    ]
    run(session, "-m", "bench", *pinned, *sides, *without(session.posargs, "--base", "--head"))


def is_checkout(what: str) -> bool:
    """Whether it is a path to this project, not to something else that pip installs."""
    return (Path(what) / "backends" / "interface.py").is_file()


def side(session: nox.Session, backend: str, name: str, *requirements: str) -> str:
    """The interpreter of a fresh environment with these requirements; ends with 2 where they can't be had."""
    folder = ROOT / ".nox" / f"upgrade-{backend}-{name}"
    session.run_install(sys.executable, "-m", "virtualenv", "-q", "--clear", str(folder), external=True)
    python = interpreter_in(folder)
    pinned = ("-c", str(ROOT / "constraints.txt"), *GROUPS(PYPROJECT, "worker"))
    extras = [GPU_EXTRAS[backend]] if "gpu" in option(session.posargs, "--device") and backend in GPU_EXTRAS else []
    for arguments in (pinned, (*requirements, *extras)):
        session.log(f"pip install {' '.join(arguments)}")
        command = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            faults = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["ERROR: pip failed"]
            refuse(f"{' '.join(arguments)} cannot be installed: {faults[-1].removeprefix('ERROR: ')}")
    return python


@nox.session(default=False)
def selfcheck(session: nox.Session) -> None:
    """Measure the harness itself: known costs, false alarms, power; the table goes into the reports too."""
    install(session, "reports", "worker", "numpy")
    run(session, "-m", "bench.selfcheck", *session.posargs)


@nox.session(default=False)
def compare(session: nox.Session) -> None:
    """Did it get slower? `nox -s compare -- results/BASE results/HEAD`; the exit status is the answer."""
    install(session, "reports")
    run(session, "-m", "reports", "compare", *session.posargs)


@nox.session(default=False)
def report(session: nox.Session) -> None:
    """Write the report of one or more runs again: `nox -s report -- results/RUN`."""
    install(session, "reports")
    run(session, "-m", "reports", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and types of everything, tests and this file too."""
    install(session, "lint", "worker", "reports", "browser")
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        run(session, "-m", *command, ".")
