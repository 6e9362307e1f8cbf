"""The installed package: what the wheel holds, and its command outside of a clone, with and without other packages."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bench import __main__ as entry
from tests.core.conftest import ROOT
from tests.core.installed import FOLDERS, GROUPS, Installed, build, link

READ = {
    "Keras' backends apart": "from reports.recorded import differences; print(len(differences.keras_disagreements()))",
    "upstream errors": "from reports.recorded import bugs; print(len(bugs.read_bugs()))",
    "atlas": "from reports.accuracy import load; print(len(list(load.ATLAS.glob('*.parquet'))))",
    "curves": "from reports.cards import load; print(len(list(load.COMMITTED.glob('*.json.gz'))))",
    "templates": "from reports.page import templating; print(len(list(templating.FOLDER.glob('*.j2'))))",
    "certificates": "from bench.accuracy import certificate; print(len(certificate.stored()))",
    "native calls": "from bench.curves import native; print(len(native.table()))",
}
"""Code that prints how many entries the packages read from a data file."""
EXTRAS = ("torch", "tensorflow", "jax", "reports")
SMALL = ("--backend", "numpy", "--activation", "relu", "--direction", "forward", "--profile", "smoke")
VERBS = entry.Verbs().list_commands(None)  # type: ignore[arg-type]  # they do not depend on the context


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return an environment with the wheel alone, inside a project whose settings for pytest no worker may read."""
    project = tmp_path_factory.mktemp("project")
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = ["--an-option-of-a-plugin"]\n')
    return Installed.of(build(tmp_path_factory.mktemp("wheel")), project / ".venv")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of packages with NumPy alone."""
    return link(tmp_path_factory.mktemp("bare") / "packages", ["numpy"])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages that `pip install activation-bench` brings."""
    return link(tmp_path_factory.mktemp("base") / "packages", GROUPS["worker"])


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages that `pip install activation-bench[reports]` brings."""
    return link(tmp_path_factory.mktemp("full") / "packages", [*GROUPS["worker"], *GROUPS["reports"]])


def paths(folder: Path) -> set[Path]:
    """Return the paths of everything in a folder, relative to it, without bytecode."""
    return {path.relative_to(folder) for path in folder.rglob("*") if "__pycache__" not in path.parts}


def files(folder: Path) -> set[Path]:
    """Return the paths of all files in a folder, relative to it, without bytecode."""
    return {path for path in paths(folder) if (folder / path).is_file()}


def test_the_environment_gains_one_package(installed: Installed) -> None:
    """Names such as `bench` belong to other packages."""
    version = installed.metadata.version
    gained = installed.names - installed.before

    assert gained == {"activation_bench", f"activation_bench-{version}.dist-info"}
    assert (installed.folder / "bin" / "activation-bench").is_file()
    assert list(installed.site.glob("*.dist-info/licenses/LICENSE"))


def test_every_file_is_installed(installed: Installed) -> None:
    """The patterns name every module and data file; no other test would notice one missing from a wheel."""
    sources = {Path(folder, path) for folder in FOLDERS for path in files(ROOT / folder)}
    expected = {path.relative_to("activation_bench") if "activation_bench" in path.parts else path for path in sources}

    assert files(installed.site / "activation_bench") == {path for path in expected if "examples" not in path.parts}


def test_the_extras_are_the_dependency_groups(installed: Installed) -> None:
    """What is installed without an extra is what a process that measures needs."""
    metadata = installed.metadata
    extras = [f'{text}; extra == "{extra}"' for extra in EXTRAS for text in GROUPS[extra]]

    assert set(metadata.metadata.get_all("Provides-Extra") or ()) == set(EXTRAS)
    assert set(map(Requirement, metadata.requires or ())) == set(map(Requirement, [*GROUPS["worker"], *extras]))


def test_an_installed_package_has_what_it_reads(installed: Installed, tmp_path: Path) -> None:
    """The wheel has as many entries of each kind as the clone, and more than none."""
    counts = []
    for folder in (installed.site / "activation_bench", ROOT):
        code = "\n".join((f"import sys; sys.path.insert(0, {str(folder)!r})", *READ.values()))
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [sys.executable, "-P", "-c", code]
        result = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        counts.append(dict(zip(READ, map(int, result.stdout.split()), strict=True)))

    assert counts[0] == counts[1]
    assert all(counts[0].values())


def test_a_run_outside_of_a_clone(installed: Installed, base: Path, full: Path, tmp_path: Path) -> None:
    """Results and reports go to the working directory, whose folders are not imported, and nowhere else.

    Without the packages of reports it prints a plain table, and a report says what to install.
    """
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "__init__.py").write_text("raise AssertionError\n")
    before = paths(installed.folder)
    run = installed.run("activation-bench", *SMALL, "--run", "mine", packages=base, cwd=tmp_path)
    refusal, report = (
        installed.run("activation-bench", "report", "--short", "results/mine", packages=packages, cwd=tmp_path)
        for packages in (base, full)
    )

    assert run.returncode == 0, run.stderr
    assert "µs per call" in run.stdout
    assert (refusal.returncode, refusal.stdout) == (2, "")
    assert refusal.stderr.startswith("error: this needs the package ")
    assert refusal.stderr.endswith(': python -m pip install "activation-bench[reports]"\n')
    assert report.returncode == 0, report.stderr
    assert (tmp_path / "results" / "mine" / "report.html").is_file()
    assert paths(installed.folder) == before


def test_the_functions_outside_of_a_clone(installed: Installed, full: Path, tmp_path: Path) -> None:
    """They run the installed command, whatever the caller's own `bench` is."""
    (tmp_path / "bench.py").write_text("raise AssertionError\n")
    code = "import activation_bench as ab\ntry: ab.bench(backend='foo')\nexcept ab.CommandFailed as fault: print(fault)"
    result = installed.run("python", "-c", code, packages=full, cwd=tmp_path)

    assert result.stdout.startswith("unknown backend 'foo' (choose from numpy, "), result.stderr


def test_the_doctor_outside_of_a_clone(installed: Installed, base: Path, tmp_path: Path) -> None:
    """It names the version of the distribution, what to install, and the working directory."""
    version, doctor = (
        installed.run("activation-bench", arguments, packages=base, cwd=tmp_path)
        for arguments in ("--version", "doctor")
    )

    assert version.stdout == f"activation-bench {installed.metadata.version}\n"
    assert doctor.returncode == 0, doctor.stderr
    assert doctor.stdout.startswith(version.stdout.strip())
    assert '  torch       not installed: python -m pip install "activation-bench[torch]"\n' in doctor.stdout
    assert f"  results     {tmp_path / 'results'}\n" in doctor.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["certify"]])
def test_what_is_printed_outside_of_a_clone(
    arguments: list[str], installed: Installed, full: Path, tmp_path: Path
) -> None:
    """Help names the command that was typed, and what needs a clone says so."""
    result = installed.run("activation-bench", *arguments, packages=full, cwd=tmp_path)

    if "--help" in arguments:
        assert result.stdout.startswith("Usage: activation-bench ")
        assert "python -m" not in result.stdout
    else:
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "(choose --check)" in result.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_a_missing_package_is_one_line(verb: str, installed: Installed, bare: Path, tmp_path: Path) -> None:
    """With NumPy alone no verb ends in a traceback."""
    result = installed.run("activation-bench", verb, packages=bare, cwd=tmp_path)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "error: this needs the package 'click': python -m pip install \"activation-bench[reports]\"\n"
    )


def test_an_interrupt_reaches_the_run(installed: Installed, base: Path, tmp_path: Path) -> None:
    """The command ends as `python -m bench` does, with the results kept."""
    process = installed.start("activation-bench", "--backend", "numpy", "--run", "mine", packages=base, cwd=tmp_path)
    with process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        next(line for line in lines if line.startswith("results in "))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "interrupted: " in out
    assert (tmp_path / "results" / "mine" / "plan.json").is_file()
