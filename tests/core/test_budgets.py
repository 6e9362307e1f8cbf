"""The ratchet: recorded behaviour is held where it was recorded, compared elsewhere, and never discarded."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core import setting
from bench.core.setting import Setting
from tests import behaviour, budgets, promises
from tests.budgets import Budget, Measured, Sweep

HERE = Setting("1.2", "release", "maker", "wide")
SWEEP: Sweep = {
    "relu value float16 eager": Measured({"ulp": 2.5, "zero": 3.0}, {"ulp": "1.5", "zero": "7.0"}, "abc"),
    "elu value float16 eager": Measured({"ulp": 1 / 3, "nan": 0.0}),
}
RELU, ELU = SWEEP
OTHERS = [{"version": "1.3"}, {"build": "cu130"}, {"instruction_set": "narrow"}, {"vendor": "other"}, {"threads": 2}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the sweep recorded in one setting."""
    record(tmp_path)
    return tmp_path


def record(folder: Path, here: Setting = HERE, sweep: Sweep = SWEEP) -> None:
    """Record a sweep as a run in this setting does."""
    budget = budgets.load("inputs", "dummy", here, folder)
    budget.faults(sweep)
    budget.record(folder)


def load(folder: Path, here: Setting = HERE) -> Budget:
    """Return the budget of a run in this setting."""
    return budgets.load("inputs", "dummy", here, folder)


def changed(**figures: float) -> Sweep:
    """Return the figures of relu with some of them changed."""
    return {RELU: replace(SWEEP[RELU], figures=SWEEP[RELU].figures | figures)}


def test_file(folder: Path) -> None:
    """A record has one subject a line, sorted, without zeros, and the same bytes when nothing has changed."""
    path = folder / "maker-wide" / "inputs-dummy-1.2.json"
    before = path.read_text()

    assert before.splitlines()[3:5] == [
        f'"{ELU}": {{"ulp": 0.33333333}},',
        f'"{RELU}": {{"ulp": 2.5, "zero": 3.0, "digest": "abc"}}',
    ]
    assert load(folder).faults(SWEEP) == []
    record(folder)
    assert path.read_text() == before


def test_worse_and_better_fail(folder: Path) -> None:
    """In the recorded setting worse and better figures are named, with the recorded and the measured value."""
    budget = load(folder)

    assert budget.faults(SWEEP) == []
    assert budget.findings(SWEEP) == []
    assert budget.faults(changed(ulp=2.6)) == [f"{RELU}: ulp is worse, recorded 2.5, measured 2.6"]
    assert budget.faults(changed(zero=2)) == [f"{RELU}: zero is better, recorded 3, measured 2"]
    assert budget.faults(changed(sign=1)) == [f"{RELU}: sign is worse, recorded 0, measured 1"]
    assert budget.faults(changed(ulp=float("nan"))) == [f"{RELU}: ulp is worse, recorded 2.5, measured nan"]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_elsewhere_a_difference_is_a_finding(folder: Path, other: dict[str, str]) -> None:
    """Under another version, build, processor or thread count nothing fails, and changes are findings."""
    budget = load(folder, replace(HERE, **other))  # type: ignore[arg-type]  # of the field's own type

    assert budget.faults(changed(ulp=99.0)) == []
    for figures, verdict, position in (
        ({"ulp": 2.0}, "SAME", ""),
        ({"ulp": 3.5}, "SAME", ""),
        ({"ulp": 5.0}, "NEW", "1.5"),
        ({"nan": 1.0}, "NEW", ""),
        ({"zero": 0.0}, "FIXED", "7.0"),
    ):
        (finding,) = budget.findings(changed(**figures))
        assert (finding.verdict, finding.subject, finding.input) == (verdict, RELU, position), figures


def test_the_nearest_setting_is_compared_with(tmp_path: Path) -> None:
    """The same version is nearest, then the same vendor."""
    for version, vendor, ulp in (("1.1", "maker", 1.0), ("1.2", "other", 2.0), ("1.2", "maker", 3.0)):
        record(tmp_path, replace(HERE, version=version, vendor=vendor, instruction_set="old"), changed(ulp=ulp))

    def recorded(**changes: str) -> float:
        near = load(tmp_path, replace(HERE, **changes)).near  # type: ignore[arg-type]  # texts alone
        assert near
        return float(near.subjects[RELU]["ulp"])

    assert [recorded(), recorded(vendor="other"), recorded(vendor="third"), recorded(version="1.1")] == [3, 2, 3, 1]
    assert load(tmp_path / "nothing").near is None


def test_a_subject_is_compared_with_the_nearest_that_has_it(tmp_path: Path) -> None:
    """A subject that the nearest record lacks is compared with the next record that has it."""
    other = "celu value float16 eager"
    record(tmp_path, HERE, {RELU: Measured({"ulp": 1.0})})
    record(tmp_path, replace(HERE, vendor="other"), {RELU: Measured({"ulp": 2.0}), other: Measured({"ulp": 3.0})})

    for here in (HERE, replace(HERE, instruction_set="old")):
        near = load(tmp_path, here).near
        assert near
        assert {subject: line["ulp"] for subject, line in near.subjects.items()} == {RELU: 1.0, other: 3.0}


def test_unknown_subject(folder: Path) -> None:
    """A subject without a record is a finding, in a recorded setting too: not every machine is at hand."""
    sweep = {"celu value float16 eager": Measured({"ulp": 1.0})}

    for budget in (load(folder), load(folder, replace(HERE, vendor="other"))):
        assert budget.faults(sweep) == []
        assert [finding.verdict for finding in budget.findings(sweep)] == ["NEW"]


def test_a_part_is_recorded_beside_the_rest(folder: Path) -> None:
    """A run of some tests keeps the other subjects and the records of every other setting."""
    before = {path: path.read_text() for path in folder.rglob("*.json")}
    part = {RELU: Measured({"ulp": 0.25})}
    for other in OTHERS:
        record(folder, replace(HERE, **other), part)  # type: ignore[arg-type]  # of the field's own type

    assert {path: path.read_text() for path in before} == before
    assert len(list(folder.rglob("*.json"))) == len(before) + len(OTHERS)
    record(folder, HERE, part)
    (path,) = before
    assert json.loads(path.read_text())["subjects"] == {ELU: {"ulp": 0.33333333}, RELU: {"ulp": 0.25}}


def test_what_is_no_subject_goes_with_a_whole_run(folder: Path) -> None:
    """A run that knows all of its subjects removes others from the record."""
    budget = load(folder)
    budget.faults({RELU: SWEEP[RELU]})
    budget.subjects = {RELU}
    budget.record(folder)

    assert list(behaviour.read(next(folder.rglob("*.json"))).subjects) == [RELU]


def test_changed_results_ask_for_a_revision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bits with the same figures fail until the revision is raised, which frees this activation only."""
    other = {RELU: replace(SWEEP[RELU], digest="abd")}
    undigested = {RELU: replace(SWEEP[RELU], digest="")}

    assert load(folder).faults(other) == [f"{RELU}: results changed: raise REVISIONS['relu'] of the backend dummy"]
    assert load(folder).faults(undigested) == []
    monkeypatch.setattr(setting, "revision", lambda _backend, activation: 1 + (activation == "relu"))
    budget = load(folder)
    worse = {ELU: Measured({"ulp": 9.0})}
    assert budget.faults(other | worse) == [f"{ELU}: ulp is worse, recorded 0.333333, measured 9"]
    assert [f.verdict for f in budget.findings(other)] == ["SAME"]
    record(folder, sweep=other)
    assert load(folder).faults(other) == []
    assert load(folder).faults({RELU: SWEEP[RELU]})


@pytest.mark.parametrize("path", sorted(behaviour.FOLDER.rglob("*.json")), ids=lambda p: p.name)
def test_the_files_are_as_they_would_be_written(path: Path, tmp_path: Path) -> None:
    """Each recorded file has the name and bytes that writing its content gives, and is of a kind that runs read."""
    stored = behaviour.read(path)
    stored.write(tmp_path)
    (written,) = tmp_path.rglob("*.json")

    assert written.relative_to(tmp_path) == path.relative_to(behaviour.FOLDER)
    assert written.read_text() == path.read_text()
    assert stored.kind in behaviour.KINDS


@pytest.mark.parametrize("path", sorted(behaviour.FOLDER.rglob("*.json")), ids=lambda p: p.name)
def test_our_own_code_keeps_its_promises(path: Path) -> None:
    """Records of today's revision have no errors in kind, half precision rounded once, and ulp within the limits."""
    stored = behaviour.read(path)
    if stored.kind not in ("inputs", "rows", "float64"):
        return
    broken = [
        line
        for subject, figures in stored.subjects.items()
        if promises.is_ours(stored.backend, subject.partition(" ")[0])
        and behaviour.subject_revision(figures) == setting.revision(stored.backend, budgets.activation_of(subject))
        for line in promises.broken(subject, budgets.recorded(figures))
    ]

    assert broken == []
