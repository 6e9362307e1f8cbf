"""The project's commands. `nox` runs lint and tests; `nox -s NAME` runs any other session.

Each backend has one environment, `env`, which sessions share and which is kept between runs; a session that starts
worker processes has a small environment of its own. Arguments after `--` go to the command:
`nox -s bench -- --backend torch,jax --activation gelu`.
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

# Some images forbid bytecode. pip then installs none, and each of hundreds of processes compiles all that it imports:
# 18 s of a core for TensorFlow, Keras and numba, 6 s with bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
GROUPS = nox.project.dependency_groups
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
BACKENDS = tuple(p.stem.removesuffix("_backend") for p in sorted((ROOT / "backends").glob("*_backend.py")))
# Keras' own NumPy backend imports jax, so it lives in the environment of JAX
KERAS_HOMES = {"torch": "torch", "jax": "jax", "tensorflow": "tensorflow", "numpy": "jax"}
STRICT = "--strict-upstream"
DURATIONS = "--durations"
# Suites that run at the same time, each of which takes up to 3 GB
MOST_AT_ONCE = 4
# The suites that compile each case take the longest, so they start first
SLOWEST = ("torch", "jax")
# The newest CUDA builds, where PyPI's default wheel is for the CPU
GPU_EXTRAS = {"jax": "jax[cuda13]", "tensorflow": "tensorflow[and-cuda]"}


def option(arguments: list[str], name: str, *, split: bool = True) -> list[str]:
    """Return every value of an option, `--name value` or `--name=value`; commas separate values where `split`."""
    values = [value for key, value in itertools.pairwise(arguments) if key == name]
    values += [argument.removeprefix(f"{name}=") for argument in arguments if argument.startswith(f"{name}=")]
    return [part for value in values for part in value.split(",")] if split else values


def backend_names(arguments: list[str]) -> list[str]:
    """Return the backends that the arguments name, with aliases such as `pytorch` replaced."""
    sys.path.insert(0, str(ROOT))
    from backends.spelling import resolve

    return [resolve(name, BACKENDS) for name in option(arguments, "--backend")]


def chosen_backends() -> list[str]:
    """Return the backends whose environments this run needs, read early since nox creates environments first."""
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if "--list" in arguments or "--help" in arguments:
        return []
    names = backend_names(arguments) or list(BACKENDS)
    # the command refuses an unknown name, before anything is installed
    return names if set(names) <= set(BACKENDS) else []


CHOSEN = chosen_backends()
KERAS_CHOSEN = [name for name in CHOSEN if name in KERAS_HOMES]


def environments(names: list[str] | tuple[str, ...]) -> list[str]:
    """Return the sessions that create the environments of these backends."""
    return [f"env(backend={name!r})" for name in names]


def interpreter(backend: str) -> str:
    """Return the Python of a backend's environment."""
    return interpreter_in(ROOT / ".nox" / f"env-backend-{backend}")


def interpreter_in(folder: Path) -> str:
    """Return the Python of a virtual environment."""
    return str(next(p for p in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if p.exists()))


def refuse(fault: str) -> NoReturn:
    """End the run with one line and status 2, the project's for bad input."""
    print(f"error: {fault}", file=sys.stderr)  # noqa: T201
    sys.exit(2)


def run(session: nox.Session, *command: str, python: str | None = None, **environment: str) -> None:
    """Run a Python command from the repository's root; a failing exit status becomes nox's.

    nox itself turns every failing status into 1.
    """
    if status := call(session, *command, python=python, output=None, **environment):
        sys.exit(status)


def call(
    session: nox.Session, *command: str, python: str | None = None, output: BinaryIO | None = None, **environment: str
) -> int:
    """Run a Python command from the repository's root and return its exit status; `output` takes what it prints.

    An interrupt is handled by the child, which saves its results and prints how to resume; then nox ends too.
    """
    python = python or str(Path(session.bin) / "python")
    if session.run(python, "-c", "", external=True, log=False, silent=True) is None:
        return 0  # nox --install-only
    session.log(f"python {' '.join(command)}")
    variables = {**os.environ, **session.env, **environment, "PYTHONPATH": str(ROOT)}  # None means unset
    child_environment = {k: v for k, v in variables.items() if v is not None}
    errors = subprocess.STDOUT if output else None
    child = subprocess.Popen([python, *command], cwd=ROOT, env=child_environment, stdout=output, stderr=errors)
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
    """Install dependency groups at the pinned versions."""
    session.install("-q", "-c", str(ROOT / "constraints.txt"), *GROUPS(PYPROJECT, *groups))


@nox.session(default=False)
@nox.parametrize("backend", BACKENDS)
def env(session: nox.Session, backend: str) -> None:
    """Create the environment of a backend; the sessions that need it run this one first."""
    install(session, "worker", "conformance", backend)
    if "gpu" in option(session.posargs, "--device") and backend in GPU_EXTRAS:
        session.install("-q", GPU_EXTRAS[backend])
    if extra := option(session.posargs, "--with"):
        session.install("-q", *extra)


@nox.session(default=False, requires=environments(CHOSEN))
def bench(session: nox.Session) -> None:
    """Time every activation on every backend and write a report; options after `--`, see bench/README.md."""
    run_bench(session, "run")


def run_bench(session: nox.Session, verb: str) -> None:
    """Run a command of bench that starts workers in the environments of the chosen backends."""
    install(session, "reports")
    pythons = [f"--interpreter={name}={interpreter(name)}" for name in CHOSEN]
    run(session, "-m", "bench", verb, *pythons, *remove_options(session.posargs, "--with"))


def remove_options(arguments: list[str], *names: str) -> list[str]:
    """Return the arguments without these options and their values."""
    remaining, skip = [], False
    for argument in arguments:
        if not skip and argument.partition("=")[0] not in names:
            remaining.append(argument)
        skip = not skip and argument in names
    return remaining


class Suite(NamedTuple):
    """A part of the tests: pytest's arguments and the environment."""

    arguments: tuple[str, ...]
    backend: str | None = None
    """The backend whose environment runs it; None for the session's."""
    keras_backend: str | None = None
    is_alone: bool = False
    """Whether it measures time, so that no other suite may run at the same time."""

    def call(self, session: nox.Session, *arguments: str, output: BinaryIO | None = None) -> int:
        """Run the suite and return its exit status."""
        python = interpreter(self.backend) if self.backend else None
        variables = {"TF_CPP_MIN_LOG_LEVEL": "2"} if self.backend else {}
        variables |= {"KERAS_BACKEND": self.keras_backend} if self.keras_backend else {}
        return call(session, "-m", "pytest", *self.arguments, *arguments, python=python, output=output, **variables)

    def outcome(self, session: nox.Session, *arguments: str) -> tuple[int, bytes]:
        """Run the suite and return its exit status and its output."""
        with tempfile.TemporaryFile() as output:
            status = self.call(session, *arguments, output=output)
            output.seek(0)
            return status, output.read()


def conformance_of(backend: str) -> Suite:
    """Return the conformance suite of one backend, in its own environment and process."""
    return Suite(("tests/conformance", "--backend", backend), backend)


def quiet_files() -> list[str]:
    """Return the files with tests that measure time; collecting the others takes as long as these tests."""
    paths = sorted((ROOT / "tests" / "core").glob("test_*.py"))
    return [str(path.relative_to(ROOT)) for path in paths if "pytest.mark.quiet" in path.read_text()]


def suites(arguments: list[str]) -> dict[str, Suite]:
    """Return all suites by name, the slowest first; `arguments` go to the core."""
    live = ("tests/golden/test_live_keras.py",)  # the stored golden values against what Keras computes today
    sweeps = "tests/core/test_accuracy_*.py"
    slow = [f"conformance-{backend}" for backend in BACKENDS if backend in SLOWEST]
    conformance = {f"conformance-{backend}": conformance_of(backend) for backend in BACKENDS}
    return {
        "quiet": Suite((*quiet_files(), "-m", "quiet"), is_alone=True),
        **{name: conformance[name] for name in slow},
        "core": Suite(("tests/core", "tests/golden", f"--ignore-glob={sweeps}", "-m", "not quiet", *arguments)),
        "sweeps": Suite((*(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob(sweeps))), "-m", "not quiet")),
        **conformance,
        "browser": Suite(("tests/browser",)),
        **{f"keras-{name}": Suite(live, home, name) for name, home in KERAS_HOMES.items()},
    }


def call_at_once(
    session: nox.Session, batch: dict[str, Suite], arguments: dict[str, tuple[str, ...]]
) -> dict[str, int]:
    """Run suites at the same time and return their exit statuses; an interrupt ends them and starts no more."""
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_AT_ONCE)) as pool:
        jobs = {name: pool.submit(suite.outcome, session, *arguments[name]) for name, suite in batch.items()}
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
    """Run all tests, whatever fails: core, pages in a browser, conformance and live Keras in each environment.

    `-- --strict-upstream` goes to every suite, any other argument to the core; `--durations` or `--durations=N` shows
    where the time went. Tests that measure time run first and alone; of the others as many run at once as there are
    cores, at most 4, and each prints its output when it ends.
    """
    durations = [argument for argument in session.posargs if argument.partition("=")[0] == DURATIONS]
    counts = [argument if "=" in argument else f"{DURATIONS}=20" for argument in durations]
    if not all(count.partition("=")[2].isdecimal() for count in counts):
        refuse(f"{DURATIONS} takes a number of files and tests, such as {DURATIONS}=20")
    install(session, "worker", "conformance", "reports", "numpy", "lint", "browser")
    strict = [argument for argument in session.posargs if argument == STRICT]
    core_arguments = [argument for argument in session.posargs if argument not in (*strict, *durations)]
    with tempfile.TemporaryDirectory() as folder:
        all_suites = suites(core_arguments)
        options = {name: (*strict, f"--outcome={Path(folder, name)}.json") for name in all_suites}
        statuses = {name: suite.call(session, *options[name]) for name, suite in all_suites.items() if suite.is_alone}
        statuses |= call_at_once(session, {n: suite for n, suite in all_suites.items() if not suite.is_alone}, options)
        outcomes = [f"{name}={status}" for name, status in statuses.items()]
        run(session, "-m", "tests.outcomes", folder, *outcomes, *counts)


@nox.session(default=False)
def core(session: nox.Session) -> None:
    """Run the core tests and the golden values alone; the rest goes to pytest."""
    install(session, "worker", "conformance", "reports", "numpy", "lint", "browser")
    run(session, "-m", "pytest", "tests/core", "tests/golden", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Test the reports in the system's Chromium; arguments after `--` go to pytest.

    Without a browser the tests are skipped with the name of the package, or fail with REQUIRE_BROWSER=1.
    """
    install(session, "worker", "reports", "browser")
    run(session, "-m", "pytest", "tests/browser", *session.posargs)


def require_backends(session: nox.Session) -> list[str]:
    """Return the chosen backends; end with status 2 where one does not exist."""
    if not CHOSEN:
        names = ", ".join(option(session.posargs, "--backend"))
        refuse(f"unknown backend in {names!r} (choose from {', '.join(BACKENDS)})")
    return CHOSEN


@nox.session(default=False, requires=environments(CHOSEN), venv_backend="none")
def conformance(session: nox.Session) -> None:
    """Test the conformance of some backends: `nox -s conformance -- --backend torch`; the rest goes to pytest."""
    each_backend(session)


@nox.session(default=False, requires=environments(CHOSEN), venv_backend="none")
def record(session: nox.Session) -> None:
    """Record each backend's behaviour in this setting anew; read the difference: a worse figure needs a reason.

    `-- --backend X` chooses backends, `--activation Y` activations; the other records stay as they are. What the
    reports show of the records is copied at the end.
    """
    names = option(session.posargs, "--activation")
    selection = ["-k", " or ".join(names)] if names else []
    each_backend(session, "--record", *selection)
    run(session, "-m", "tests.recorded_tables", python=interpreter(CHOSEN[0]))


@nox.session(default=False, venv_backend="none")
def bump(session: nox.Session) -> None:
    """Do every step of a new pin: `nox -s bump -- torch==2.14.0`, and print the difference to read.

    `--dry-run` prints the pins that move and the steps. A version that cannot be installed changes nothing.
    """
    run(session, "-m", "tests.bump", *session.posargs, python=sys.executable)


@nox.session(default=False, venv_backend="none")
def budgets(session: nox.Session) -> None:
    """Say that `record` has replaced it."""
    refuse_renamed(session, "budgets", "record")


def refuse_renamed(session: nox.Session, former: str, name: str) -> NoReturn:
    """Say what to type in place of a session's former name."""
    refuse(f"the session {former} is called {name} now: nox -s {name} -- {' '.join(session.posargs)}".rstrip(" -"))


def each_backend(session: nox.Session, *arguments: str) -> None:
    """Run the conformance suites of all chosen backends; end with the first failing status."""
    remaining = remove_options(session.posargs, "--backend", "--activation", "--with")
    statuses = [conformance_of(backend).call(session, *arguments, *remaining) for backend in require_backends(session)]
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
    """Time the backends against Keras on the same framework, interleaved; options after `--` as for bench."""
    install(session, "reports")
    pythons = [f"--interpreter={name}={interpreter(KERAS_HOMES[name])}" for name in KERAS_CHOSEN]
    choice = [f"--backend={','.join(KERAS_CHOSEN)}"] if KERAS_CHOSEN else []  # the last `--backend` counts
    run(
        session, "-m", "bench", "upgrade", *pythons, "--base=keras", *remove_options(session.posargs, "--with"), *choice
    )


@nox.session(default=False, requires=environments(CHOSEN))
def accuracy(session: nox.Session) -> None:
    """Judge the elementwise activations at every input; options after `--`, see bench/accuracy/README.md."""
    run_bench(session, "accuracy")


@nox.session(default=False, requires=environments(CHOSEN))
def check(session: nox.Session) -> None:
    """Check a function of yours: `nox -s check -- my.py:my_gelu --as gelu --backend torch`; see bench/README.md."""
    run_function(session, "check")


@nox.session(default=False, requires=environments(CHOSEN))
def identify(session: nox.Session) -> None:
    """Name the definition that a function of yours computes: `nox -s identify -- my.py:mystery --backend torch`."""
    run_function(session, "identify")


def run_function(session: nox.Session, verb: str) -> None:
    """Run a command of bench on a function of the user's, in the environments of the chosen backends."""
    install(session, "worker")
    pythons = [f"--interpreter={name}={interpreter(name)}" for name in CHOSEN]
    run(session, "-m", "bench", verb, *pythons, *remove_options(session.posargs, "--with"))


@nox.session(default=False, requires=environments(CHOSEN))
def curves(session: nox.Session) -> None:
    """Record the curves of the activations' cards on every backend, into results/curves; options after `--`."""
    run_bench(session, "curves")


@nox.session(default=False, venv_backend="none")
def portrait(session: nox.Session) -> None:
    """Say that `curves` has replaced it."""
    refuse_renamed(session, "portrait", "curves")


@nox.session(default=False)
def certify(session: nox.Session) -> None:
    """Certify the accuracy sweeps' fast exact values by interval arithmetic; `-- --check` compares with the records."""
    install(session, "worker", "reports")
    run(session, "-m", "bench", "certify", *session.posargs)


@nox.session(default=False)
def upgrade(session: nox.Session) -> None:
    """Compare the speed of two versions: `nox -s upgrade -- --backend jax --base jax==0.10.1 --head jax==0.10.2`.

    A side is anything that pip installs, or a checkout of this project. Other options are those of bench.
    """
    backend = backend_names(session.posargs)
    base, head = (option(session.posargs, f"--{name}", split=False) for name in ("base", "head"))
    if [len(backend), len(base), len(head)] != [1, 1, 1] or backend[0] not in BACKENDS:
        refuse(f"upgrade needs --base, --head (what pip installs, or a path) and --backend ({', '.join(BACKENDS)})")
    install(session, "reports")
    requirements, pinned = {"base": base[0], "head": head[0]}, []
    if any(map(is_checkout, requirements.values())):  # a checkout's code runs on the pinned framework
        requirement = ("-c", str(ROOT / "constraints.txt"), *GROUPS(PYPROJECT, backend[0]))
        pinned = [f"--interpreter={backend[0]}={side(session, backend[0], 'pinned', *requirement)}"]
    sides = [
        f"--{name}={value if is_checkout(value) else side(session, backend[0], name, value)}"
        for name, value in requirements.items()
    ]
    run(session, "-m", "bench", "upgrade", *pinned, *sides, *remove_options(session.posargs, "--base", "--head"))


def is_checkout(requirement: str) -> bool:
    """Return whether a requirement is the path of a checkout of this project."""
    return (Path(requirement) / "backends" / "interface.py").is_file()


def side(session: nox.Session, backend: str, name: str, *requirements: str) -> str:
    """Return the Python of a fresh environment with these requirements; end with status 2 where pip fails."""
    folder = ROOT / ".nox" / f"upgrade-{backend}-{name}"
    session.run_install(sys.executable, "-m", "virtualenv", "-q", "--clear", str(folder), external=True)
    python = interpreter_in(folder)
    pinned = ("-c", str(ROOT / "constraints.txt"), *GROUPS(PYPROJECT, "worker"))
    extras = [GPU_EXTRAS[backend]] if "gpu" in option(session.posargs, "--device") and backend in GPU_EXTRAS else []
    for arguments in (pinned, (*requirements, *extras)):
        session.log(f"pip install {' '.join(arguments)}")
        command = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            faults = [line for line in result.stderr.splitlines() if line.startswith("ERROR")] or ["ERROR: pip failed"]
            refuse(f"{' '.join(arguments)} cannot be installed: {faults[-1].removeprefix('ERROR: ')}")
    return python


@nox.session(default=False)
def selfcheck(session: nox.Session) -> None:
    """Measure the harness itself: known costs, false alarms and power; the reports show the table too."""
    install(session, "reports", "worker", "numpy")
    run(session, "-m", "bench", "selfcheck", *session.posargs)


@nox.session(default=False)
def doctor(session: nox.Session) -> None:
    """Show what can run here, with the backends' environments as far as they exist."""
    install(session, "worker", "reports")
    existing = [name for name in BACKENDS if (ROOT / ".nox" / f"env-backend-{name}").is_dir()]
    pythons = [f"--interpreter={name}={interpreter(name)}" for name in existing]
    run(session, "-m", "bench", "doctor", *pythons, *session.posargs)


@nox.session(default=False)
def compare(session: nox.Session) -> None:
    """Compare two runs: `nox -s compare -- results/BASE results/HEAD`; the exit status tells whether HEAD is slower."""
    install(session, "reports")
    run(session, "-m", "bench", "compare", *session.posargs)


@nox.session(default=False)
def report(session: nox.Session) -> None:
    """Write the report of one or more runs again: `nox -s report -- results/RUN`."""
    install(session, "reports")
    run(session, "-m", "bench", "report", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, types and the order of imports of all code, tests and this file included."""
    install(session, "lint", "worker", "reports", "browser")
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        run(session, "-m", *command, ".")
    # the order of imports inside a folder stands in pyproject.toml
    session.run("lint-imports", "--no-cache", "--no-logo", env={"PYTHONPATH": str(ROOT)})
