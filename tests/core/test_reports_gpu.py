"""A report of a run on a GPU names the GPU, and says what in it is of a CPU; bandwidth beside the copy's."""

from pathlib import Path
from typing import Any

import pytest

from reports import bandwidth, gpu, load, render, tidy
from reports.accuracy import origin
from tests.core.sample_run import MACHINE, Maker, command, report
from tests.core.test_reports_origin import ZEN_4, judged

GPU = {"gpu": [{"name": "NVIDIA H200", "driver_version": "580"}]}


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


def folder(maker: Maker, device: str, **machine: Any) -> Path:
    """A run on a machine that has a GPU."""
    environment = {"machine": MACHINE | machine, "backends": {"torch": {"version": "1.2.3"}}}
    return maker.write(maker.records(("torch",), device=device), environment=environment)


def test_a_run_on_a_gpu_names_it_and_says_what_is_of_a_cpu(maker: Maker) -> None:
    """On the page, in its Markdown and in the summary."""
    assert report(folder(maker, "gpu", **GPU)) == 0

    for name in ("report.md", "report.html", "summary.md"):
        text = (maker.folder / name).read_text(encoding="utf-8")
        assert "NVIDIA H200 · Sample CPU" in text
        assert "These are times of the GPU: NVIDIA H200." in text
        assert "was judged on CPUs" in text


def test_a_run_on_the_cpu_of_such_a_machine_says_nothing_of_it(maker: Maker) -> None:
    """Its GPU was idle."""
    run = load.read(folder(maker, "cpu", **GPU))

    assert gpu.notes([run], tidy.table([run])) == []
    assert render.machine(run).startswith("Sample CPU")


@pytest.mark.parametrize(
    ("machine", "said"), [({"gpu": "H100"}, "H100"), ({"gpu": None}, "a GPU"), ({"gpu": [{}, 3]}, "3"), ({}, "a GPU")]
)
def test_a_gpu_is_named_as_far_as_the_run_does(machine: dict[str, Any], said: str, maker: Maker) -> None:
    """Whatever stands in the file."""
    assert render.machine(load.read(folder(maker, "gpu", **machine))).startswith(said)


def test_the_atlas_of_a_cpu_is_told_from_a_run_on_a_gpu(maker: Maker, tmp_path: Path) -> None:
    """Even where the host is the processor that the atlas was judged on."""
    machine = {"cpu": "AMD EPYC 9B14", "cpu_flags": ["avx2", "avx512f", "avx512_bf16"]}
    run = load.read(folder(maker, "gpu", **GPU, **machine))

    assert origin.sentence(judged(tmp_path, **ZEN_4), [run]) == (
        "Judged on AMD with AVX-512 and its bfloat16; this run is on NVIDIA H200, where results differ."
    )


@pytest.mark.parametrize(("microseconds", "said"), [(80, True), (10, False)])
def test_a_copy_that_is_the_price_of_a_call_is_told(microseconds: float, said: bool, maker: Maker) -> None:
    """A call of 80 µs beside a copy of 100 µs."""
    times = maker.times(("torch",), device="gpu")
    noops = {case: microseconds * 1e-6 for case in times if case.activation == "noop"}
    run = load.read(maker.write([maker.timed(case, seconds) for case, seconds in (times | noops).items()]))
    told = list(gpu.calls(tidy.table([run])))

    assert len(told) == said
    assert all("this part of the time of a copy of 1e6 elements: torch 0.800." in line for line in told)


def test_bandwidth_is_bytes_over_seconds_and_their_share_of_the_copys(maker: Maker) -> None:
    """Relu takes one copy forward, and two for three arrays backward: shares 1 and 3/4."""
    text = bandwidth.markdown(tidy.table([load.read(folder(maker, "gpu"))]))

    assert "## forward · float32 · 1e6 elements · gpu" in text
    assert "| relu | torch eager | 100.0 | 80 | 1.00 | 100\xa0% |" in text
    assert "| relu | torch eager | 200.0 | 60 | 2.00 | 75\xa0% |" in text


def test_bandwidth_is_a_command(maker: Maker) -> None:
    """It writes beside the run; without a copy it says so."""
    records = [record for record in maker.records(("torch",)) if record["case"]["activation"] != "copy"]

    assert command("bandwidth", maker.write(records)) == 0
    assert "| relu | torch eager | 100.0 | 80 | no copy | no copy |" in (maker.folder / "bandwidth.md").read_text()
