"""`python -m reports compare`: its report of base and head, and its exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.core.cases import COPY, Case
from bench.speed import pairing
from reports.comparison import comparison, floors, sides
from reports.data import load
from tests.core.sample_run import MACHINE, Records, RunFactory, command, slower


@pytest.fixture
def factories(tmp_path: Path) -> tuple[RunFactory, RunFactory]:
    """Return factories for the folders of base and head."""
    return RunFactory(tmp_path / "base"), RunFactory(tmp_path / "head")


@pytest.fixture
def times(factories: tuple[RunFactory, RunFactory]) -> dict[Case, float]:
    """Return the times of base."""
    return factories[0].times()


def verdict(folder: Path) -> dict[str, Any]:
    """Return the content of verdict.json."""
    content: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
    return content


def words(folder: Path) -> dict[str, str]:
    """Return the verdict of each case by its id."""
    return {case["id"]: case["word"] for case in verdict(folder)["cases"]}


def compared(base: Path, head: Path) -> comparison.Comparison:
    """Return the comparison of two stored runs, as the command makes it."""
    return comparison.compare(*sides.read_sides((base, head)))


def test_identical_code_is_the_same(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], capsys: Any
) -> None:
    """Two noisy runs of the same times have status 0, every case SAME, and the answer no."""
    base, head = (factory.write(factory.passes(times, 5, seed=n)) for n, factory in enumerate(factories))

    assert command("compare", base, head) == 0
    assert set(words(head).values()) == {"SAME"}
    assert (verdict(head)["status"], verdict(head)["word"]) == (0, "SAME")
    assert "No: 18 cases take as long as before" in capsys.readouterr().out


def test_what_got_slower_is_named_and_is_status_1(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], capsys: Any
) -> None:
    """One case is 20 % slower: its ratio, its interval and the medians of base and head are reported."""
    head_times = slower(times, 0.2, backend="torch", activation="gelu", direction="forward", mode="compiled")
    base = factories[0].write(factories[0].passes(times, 5))
    head = factories[1].write(factories[1].passes(head_times, 5, seed=1))

    assert command("compare", base, head) == 1
    (case,) = (case for case in verdict(head)["cases"] if case["word"] != "SAME")
    assert (case["word"], case["label"], case["mode"]) == ("SLOWER", "gelu", "compiled")
    assert case["ratio"] == pytest.approx(1.2, rel=0.02)
    assert case["low"] < 1.2 < case["high"]
    assert (case["base"], case["head"]) == pytest.approx((75e-6, 90e-6), rel=0.02)
    output = capsys.readouterr().out
    assert "1 of 18 cases got slower" in output
    assert "gelu forward on torch compiled" in output


def test_faster_is_a_success(factories: tuple[RunFactory, RunFactory], times: dict[Case, float]) -> None:
    """An activation that takes 30 % less is FASTER, with status 0."""
    sooner = slower(times, -0.3, activation="softmax")
    base = factories[0].write(factories[0].passes(times, 5))
    head = factories[1].write(factories[1].passes(sooner, 5, seed=1))

    assert command("compare", base, head) == 0
    assert verdict(head)["word"] == "FASTER"
    assert verdict(head)["counts"]["FASTER"] == 6


def test_uncertain_fails_only_where_certainty_is_asked_for(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], capsys: Any
) -> None:
    """Noise of 10 % and a margin of 1 % give status 0, 10 with --certain, and a hint to the second look."""
    base, head = (factory.write(factory.passes(times, 3, spread=0.1, seed=n)) for n, factory in enumerate(factories))

    assert command("compare", base, head, "--margin", "1%") == 0
    assert verdict(head)["word"] == "UNCERTAIN"
    assert "nox -s upgrade" in capsys.readouterr().out
    assert command("compare", base, head, "--margin", "0.01", "--certain") == 10
    assert verdict(head)["status"] == 10


def test_noise_above_the_margin_is_no_certainty(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """Copies that moved by 20 % raise the floor above the margin of 10 %: all are SAME, and 10 with --certain."""
    base = factories[0].write(factories[0].passes(times, 5, spread=1e-3))
    head = factories[1].write(factories[1].passes(slower(times, 0.2, activation=COPY), 5, spread=1e-3, seed=1))

    assert command("compare", base, head) == 0
    assert set(words(head).values()) == {"SAME"}
    assert command("compare", base, head, "--certain") == 10
    assert "tell no less than 20" in verdict(head)["reason"]


@pytest.mark.parametrize("status", ["wrong", "impossible"])
def test_an_untrue_case_at_either_end_is_status_12(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], status: str
) -> None:
    """A wrong output or an impossible time decides the status, whatever the speed of other cases."""
    wrong = factories[0].failed(factories[0].case("jax", "relu"), status, "off by 3 ulp")
    good = [factory.passes(times, 3) for factory in factories]

    assert command("compare", factories[0].write(good[0]), factories[1].write([*good[1], wrong])) == 12
    assert command("compare", factories[0].write([*good[0], wrong]), factories[1].write(good[1])) == 12
    assert f"{status} in base" in verdict(factories[1].folder)["reason"]


@pytest.mark.parametrize(
    ("status", "exit_status"), [("error", 1), ("timeout", 1), ("out_of_memory", 1), ("unsupported", 0)]
)
def test_a_case_that_had_a_time_and_fails_now(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], capsys: Any, status: str, exit_status: int
) -> None:
    """The case is named with its reason, and the status is 1 unless the backend does not support it."""
    broken = factories[1].failed(next(case for case in times if case.activation == "gelu"), status, "no such kernel")
    base, head = (
        factories[0].write(factories[0].passes(times, 3)),
        factories[1].write([*factories[1].passes(times, 3), broken]),
    )

    assert command("compare", base, head) == exit_status
    (turned,) = verdict(head)["turned"]
    assert (turned["base"], turned["head"], turned["reason"]) == ("ok", status, "no such kernel")
    assert "no such kernel" in capsys.readouterr().out


def test_a_case_that_failed_before_and_fails_now_is_no_news(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """The case is counted among those without a time."""
    failed = factories[0].failed(factories[0].case("jax", "relu"))
    base, head = (factory.write([*factory.passes(times, 3), failed]) for factory in factories)

    assert command("compare", base, head) == 0
    assert verdict(head)["turned"] == []
    assert verdict(head)["counts"]["without_a_time"] == 1


def test_nothing_in_common_is_status_11_and_says_what_differs(
    factories: tuple[RunFactory, RunFactory], capsys: Any
) -> None:
    """Other thread counts make other cases, and the output says so."""
    base, head = (factory.write(factory.records(threads=n + 1)) for n, factory in enumerate(factories))

    assert command("compare", base, head) == 11
    assert "threads 1 in base, 2 in head" in " ".join(capsys.readouterr().out.split())
    assert verdict(head)["word"] is None


def test_a_run_of_copies_alone_is_status_11(factories: tuple[RunFactory, RunFactory], times: dict[Case, float]) -> None:
    """A comparison fails if nothing was measured."""
    copies = {case: seconds for case, seconds in times.items() if case.activation == COPY}
    base, head = factories[0].write(factories[0].passes(times, 3)), factories[1].write(factories[1].passes(copies, 3))

    assert command("compare", base, head) == 11
    assert "nothing was measured in head" in verdict(head)["reason"]


OTHERS: dict[str, dict[str, Any]] = {
    "cpu": {"cpu": "Other CPU"},
    "cores": {"cores": 4},
    "memory": {"memory_bytes": 2**34},
    "AVX-512": {"avx512": False},
    "system": {"system": "Darwin"},
    "architecture": {"machine": "arm64"},
    "GPU": {"gpu": [{"name": "B200"}]},
    "name": {"cpu": None},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_machines_that_differ_are_status_13(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], capsys: Any, other: dict[str, Any]
) -> None:
    """The difference is reported, and nothing is judged."""
    machine = MACHINE | ({"gpu": ["H100"]} if "gpu" in other else {})
    base = factories[0].write(factories[0].passes(times, 3), environment={"machine": machine})
    head = factories[1].write(factories[1].passes(times, 3), environment={"machine": MACHINE | other})

    assert command("compare", base, head) == 13
    assert "the machines differ" in capsys.readouterr().out or other == {"cpu": None}
    assert verdict(head)["status"] == 13


@pytest.mark.parametrize("other", [{"memory_bytes": int(2**33 * 0.96)}, {"time": "later"}, {"gpu": ["H100"]}])
def test_machines_that_differ_in_nothing_that_matters_are_the_same(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], other: dict[str, Any]
) -> None:
    """4 % of memory, the time, and a GPU that the other run does not record make no difference."""
    base = factories[0].write(factories[0].passes(times, 3))
    head = factories[1].write(factories[1].passes(times, 3), environment={"machine": MACHINE | other})

    assert command("compare", base, head) == 0


def test_across_machines_multiples_of_a_copy_are_compared(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """A machine of half the speed is no slowdown; a case that takes more copies than before is."""
    half = {case: 2 * seconds for case, seconds in times.items()}
    gelu = slower(half, 0.3, activation="gelu", backend="numpy", direction="forward")
    base = factories[0].write(factories[0].passes(times, 5))
    other = {"machine": MACHINE | {"cpu": "Other CPU"}}

    head = factories[1].write(factories[1].passes(half, 5, seed=1), environment=other)
    assert command("compare", base, head, "--across-machines") == 0
    assert set(words(head).values()) == {"SAME"}

    head = factories[1].write(factories[1].passes(gelu, 5, seed=1), environment=other)
    assert command("compare", base, head, "--across-machines") == 1
    (case,) = (case for case in verdict(head)["cases"] if case["word"] == "SLOWER")
    assert verdict(head)["unit"] == "x_copy"
    assert (case["base"], case["head"]) == pytest.approx((3.0, 3.9), rel=0.03)


def test_the_floor_of_two_stored_runs_is_the_largest_of_three(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """The floor is the copies' change, the noise, or 1 %, and the reason says which."""
    copies = slower(times, 0.04, activation=COPY)
    still = factories[0].write(factories[0].passes(times, 4, spread=1e-4))
    moved = factories[1].write(factories[1].passes(copies, 4, spread=1e-4))
    assert compared(still, moved).floor.share == pytest.approx(0.04, rel=0.01)
    assert "copies moved" in compared(still, moved).floor.reason

    noisy = factories[1].write(factories[1].passes(times, 4, spread=0.05))
    assert compared(still, noisy).floor.share == floors.noise(sides.read_sides((still, noisy))[1]) > 0.02
    assert "halves of head" in compared(still, noisy).floor.reason
    assert command("compare", still, noisy, "--margin", "1%") == 0
    assert "too noisy to find it" in (noisy / "verdict.md").read_text()

    quiet = factories[1].write(factories[1].passes(times, 4, spread=1e-4, seed=1))
    assert compared(still, quiet).floor.share == 0.01


def test_one_backend_that_copies_slower_does_not_raise_the_floor(factories: tuple[RunFactory, RunFactory]) -> None:
    """The median backend's copy counts: a version may change its own, the machine changes all."""
    times = factories[0].times(("numpy", "torch", "jax"))
    slow_copies = slower(times, 0.5, activation=COPY, backend="torch")
    base = factories[0].write(factories[0].passes(times, 3, spread=1e-4))
    head = factories[1].write(factories[1].passes(slow_copies, 3, spread=1e-4))

    assert compared(base, head).floor.share == 0.01


def write_sides(factory: RunFactory, base: dict[Case, float], head: dict[Case, float], *more: Records) -> Path:
    """Write a run of two sides with 5 passes, as profile standard plans, and further ones of a second look."""
    first = [*factory.passes(base, 5, side="base"), *factory.passes(head, 5, seed=1, side="head")]
    return factory.write_sides([*first, *(record for records in more for record in records)])


def test_the_sides_of_one_run_are_compared_pass_by_pass(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """Passes are paired, so that a machine that slows down by half from pass to pass hides nothing."""
    head_times = slower(times, 0.05, activation="gelu", backend="torch", direction="backward", mode="eager")
    drifting = [
        factories[0].timed(case, seconds * 1.5**n * (1 + 0.002 * (n % 3)), n, side)
        for side, side_times in (("base", times), ("head", head_times))
        for n in range(5)
        for case, seconds in side_times.items()
    ]
    folder = factories[0].write_sides(drifting)

    assert command("compare", folder) == 1
    assert [key for key, word in words(folder).items() if word == "SLOWER"] == [
        "torch-gelu-backward-eager-cpu-float32-1000000-t1"
    ]


def test_the_gate_of_the_bench_and_the_report_agree(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """Each case agrees with `bench.speed.pairing`, which chooses the suspects and which the self-check measures."""
    factory = factories[0]
    head_times = slower(times, 0.04, activation="gelu")
    fresh = [
        factory.passes(side_times, 14, first=5, seed=n + 7, side=side)
        for n, (side, side_times) in enumerate(
            (("base", dict(list(times.items())[:8])), ("head", dict(list(head_times.items())[:8])))
        )
    ]
    folder = write_sides(factory, times, head_times, *fresh)
    decided = pairing.decide(load.read(folder).records, 5, 0.05)

    command("compare", folder)
    assert words(folder) == {case.key: case.word for case in decided}
    assert {case["id"]: case["p"] for case in verdict(folder)["cases"]} == pytest.approx(
        {case.key: case.p for case in decided}
    )


def test_a_second_look_decides_alone(factories: tuple[RunFactory, RunFactory], times: dict[Case, float]) -> None:
    """A case that is slower only in the first look is SAME; the fresh passes are those after the planned ones."""
    factory = factories[0]
    head_times = slower(times, 0.1, activation="relu", backend="numpy", direction="forward")
    suspect = {case: seconds for case, seconds in times.items() if head_times[case] != seconds}
    fresh = [factory.passes(suspect, 10, first=5, seed=n, side=side) for n, side in enumerate(("base", "head"))]

    assert command("compare", write_sides(factory, times, head_times)) == 1
    assert command("compare", write_sides(factory, times, head_times, *fresh)) == 0
    assert set(words(factory.folder).values()) == {"SAME"}


def test_the_margin_is_the_profiles_unless_another_is_given(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float]
) -> None:
    """The margin is 5 % in profile standard, and 10 % for a run without a profile, as in the default one."""
    folder = write_sides(factories[0], times, times)
    assert command("compare", folder) == 0
    assert verdict(folder)["margin"] == 0.05
    assert command("compare", folder, "--margin", "7.5%") == 0
    assert verdict(folder)["margin"] == 0.075

    base, head = (factory.write(factory.records(), plan={}) for factory in factories)
    command("compare", base, head)
    assert verdict(head)["margin"] == 0.1


def test_the_verdict_can_go_elsewhere(factories: tuple[RunFactory, RunFactory], tmp_path: Path) -> None:
    """`--output` leaves both runs unchanged."""
    base, head = (factory.write(factory.records()) for factory in factories)

    command("compare", base, head, "--output", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"verdict.json", "verdict.md"}
    assert not (head / "verdict.json").exists()


def test_bad_input_is_one_line_and_status_2(factories: tuple[RunFactory, RunFactory], capsys: Any) -> None:
    """Each error names the fault."""
    base, head = (factory.write(factory.records()) for factory in factories)
    two_sides = write_sides(RunFactory(base.parent / "two"), factories[0].times(), factories[0].times())
    faults: dict[str, tuple[Any, ...]] = {
        "measured one environment alone": (base,),
        "is no folder of a run": (base, base / "nowhere"),
        "measured two environments": (base, two_sides),
        "two runs, BASE and HEAD": (base, head, two_sides),
        "is no share between 0 and 100 %": (base, head, "--margin", "5"),
        "'much' is no share": (base, head, "--margin", "much"),
        "Missing argument": (),
        "cannot write to": (base, head, "--output", base / "records.jsonl"),
    }
    for fault, arguments in faults.items():
        assert command("compare", *arguments) == 2
        error = capsys.readouterr().err
        assert fault in error
        assert error.startswith("error: ")
        assert error.count("\n") == 1


def test_damaged_lines_are_set_aside(
    factories: tuple[RunFactory, RunFactory], times: dict[Case, float], capsys: Any
) -> None:
    """Damaged lines are named, and the other records are compared."""
    base, head = (
        factories[0].write(factories[0].passes(times, 3)),
        factories[1].write(factories[1].passes(times, 3), "{cut"),
    )

    assert command("compare", base, head) == 0
    assert "records.jsonl line 79" in capsys.readouterr().out


def test_stored_runs_are_compared_by_the_copies_of_their_cycles(factories: tuple[RunFactory, RunFactory]) -> None:
    """A machine that is slower by half in the second run changes nothing; relu slower by half against its copy does."""
    relu, gelu = (factories[0].case("torch", name) for name in ("relu", "gelu"))

    def run(factory: RunFactory, speed: float, relu_seconds: float) -> Path:
        return factory.write(
            [
                factory.timed(case, seconds * speed * (1 + 1e-3 * n), n, copy_seconds=(1e-4 * speed,) * 3)
                for n in range(5)
                for case, seconds in ((relu, relu_seconds), (gelu, 3e-4))
            ]
        )

    result = compared(run(factories[0], 1, 2e-4), run(factories[1], 1.5, 4.5e-4))

    assert result.in_copies
    assert {case.case.label: case.verdict.word for case in result.cases} == {"relu": "SLOWER", "gelu": "SAME"}
