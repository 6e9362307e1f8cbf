"""The report of a run on a GPU names the GPU and which parts are of a CPU; bandwidth is shown with the copy's."""

from pathlib import Path
from typing import Any

import pytest

from reports.accuracy import origin
from reports.data import gpu, load, tidy
from reports.speed import bandwidth, runs
from tests.core.sample_run import MACHINE, RunFactory, command, report
from tests.core.test_reports_origin import ZEN_4, judged_subjects

GPU = {"gpu": [{"name": "NVIDIA H200", "driver_version": "580"}]}


@pytest.fixture
def factory(tmp_path: Path) -> RunFactory:
    """Return a factory for one run's folder."""
    return RunFactory(tmp_path / "run")


def folder(factory: RunFactory, device: str, **machine: Any) -> Path:
    """Return the folder of a run on a machine that has a GPU."""
    environment = {"machine": MACHINE | machine, "backends": {"torch": {"version": "1.2.3"}}}
    return factory.write(factory.records(("torch",), device=device), environment=environment)


def test_a_run_on_a_gpu_names_it_and_says_what_is_of_a_cpu(factory: RunFactory) -> None:
    """The page, its Markdown and the summary name the GPU and the origin of the atlas."""
    assert report(folder(factory, "gpu", **GPU)) == 0

    for name in ("report.md", "report.html", "summary.md"):
        text = (factory.folder / name).read_text(encoding="utf-8")
        assert "NVIDIA H200 · Sample CPU" in text
        assert "These are times of the GPU: NVIDIA H200." in text
        assert "was judged on CPUs" in text


def test_a_run_on_the_cpu_of_such_a_machine_says_nothing_of_it(factory: RunFactory) -> None:
    """A run on the CPU does not mention the idle GPU."""
    run = load.read(folder(factory, "cpu", **GPU))

    assert gpu.notes([run], tidy.table([run])) == []
    assert runs.machine(run).startswith("Sample CPU")


@pytest.mark.parametrize(
    ("machine", "name"),
    [({"gpu": "H100"}, "H100"), ({"gpu": None}, "a GPU"), ({"gpu": ["H100"]}, "H100"), ({"gpu": [{}, 3]}, "a GPU")],
)
def test_a_gpu_is_named_as_far_as_the_run_does(machine: dict[str, Any], name: str, factory: RunFactory) -> None:
    """Any content of the file gives a name."""
    assert runs.machine(load.read(folder(factory, "gpu", **machine))).startswith(name)


def test_the_atlas_of_a_cpu_is_told_from_a_run_on_a_gpu(factory: RunFactory, tmp_path: Path) -> None:
    """The note is shown even if the host is the processor on which the atlas was judged."""
    machine = {"cpu": "AMD EPYC 9B14", "cpu_flags": ["avx2", "avx512f", "avx512_bf16"]}
    run = load.read(folder(factory, "gpu", **GPU, **machine))

    assert origin.sentence(judged_subjects(tmp_path, **ZEN_4), [run]) == (
        "Judged on AMD with AVX-512 and its bfloat16; this run is on NVIDIA H200, where results differ."
    )


@pytest.mark.parametrize(("microseconds", "has_note"), [(80, True), (10, False)])
def test_a_copy_that_is_the_price_of_a_call_is_told(microseconds: float, has_note: bool, factory: RunFactory) -> None:
    """A dispatch cost of 80 µs is noted beside a copy of 100 µs."""
    times = factory.times(("torch",), device="gpu")
    noops = {case: microseconds * 1e-6 for case in times if case.activation == "noop"}
    run = load.read(factory.write([factory.timed(case, seconds) for case, seconds in (times | noops).items()]))
    notes = list(gpu.dispatch_notes(tidy.table([run])))

    assert len(notes) == has_note
    assert all("this part of the time of a copy of 1e6 elements: torch 0.800." in line for line in notes)


def test_bandwidth_is_bytes_over_seconds_and_their_share_of_the_copys(factory: RunFactory) -> None:
    """Relu takes one copy forward, and two for three arrays backward: shares of 1 and 3/4."""
    text = bandwidth.chapter(tidy.table([load.read(folder(factory, "gpu"))])).markdown

    assert "## forward · float32 · 1e6 elements · gpu" in text
    assert "| relu | torch eager | 100.0 | 80 | 1.00 | 100\xa0% |" in text
    assert "| relu | torch eager | 200.0 | 60 | 2.00 | 75\xa0% |" in text


def test_bandwidth_is_a_command(factory: RunFactory) -> None:
    """The file is written beside the run, and says so if there is no copy."""
    records = [record for record in factory.records(("torch",)) if record["case"]["activation"] != "copy"]

    assert command("bandwidth", factory.write(records)) == 0
    assert "| relu | torch eager | 100.0 | 80 | no copy | no copy |" in (factory.folder / "bandwidth.md").read_text()
