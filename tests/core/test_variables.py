"""Environment variables: recorded, compared between runs, reported where replaced, and part of the setting."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.core import decode, setting, variables
from bench.core.cases import literal
from bench.core.machine import Environment, Machine
from reports.data import conditions
from tests.core.conftest import Bench
from tests.core.sample_run import MACHINE, RunFactory, command

RECORDED = (
    *("XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "DNNL_VERBOSE", "OMP_PROC_BIND", "KMP_AFFINITY"),
    *(
        "MKL_CBWR",
        "OPENBLAS_CORETYPE",
        "JAX_ENABLE_X64",
        "TORCHINDUCTOR_CPP_WRAPPER",
        "TORCH_LOGS",
        "PYTORCH_ALLOC_CONF",
    ),
    *("CUDA_VISIBLE_DEVICES", "NPY_DISABLE_CPU_FEATURES", "ATEN_CPU_CAPABILITY", "GLIBC_TUNABLES"),
)


def test_variables_of_frameworks_are_recorded_and_no_others() -> None:
    """Variables are recorded by prefix, and no other variable is."""
    others = {"HOME": "/root", "AWS_SECRET_ACCESS_KEY": "s3", "GITHUB_TOKEN": "t", "TF_CPP_MIN_LOG_LEVEL": "2"}
    recorded = variables.framework_variables(dict.fromkeys(RECORDED, "1") | others)

    assert recorded == dict.fromkeys(sorted(RECORDED), "1")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("XLA_FLAGS", "--xla_cpu_max_isa=AVX2", "--xla_cpu_max_isa=AVX2"),
        ("XLA_FLAGS", "x" * 10_000, "x" * variables.LONGEST + "... (10000 letters)"),
        ("JAX_COMPILATION_CACHE_DIR", f"{Path.home()}/cache", "~/cache"),
        ("TORCH_HUB_TOKEN", "abc", "(not recorded)"),
        ("TF_DUMP", "\udcff", "\\udcff"),
    ],
)
def test_values_are_bounded_and_hold_no_secret(name: str, value: str, shown: str) -> None:
    """Values are cut, secrets and the home folder are hidden, and undecodable text is escaped."""
    assert variables.framework_variables({name: value}) == {name: shown}


def test_a_run_records_variables_and_says_once_what_it_replaces(bench: Bench) -> None:
    """The dummy backend's workers have one thread, whatever the environment says."""
    run = bench.small(OMP_NUM_THREADS="7", XLA_FLAGS="--xla_cpu_max_isa=AVX2")
    recorded = json.loads((run.folder / "environment.json").read_text())

    assert recorded["variables"]["XLA_FLAGS"] == "--xla_cpu_max_isa=AVX2"
    assert recorded["replaced_variables"]["OMP_NUM_THREADS"] == {"given": "7", "used": "1", "backends": ["dummy"]}
    assert "XLA_FLAGS" not in recorded["replaced_variables"]
    assert run.out.count("OMP_NUM_THREADS=7 is not what is measured: workers have OMP_NUM_THREADS=1") == 1


def test_what_a_backend_replaces_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend's variables are read from its file, which is not imported."""
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/mine")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    names = ("numpy", "tensorflow", "jax")
    replaced = variables.replacements(names, (1,))

    assert {name: entry["backends"] for name, entry in replaced.items() if not name.startswith("GLIBC")} == {
        "TF_XLA_FLAGS": ["tensorflow"],
        "JAX_COMPILATION_CACHE_DIR": ["jax"],
    }
    lines = [line for line in variables.notes(replaced, names) if "auto_jit" in line]
    assert lines == [
        "TF_XLA_FLAGS=--tf_xla_auto_jit=2 is not what is measured: workers of tensorflow have "
        "TF_XLA_FLAGS=--tf_xla_persistent_cache_directory=<run>/programs"
    ]


def environment(variables: object, **machine: Any) -> dict[str, Any]:
    """Return the environment of a run that records variables."""
    return {"machine": MACHINE | machine, "variables": variables, "backends": {"numpy": {"version": "1.2.3"}}}


def test_compare_names_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file verdict.json and the terminal name differing variables, and not equal or replaced ones."""
    factories = [RunFactory(tmp_path / name) for name in ("base", "head")]
    facts = [
        environment({"XLA_FLAGS": "--xla_cpu_max_isa=AVX2", "OMP_PROC_BIND": "1"}),
        environment({"OMP_PROC_BIND": "1", "MKL_CBWR": "AVX2", "OMP_NUM_THREADS": "4"})
        | {"replaced_variables": {"OMP_NUM_THREADS": {"given": "4", "used": "1"}}},
    ]
    folders = [
        m.write(m.passes(m.times(), 5), environment=run_facts) for m, run_facts in zip(factories, facts, strict=True)
    ]

    assert command("compare", *folders) == 0
    differences = json.loads((folders[1] / "verdict.json").read_text())["conditions_differ"]
    assert differences == [
        "MKL_CBWR: not set in base, 'AVX2' in head",
        "XLA_FLAGS: '--xla_cpu_max_isa=AVX2' in base, not set in head",
    ]
    assert "Not the same: MKL_CBWR: not set in base" in capsys.readouterr().out


FAST = {"number": 3, "kind": "performance", "siblings": [3]}
SLOW = {"number": 9, "kind": "efficiency", "siblings": [9]}


@pytest.mark.parametrize(
    ("base", "head", "lines"),
    [
        ([FAST], [FAST | {"number": 4, "siblings": [4]}], []),
        ([FAST], [SLOW], ["core 3 (performance) in base, core 9 (efficiency) in head"]),
        (
            [FAST, FAST | {"number": 4, "siblings": [4]}],
            [FAST | {"siblings": [3, 4]}, FAST | {"number": 4, "siblings": [3, 4]}],
            ["cores 3-4 (performance) in base, cores 3-4 (performance, siblings among them) in head"],
        ),
    ],
)
def test_cores_of_another_kind_are_a_difference(base: list[Any], head: list[Any], lines: list[str]) -> None:
    """Different cores of one kind make no difference."""
    assert (
        list(conditions.cores_used(*(decode.convert(Machine, {"cores_used": used}) for used in (base, head)))) == lines
    )


@pytest.mark.parametrize("damaged", [None, 3, [], {"XLA_FLAGS": {"deep": []}}])
def test_runs_without_or_with_damaged_conditions_are_compared_all_the_same(damaged: object) -> None:
    """What is not recorded is no difference."""
    recorded = decode.salvage(Environment, {"variables": damaged})
    assert not list(conditions.variables(recorded, Environment(variables={})))
    assert not list(conditions.variables(Environment(), Environment(variables={"XLA_FLAGS": "1"})))
    assert not list(conditions.cores_used(Machine(), Machine(cores_used=())))


def backend(name: str) -> Any:
    """Return the parts of a backend that its setting is made of, without its framework."""
    return SimpleNamespace(
        version=lambda: "1.2.3",
        build=lambda: {"build": "1.2.3+cpu"},
        RESULT_VARIABLES=literal(name, "RESULT_VARIABLES", ()),
    )


RESULTS = {
    "numpy": {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD"},
    "torch": {"ATEN_CPU_CAPABILITY": "avx2"},
    "tensorflow": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "jax": {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
}


@pytest.mark.parametrize("name", RESULTS)
def test_variables_that_change_bits_make_another_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only backends whose bits they change get another setting; an empty value is none."""
    for variable in ("GLIBC_TUNABLES", *(v for other in RESULTS for v in backend(other).RESULT_VARIABLES)):
        monkeypatch.delenv(variable, raising=False)
    plain = {other: setting.current(backend(other)) for other in RESULTS}
    ((variable, value),) = RESULTS[name].items()
    monkeypatch.setenv(variable, value)
    marked = {other: setting.current(backend(other)) for other in RESULTS}

    assert plain[name].build == "cpu"
    assert marked[name] != plain[name]
    assert marked[name].build.startswith(f"cpu+{variable}=")
    assert {other for other in RESULTS if marked[other] != plain[other]} <= {
        other for other in RESULTS if variable in backend(other).RESULT_VARIABLES
    }
    monkeypatch.setenv(variable, "")
    assert setting.current(backend(name)) == plain[name]


def test_a_mark_is_short_and_safe_in_a_file_name() -> None:
    """Different long values have different marks."""
    names = ("XLA_FLAGS",)
    marks = [variables.mark(names, {"XLA_FLAGS": "--flag=/a b" * 50 + end}) for end in "xy"]

    assert variables.mark(names, {"XLA_FLAGS": "--a=/b c"}) == "XLA_FLAGS=--a=_b_c"
    assert (
        variables.mark((), {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.cpu.hwcaps=-AVX2"})
        == "glibc.cpu.hwcaps=-AVX2"
    )
    assert marks[0] != marks[1]
    assert all(len(mark) < 100 and not set(mark) & set("/ :\\") for mark in marks)
