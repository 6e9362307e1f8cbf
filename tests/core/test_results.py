"""Folders of runs and files of reports: they exist completely or not at all, despite kills and races."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.commands import run as entry
from bench.core import facts, results
from bench.core.cases import Choice, plan
from bench.core.faults import BadInput
from bench.core.options import interpreters
from bench.core.results import Plan, Side
from bench.speed import command, resume
from bench.speed.resume import AllowedCode
from reports import formats
from reports.fault import BadRun
from reports.page import csv_text, files
from tests.core.conftest import ROOT

FILL = """
import sys, time
from pathlib import Path
from bench.core import results

def fill(folder):
    (folder / "plan.json").write_text("half")
    print("filling", flush=True)
    time.sleep(60)

results.new_folder(Path(sys.argv[1]), "mine", fill)
"""
WRITE = """
import sys
from pathlib import Path
from reports.page import files

number = 0
while True:
    number += 1
    files.write_all(Path(sys.argv[1]), {f"{name}.txt": f"{number}".encode() * 1000 for name in range(20)})
    print(number, flush=True)
"""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    """Run code on a folder until its first output."""
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline()
    return process


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process as kill -9 does."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def names(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_run_that_is_killed_as_it_begins_is_not_there(tmp_path: Path) -> None:
    """Its name is free, and its files are removed once no process can be using them."""
    end(start(FILL, tmp_path))
    (remnant,) = names(tmp_path)
    folder = results.new_folder(tmp_path, "mine", lambda folder: (folder / "plan.json").touch())

    assert remnant.startswith(results.UNFINISHED_PREFIX)
    assert names(folder) == ["plan.json", "raw"]
    assert names(tmp_path) == [remnant, "mine"]  # another command may be filling it
    long_ago = time.time() - 2 * results.UNFINISHED_SECONDS
    os.utime(tmp_path / remnant, (long_ago, long_ago))
    results.new_folder(tmp_path, "other", lambda _: None)
    assert names(tmp_path) == ["mine", "other"]


def test_a_run_that_cannot_be_filled_is_not_there(tmp_path: Path) -> None:
    """A disk that is full before the plan is written leaves nothing, and the name is free."""

    def full(_: Path) -> None:
        raise OSError(28, os.strerror(28))

    with pytest.raises(OSError, match="No space left"):
        results.new_folder(tmp_path, "mine", full)
    assert names(tmp_path) == []


def test_runs_of_one_second_have_names_of_their_own(tmp_path: Path) -> None:
    """Thirty runs that start at once have thirty folders, none of which another run replaces."""
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda n: results.new_folder(tmp_path, None, marked(n)), range(30)))

    assert len(set(folders)) == 30
    assert sorted(int((folder / "mark").read_text()) for folder in folders) == list(range(30))


def marked(number: int):  # type: ignore[no-untyped-def]
    """Return a function that writes a number to a folder."""
    return lambda folder: (folder / "mark").write_text(str(number)) and None


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    """A name of a run or a file is refused; it stays unchanged, and nothing is left beside it."""
    results.new_folder(tmp_path, "mine", marked(1))
    (tmp_path / "file").touch()

    for name in ("mine", "file"):
        with pytest.raises(FileExistsError, match="is there already"):
            results.new_folder(tmp_path, name, marked(2))
    assert (tmp_path / "mine" / "mark").read_text() == "1"
    assert names(tmp_path) == ["file", "mine"]


def test_the_owner_of_a_run_removes_half_written_files(tmp_path: Path) -> None:
    """The owner removes scratch files, as no other process writes there."""
    results.new_folder(tmp_path, "mine", lambda _: None)
    for place in ("mine", "mine/raw"):
        (tmp_path / place / ".plan.json.123").touch()
    with results.hold_folder(tmp_path / "mine"):
        pass

    assert not list(tmp_path.rglob(".plan.json.*"))


def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """A failed write leaves no scratch file; here a folder is in its place."""
    (tmp_path / "a.json").mkdir()

    with pytest.raises(IsADirectoryError):
        results.write_json(tmp_path / "a.json", {})
    assert names(tmp_path) == ["a.json"]


def test_reports_are_whole_whenever_their_writer_is_killed(tmp_path: Path) -> None:
    """After kill -9 at any moment, the next writer leaves the files of one report, and no scratch file."""
    for trial in range(12):
        process = start(WRITE, tmp_path)
        time.sleep(0.003 * trial)
        end(process)
        files.write_all(tmp_path, {"other.txt": b""})
        contents = {(tmp_path / f"{name}.txt").read_bytes() for name in range(20)}

        assert len(contents) == 1
        assert len(names(tmp_path)) == 21


@pytest.mark.parametrize("move_count", [0, 1, 2, 3])
def test_a_report_that_is_ready_is_finished(move_count: int, tmp_path: Path) -> None:
    """A writer killed before, between or after its moves leaves nothing of the older report."""
    for name in "abc":
        (tmp_path / name).write_text("old")
    ready = tmp_path / files.READY
    ready.mkdir()
    for position, name in enumerate("abc"):
        (ready / name if position >= move_count else tmp_path / name).write_text("new")
    (tmp_path / f"{files.SCRATCH}x").mkdir()
    files.write_all(tmp_path, {"d": b"new"})

    assert names(tmp_path) == ["a", "b", "c", "d"]
    assert {(tmp_path / name).read_text() for name in "abcd"} == {"new"}


def test_a_report_that_cannot_be_written_touches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only file system, a folder in place of a file and a file in place of the folder are one line each."""
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()

    with pytest.raises(BadRun, match="b is a folder there"):
        files.write_all(tmp_path, {"a": b"new", "b": b"new"})
    with pytest.raises(BadRun, match=f"cannot write to {tmp_path / 'a'}: "):
        files.write_all(tmp_path / "a", {"a": b"new"})
    monkeypatch.setattr(Path, "write_bytes", read_only)
    with pytest.raises(BadRun, match="Read-only file system"):
        files.write_all(tmp_path, {"a": b"new"})
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a", "b"]


def read_only(path: Path, _: bytes) -> int:
    """Raise the error of a file system that is mounted read-only."""
    raise OSError(30, os.strerror(30), str(path))


def resumable(folder: Path, *sides: Side, programs: str = "") -> Path:
    """Return the folder of a run that has only its plan."""
    choice = Choice(("numpy",), ("relu",), ("forward",))
    return results.new_folder(folder, "run", Plan(choice, plan(choice), sides, programs=programs).save)


FOREIGN = {
    "an interpreter": (Side({"numpy": "/evil/python"}), "", "--interpreter=numpy=/evil/python"),
    "variables": (Side({}, variables={"LD_PRELOAD": "/evil.so"}), "", "LD_PRELOAD"),
    "programs": (Side({}), "/evil/programs", "--programs=/evil/programs"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_resume_executes_nothing_that_is_not_named(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter, variables or compiled programs of a plan are refused before anything runs, with the option."""
    side, programs, words = FOREIGN[kind]
    monkeypatch.setattr(facts, "probe", lambda *_: pytest.fail("something was executed"))
    run = resumable(tmp_path, side, programs=programs)

    with pytest.raises(BadInput, match="which this command does not name") as refused:
        resume.resume(run, AllowedCode(), reported=False)
    assert words in str(refused.value)
    assert str(run / "plan.json") in str(refused.value)


@pytest.mark.parametrize("place", ["base", "head"])
def test_resume_measures_no_checkout_that_is_not_named(place: str, tmp_path: Path) -> None:
    """A checkout of either side is refused with the option that names it."""
    sides = [Side({}, name, checkout="/evil" if name == place else str(ROOT)) for name in ("base", "head")]
    run = resumable(tmp_path, *sides)
    faults = list(resume.disallowed_code(Plan.load(run), AllowedCode()))

    assert [option for _, option in faults] == [f"--{place}=/evil"]
    assert not list(resume.disallowed_code(Plan.load(run), AllowedCode(sides={place: "/evil"})))


def test_what_is_named_goes_on(tmp_path: Path) -> None:
    """The command's own interpreter and named ones are accepted, as nox names its environments each time."""
    side = Side({"numpy": "/env/python"})
    run = resumable(tmp_path, side, programs="/kept")

    assert not list(resume.disallowed_code(Plan.load(run), AllowedCode({"numpy": "/env/python"}, programs="/kept")))
    default = Plan(Choice(), (), (Side({"numpy": sys.executable}),))
    assert not list(resume.disallowed_code(default, AllowedCode()))


def test_a_checkout_beside_a_run_is_the_one_that_was_named(tmp_path: Path) -> None:
    """Files in its place, which would be imported, are replaced."""
    place = tmp_path / "checkout-base"
    place.mkdir()
    (place / "backends").symlink_to(tmp_path)
    (place / "numpy.py").write_text("raise SystemExit('evil')")
    shadow = Path(facts.shadow(tmp_path, Side({}, "base", checkout=str(ROOT))))

    assert names(shadow) == ["backends"]
    assert (shadow / "backends").resolve() == ROOT / "backends"


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """A text that a spreadsheet would compute gets an apostrophe before it."""
    assert csv_text.defused(text) == f"'{text}"


@pytest.mark.parametrize("value", ["relu", "", "a=b", "-1.5", "+3", "-0x1.8p+3", "-inf", -1.5, None])
def test_numbers_and_names_stay_as_they_are(value: object) -> None:
    """Numbers are unchanged, also as decimal or hexadecimal texts."""
    assert csv_text.defused(value) is value


def test_a_table_is_defused_where_it_is_text() -> None:
    """Texts of any column type are escaped, and columns of numbers are unchanged."""
    table = json.loads('{"name": ["=1+1", "relu"], "seconds": [-1.5, 2.0]}')
    import pandas as pd

    frame = pd.DataFrame(table)
    frame["kind"] = pd.Categorical(["@x", "y"])
    assert csv_text.as_csv(frame) == "name,seconds,kind\n'=1+1,-1.5,'@x\nrelu,2.0,y\n"


@pytest.mark.parametrize(
    "text",
    [
        "@someone",
        "#123",
        "owner/repo#4",
        "GH-5",
        "www.example.org",
        "a@b.org",
        "d670460b4b4aece5915caf5c68d12f560a9fe3e4",
    ],
)
def test_markdown_links_nothing_by_itself(text: str) -> None:
    """GitHub links people, issues, commits and hosts despite a backslash, but not with a word joiner inside."""
    markdown = formats.markdown(text)

    assert formats.WORD_JOINER in markdown
    assert markdown.replace(formats.WORD_JOINER, "").replace("\\", "") == text


@pytest.mark.parametrize("text", ["https://example.org", "<b>", "a|b", "`x`", "[a](b)", "~~x~~", "*x*", "$x$"])
def test_markdown_leaves_no_markup(text: str) -> None:
    """Markup is escaped."""
    assert "\\" in formats.markdown(text)


@pytest.mark.parametrize(
    "sides",
    [
        (Side({}),),
        (Side({"numpy": "/a/python", "torch": "/b/python"}),),
        (Side({"numpy": "/a/python"}, "base"), Side({"numpy": "/b/python"}, "head")),
        (
            Side({"numpy": "/a/python"}, "base", checkout="/there"),
            Side({"numpy": "/a/python"}, "head", checkout="/here"),
        ),
        (Side({"numpy": "/a/python"}, "base", keras=True), Side({"numpy": "/a/python"}, "head")),
    ],
)
def test_the_command_that_goes_on_names_what_is_executed(
    sides: tuple[Side, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that an interrupted run prints resumes it, and names nothing unnecessary."""
    work = Plan(Choice(), (), sides, programs="/kept")
    words = shlex.split(command.resume_command(Path("results/run"), work))
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    context = entry.main.make_context("bench", words[3:])

    assert context.params["resume"] == "run"
    pythons = interpreters(context.params["interpreter"])
    base, head, programs = context.params["base"], context.params["head"], entry.programs_of(context.params)
    allowed = resume.allowed_code(pythons, base, head, programs)
    assert not list(resume.disallowed_code(work, allowed))
    assert len(words) == len(set(words))
