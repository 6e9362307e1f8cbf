"""The command line: what it refuses, with which messages, and what it imports."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as entry
from bench import commands
from bench.commands import list as listing
from bench.core import cases, options, processors
from bench.core.cli import run_cli
from tests.core.conftest import ROOT, Bench

HEAVY = ("numpy", "torch", "tensorflow", "jax", "keras", "pandas", "rich", "pytest", "flint", "distributed", "pyarrow")
START = "import runpy, sys; sys.argv[1:] = {arguments}; {extra}\ntry: runpy.run_module('bench', run_name='__main__')\n"
IMPORTED = START + "except SystemExit as end: print(end.code, *(m for m in {heavy} if m in sys.modules))"

BAD = {
    "--backend foo": "unknown backend 'foo' (choose from ",
    "--backend torch,foo": "unknown backend 'foo' (choose from ",
    "--activation nope": "unknown activation 'nope' (choose from relu, ",
    "--activation relu[max_value=-9]": "relu: max_value must be a finite number >= 0, not -9",
    "--activation relu[ceiling=9]": "relu: unknown parameter 'ceiling' (parameters: negative_slope, max_value, ",
    "--activation relu[": "'relu[' is no parameter case (an example: relu[",
    "--activation relu[6]": "'relu[6]' is no parameter case (an example: relu[",
    "--activation relu[negative_slope=abc]": "relu: negative_slope must be a finite number >= 0, not 'abc'",
    "--activation softmax[axis=2]": "softmax: axis 2 does not exist in shape (1000, 1000), the one that is measured",
    "--list --activation softmax[axis=2]": "softmax: axis 2 does not exist in shape (1000, 1000)",
    "--activation relu,rleu": "unknown activation 'rleu', did you mean relu? (choose from relu, ",
    "--backend pytorhc": "unknown backend 'pytorhc' (choose from numpy, ",
    "--dtype bf61": "unknown dtype 'bf61' (choose from ",
    "--direction up": "unknown direction 'up' (choose from forward, backward, step)",
    "--mode jit": "unknown mode 'jit', did you mean compiled? (choose from eager, compiled)",
    "--dtype int8": "unknown dtype 'int8' (choose from float16, bfloat16, float32, float64)",
    "--size 1e3,big": "unknown size '1e3,big' (choose numbers of elements, such as 1e3,1e6)",
    "--size 0": "unknown size '0' (choose numbers of elements, such as 1e3,1e6)",
    "--size 1500": "unknown size 1500 (choose powers of two, even numbers, beyond 1000 multiples of it",
    "--size 1.5": "unknown size '1.5' (choose numbers of elements, such as 1e3,1e6)",
    "--size 2^50": "unknown size '2^50' (choose numbers of elements, such as 1e3,1e6)",
    "--row 999": "unknown row 999 (choose even lengths: glu splits a row in half)",
    "--row 0": "unknown row '0' (choose numbers of elements, such as 1024,128256)",
    "--shape 4096": "unknown shape '4096' (choose rows x their length, such as 4096x4096)",
    "--shape 2x2x2": "unknown shape '2x2x2' (choose rows x their length, such as 4096x4096)",
    "--shape 64x64 --size 1e3": "--shape is size and row at once: leave --size and --row out",
    "--shape 3x8 --activation glu[axis=0]": "glu: axis 0 of shape (3, 8) is odd and cannot be split in half",
    "--size inf": "unknown size 'inf' (choose numbers of elements, such as 1e3,1e6)",
    "--device tpu": "unknown device 'tpu' (choose from cpu, gpu)",
    "--threads many": "unknown number of threads 'many' (choose from 1 to ",
    "--cache warm": "unknown cache 'warm' (choose from cold, hot)",
    "--head keras": "--head needs --base beside it",
    "--base nowhere": "--base 'nowhere' is no interpreter and no checkout (or say keras)",
    "--profile tiny": "unknown profile 'tiny' (choose from smoke, quick, standard, full)",
    "--interpreter foo=x": "unknown backend 'foo' (choose from ",
    "--interpreter torch=/no/python": "no interpreter at '/no/python' for backend 'torch'",
    "--resume never": "holds no run to go on with",
    "--run a/b": "'a/b' is no name of a run",
    "--nonsense": "No such option '--nonsense'.",
    "--backend": "Option '--backend' requires an argument.",
}


@pytest.mark.parametrize("line", BAD)
def test_bad_input_is_one_line(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The line names the fault and the choices, the exit status is 2, and nothing is written."""
    monkeypatch.setattr(sys, "argv", ["bench", "--results", str(tmp_path / "results"), *line.split()])

    assert run_cli(entry.main) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert BAD[line] in err
    assert err.count("\n") == 1
    assert not (tmp_path / "results").exists()


def test_a_missing_framework_that_is_asked_for_is_an_error(bench: Bench) -> None:
    """The missing package is named, and nothing is started."""
    run = bench.small(DUMMY_FAULT="absent")

    assert run.status == 2
    assert run.err == "error: backend 'dummy' needs the package 'dummy', which is not installed\n"
    assert not run.results.exists()


def test_a_device_that_is_not_there_is_an_error(bench: Bench) -> None:
    """The choices are the devices that the framework sees."""
    run = bench.small("--device", "gpu")

    assert (run.status, run.err) == (2, "error: backend 'dummy' sees no gpu (choose from cpu)\n")


def test_an_output_folder_that_cannot_be_written_is_an_error(bench: Bench, tmp_path: Path) -> None:
    """A file in place of the folder is an error of one line."""
    (tmp_path / "file").touch()
    bench.results = tmp_path / "file"
    run = bench.small()

    assert (run.status, run.err.count("\n")) == (2, 1)
    assert run.err.startswith(f"error: cannot write results to {tmp_path / 'file'}")


def imported(extra: str, *arguments: str) -> list[str]:
    """Return the exit status of `python -m bench ARGUMENTS`, and the heavy packages that it imports."""
    code = IMPORTED.format(extra=extra, heavy=HEAVY, arguments=list(arguments))
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("arguments", [["--list"], ["--help"], ["--backend", "foo"], ["accuracy", "--list"]])
def test_what_measures_nothing_imports_nothing_heavy(arguments: list[str]) -> None:
    """Neither a list, nor help, nor a refused option waits for a heavy package."""
    assert imported("pass", *arguments) == ["2" if "foo" in arguments else "0"]


def test_a_heavy_import_would_be_seen() -> None:
    """The test above can fail."""
    assert imported("import numpy", "--list") == ["0", "numpy"]


def help_of(*arguments: str) -> str:
    """Return what `python -m bench ARGUMENTS --help` prints."""
    command = [sys.executable, "-m", "bench", *arguments, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_help_lists_every_file_of_a_verb() -> None:
    """Each has one line that is not cut short."""
    verbs = {path.stem for path in Path(commands.__path__[0]).glob("[a-z]*.py")}
    table = help_of().partition("Commands:\n")[2].partition("\n\n")[0]
    lines = [line.split(maxsplit=1) for line in table.splitlines()]

    assert {verb for verb, _ in lines} == verbs
    assert all(text.endswith(".") and not text.endswith("...") for _, text in lines)


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        *(("run", "--resume"), ("list", "--profile"), ("upgrade", "--base"), ("accuracy", "--shards")),
        *(("check", "--as"), ("curves", "--store"), ("certify", "--check"), ("selfcheck", "--repetitions")),
        *(("compare", "--certain"), ("report", "--short")),
    ],
)
def test_help_of_a_verb_shows_its_options(verb: str, option: str) -> None:
    """Those of the verbs that reports run, too, with an example and the exit statuses."""
    text = help_of(verb)

    assert option in text
    assert f" {verb} " in text.partition("Example")[2]
    assert "Exit status: 0 " in text


@pytest.mark.parametrize("verb", ["conformance", "record"])
def test_a_session_of_nox_is_no_verb(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says what to type."""
    monkeypatch.setattr(sys, "argv", ["bench", verb, "--backend", "torch"])

    assert run_cli(entry.main) == 2
    assert capsys.readouterr().err.endswith(f": nox -s {verb}\n")


@pytest.mark.parametrize("arguments", [[], ["run"], ["list"], ["upgrade", "--base", "keras"]])
def test_verbs_of_speed_choose_the_same_cases(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What one refuses, each refuses with the same words."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench", *arguments, "--activation", "rleu"])

    assert run_cli(entry.main) == 2
    assert "unknown activation 'rleu', did you mean relu?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("compair", "unknown command 'compair', did you mean compare? (choose from accuracy, "),
        ("upgrade --backend jax", "upgrade needs --base (a Python, a checkout of this project, or keras)"),
    ],
)
def test_a_wrong_verb_is_one_line(
    line: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A verb is suggested like any other name."""
    monkeypatch.setattr(sys, "argv", ["bench", *line.split()])

    assert run_cli(entry.main) == 2
    assert capsys.readouterr().err.startswith(f"error: {words}")


def test_list_says_how_much_and_how_long(bench: Bench) -> None:
    """`--list` counts cases and passes by backend, and measures nothing."""
    run = bench.small("--list")

    assert run.status == 0
    assert "13 cases in 2 replicates" in run.out
    assert "dummy" in run.out
    assert not run.results.exists()


@pytest.mark.parametrize(
    ("arguments", "session", "is_absent"),
    [((), "", True), ((f"--interpreter=jax={sys.executable}",), "", False), ((), "bench", False)],
)
def test_list_names_backends_that_are_not_installed(
    arguments: tuple[str, ...],
    session: str,
    is_absent: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run would leave them out, unless they have another interpreter, or nox is there to make one."""
    monkeypatch.setattr("backends.is_installed", lambda name: name != "jax")
    monkeypatch.delenv("NOX_CURRENT_SESSION", raising=False)
    if session:
        monkeypatch.setenv("NOX_CURRENT_SESSION", session)
    monkeypatch.setattr(sys, "argv", ["bench", "--list", "--backend", "numpy,jax", *arguments])

    assert run_cli(entry.main) == 0
    assert ("not installed, and left out of a run: jax (python -m pip " in capsys.readouterr().out) == is_absent


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("--backend pytorch,torch,tf", "backends", ("torch", "tensorflow")),
        ("--dtype bf16,FP16,torch.double", "dtypes", ("bfloat16", "float16", "float64")),
        ("--direction fwd,bwd", "directions", ("forward", "backward")),
        ("--mode compile", "modes", ("compiled",)),
        ("--device cuda", "device", "gpu"),
        ("--threads max", "threads", (processors.most_threads(),)),
    ],
)
def test_an_alias_is_understood(line: str, field: str, value: object) -> None:
    """Abbreviations and names of other projects mean the choice, and a choice counts once."""
    with listing.main.make_context("list", line.split()) as context:
        choice = listing.choice_of(context.params)

    assert getattr(choice, field) == value


def test_an_interpreter_is_named_by_an_alias() -> None:
    """As in `--backend`."""
    assert options.interpreters((f"pytorch={sys.executable}",)) == {"torch": sys.executable}


def test_commas_inside_of_brackets_belong_to_the_parameter_case() -> None:
    """A name with several parameters is one case with all of them."""
    name = "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]"

    assert options.names(f"gelu,{name}") == ("gelu", name)
    assert [v.id for v in cases.timed_variants([name])] == [name]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("1e3,1e6", (1_000, 1_000_000)),
        ("1000", (1_000,)),
        ("2^20,2**4", (1_048_576, 16)),
        ("1M,1.5k,64Ki", (1_000_000, 1_500, 65_536)),
        ("1000,1e3", (1_000,)),
        (None, None),
    ],
)
def test_sizes_are_numbers_of_elements(text: str | None, sizes: tuple[int, ...] | None) -> None:
    """A size can be written in several ways, and each size is listed once."""
    assert listing.numbers(text) == sizes
