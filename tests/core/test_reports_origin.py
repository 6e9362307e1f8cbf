"""The note on where the atlas was judged: it is shown with a run on another processor, and only there."""

from pathlib import Path
from typing import Any

import pytest

from bench.core import decode
from bench.core.machine import Environment
from reports.accuracy import agreement, atlas, checks, compare, load, origin, subjects
from reports.accuracy import render as accuracy
from reports.data.load import Run
from tests.core.sample_atlas import records, write

ZEN_4 = {"vendor": "amd", "instruction_set": "avx512_bf16"}
SAPPHIRE = {"cpu": "Intel(R) Xeon(R) Platinum 8481C", "cpu_flags": ["avx2", "avx512f", "avx512_bf16", "avx512_fp16"]}
GENOA = {"cpu": "AMD EPYC 9B14", "cpu_flags": ["avx2", "avx512f", "avx512_bf16"]}


def run(**machine: Any) -> Run:
    """Return a run with these facts of its machine."""
    return Run("run", decode.salvage(Environment, {"machine": {"machine": "x86_64"} | machine}), None, ())


def judged_subjects(folder: Path, **setting: Any) -> Any:
    """Return subjects that were judged in a setting."""
    path = write(folder / "x.parquet", records(("relu",), ("torch",), binades=range(4), **setting))
    return subjects.subjects(atlas.tidy(load.read([path]).rows))


def test_another_processor_is_said(tmp_path: Path) -> None:
    """The note names vendor and instruction set, from the facts of the run's processor."""
    table = judged_subjects(tmp_path, **ZEN_4)

    assert origin.sentence(table, [run(**SAPPHIRE)]) == (
        "Judged on AMD with AVX-512 and its bfloat16; this run is on Intel with AVX-512 and its float16, where some "
        "results may differ."
    )
    assert "this run is on AMD with AVX2" in origin.sentence(table, [run(cpu="AMD EPYC 7B13", cpu_flags=["avx2"])])
    assert "this run is on Arm with Neon" in origin.sentence(
        table, [run(cpu="", cpu_vendor="0x41", cpu_flags=["asimd"], machine="aarch64")]
    )


@pytest.mark.parametrize("machine", [GENOA, {}, {"cpu": 3, "cpu_flags": "avx2"}, {"cpu": "who knows", "cpu_flags": []}])
def test_the_same_processor_or_an_unknown_one_is_not(machine: dict[str, Any], tmp_path: Path) -> None:
    """There is no note if the run does not record its processor."""
    assert origin.sentence(judged_subjects(tmp_path, **ZEN_4), [run(**machine)]) == ""
    assert origin.sentence(None, [run(**machine)]) == ""


def test_a_comparison_of_two_settings_says_so(tmp_path: Path) -> None:
    """The notes say that other bits of the same version may be the processor's."""
    paths = [
        write(tmp_path / f"{vendor}.parquet", records(("relu",), ("torch",), binades=range(4), vendor=vendor))
        for vendor in ("amd", "intel")
    ]
    comparison = compare.sides(str(paths[0]), str(paths[1]), ())
    identity = compare.sides(str(paths[0]), str(paths[0]), ())

    assert any(
        line.startswith("Two settings: OLD was judged on AMD with AVX2, NEW on Intel") for line in comparison.notes
    )
    assert not any("Two settings" in line for line in identity.notes)


def test_two_settings_of_a_backend_are_two_columns(tmp_path: Path) -> None:
    """The columns are named by what differs; of one setting the newest code counts."""
    keys = ({"vendor": "amd", "revision": 1}, {"vendor": "amd", "revision": 2}, {"vendor": "intel"})
    all_records = [record for key in keys for record in records(("relu",), ("torch",), binades=range(4), **key)]
    path = write(tmp_path / "x.parquet", all_records)
    rows = atlas.tidy(load.read([path]).rows)

    assert set(rows["column"]) == {"torch amd", "torch intel"}
    assert set(rows.loc[rows["vendor"] == "amd", "revision"]) == {2}
    assert atlas.versions(rows) == ["torch 2.13.0 (release, amd avx2)", "torch 2.13.0 (release, intel avx2)"]


def test_a_swallowed_nan_is_in_the_report(tmp_path: Path) -> None:
    """The count is in the table of subjects and in the page, with others that need no exact value."""
    path = write(tmp_path / "x.parquet", records(("relu",), ("torch",))[:256])
    rows = atlas.tidy(load.read([path]).rows)
    rows.loc[rows["binade"] == 255, "nan_swallowed"] = 8_388_607
    (setting,) = atlas.settings(rows)
    mirrors = list(agreement.asymmetries(setting))
    counts = checks.rows(setting, subjects.subjects(rows), mirrors)

    assert list(counts["nan_swallowed"]) == [8_388_607]
    assert "torch: NaN swallowed (inputs): relu forward 8,388,607" in checks.lines(counts, mirrors)
    assert "nan_swallowed" in accuracy.CSV
