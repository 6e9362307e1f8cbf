"""`python -m reports compare`: what it says of two ends, and the exit status that it says it with."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import alternation
from bench.cases import COPY, Case
from reports import comparison, ends, floors, load
from tests.core.sample_run import MACHINE, Maker, Records, command, slower


@pytest.fixture
def makers(tmp_path: Path) -> tuple[Maker, Maker]:
    """The folders of base and head to be."""
    return Maker(tmp_path / "base"), Maker(tmp_path / "head")


@pytest.fixture
def times(makers: tuple[Maker, Maker]) -> dict[Case, float]:
    """What base takes."""
    return makers[0].times()


def verdict(folder: Path) -> dict[str, Any]:
    """What the file for programs says."""
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
    return found


def words(folder: Path) -> dict[str, str]:
    """By case, the verdict."""
    return {case["id"]: case["word"] for case in verdict(folder)["cases"]}


def compared(base: Path, head: Path) -> comparison.Comparison:
    """Two stored runs, compared as the command does."""
    return comparison.compare(*ends.of((base, head)))


def test_identical_code_is_the_same(makers: tuple[Maker, Maker], times: dict[Case, float], capsys: Any) -> None:
    """Two runs of the same times with noise: 0, every case SAME, and the sentence says no."""
    base, head = (maker.write(maker.passes(times, 5, seed=n)) for n, maker in enumerate(makers))

    assert command("compare", base, head) == 0
    assert set(words(head).values()) == {"SAME"}
    assert (verdict(head)["status"], verdict(head)["word"]) == (0, "SAME")
    assert "No: 18 cases take as long as before" in capsys.readouterr().out


def test_what_got_slower_is_named_and_is_status_1(
    makers: tuple[Maker, Maker], times: dict[Case, float], capsys: Any
) -> None:
    """20 % more in one case; its ratio and ends are those of the figures, and base and head its medians."""
    later = slower(times, 0.2, backend="torch", activation="gelu", direction="forward", mode="compiled")
    base = makers[0].write(makers[0].passes(times, 5))
    head = makers[1].write(makers[1].passes(later, 5, seed=1))

    assert command("compare", base, head) == 1
    (case,) = (case for case in verdict(head)["cases"] if case["word"] != "SAME")
    assert (case["word"], case["label"], case["mode"]) == ("SLOWER", "gelu", "compiled")
    assert case["ratio"] == pytest.approx(1.2, rel=0.02)
    assert case["low"] < 1.2 < case["high"]
    assert (case["base"], case["head"]) == pytest.approx((75e-6, 90e-6), rel=0.02)
    said = capsys.readouterr().out
    assert "1 of 18 cases got slower" in said
    assert "gelu forward on torch compiled" in said


def test_faster_is_a_success(makers: tuple[Maker, Maker], times: dict[Case, float]) -> None:
    """30 % less in one activation: 0 and FASTER."""
    sooner = slower(times, -0.3, activation="softmax")
    base = makers[0].write(makers[0].passes(times, 5))
    head = makers[1].write(makers[1].passes(sooner, 5, seed=1))

    assert command("compare", base, head) == 0
    assert verdict(head)["word"] == "FASTER"
    assert verdict(head)["counts"]["FASTER"] == 6


def test_uncertain_fails_only_where_certainty_is_asked_for(
    makers: tuple[Maker, Maker], times: dict[Case, float], capsys: Any
) -> None:
    """Noise of 10 % against a margin of 1 %: 0, and 10 with --certain; two stored runs are told of the second look."""
    base, head = (maker.write(maker.passes(times, 3, spread=0.1, seed=n)) for n, maker in enumerate(makers))

    assert command("compare", base, head, "--margin", "1%") == 0
    assert verdict(head)["word"] == "UNCERTAIN"
    assert "nox -s upgrade" in capsys.readouterr().out
    assert command("compare", base, head, "--margin", "0.01", "--certain") == 10
    assert verdict(head)["status"] == 10


def test_noise_above_the_margin_is_no_certainty(makers: tuple[Maker, Maker], times: dict[Case, float]) -> None:
    """Copies that moved by 20 % raise the floor above the margin of 10 %: all SAME, and 10 with --certain."""
    base = makers[0].write(makers[0].passes(times, 5, spread=1e-3))
    head = makers[1].write(makers[1].passes(slower(times, 0.2, activation=COPY), 5, spread=1e-3, seed=1))

    assert command("compare", base, head) == 0
    assert set(words(head).values()) == {"SAME"}
    assert command("compare", base, head, "--certain") == 10
    assert "tell no less than 20" in verdict(head)["reason"]


@pytest.mark.parametrize("status", ["wrong", "impossible"])
def test_an_untrue_case_at_either_end_is_status_12(
    makers: tuple[Maker, Maker], times: dict[Case, float], status: str
) -> None:
    """A wrong output or an impossible time, whatever else there is: its speed is beside the point."""
    wrong = makers[0].failed(makers[0].case("jax", "relu"), status, "off by 3 ulp")
    good = [maker.passes(times, 3) for maker in makers]

    assert command("compare", makers[0].write(good[0]), makers[1].write([*good[1], wrong])) == 12
    assert command("compare", makers[0].write([*good[0], wrong]), makers[1].write(good[1])) == 12
    assert f"{status} in base" in verdict(makers[1].folder)["reason"]


@pytest.mark.parametrize(("status", "ended"), [("error", 1), ("timeout", 1), ("out_of_memory", 1), ("unsupported", 0)])
def test_a_case_that_had_a_time_and_fails_now(
    makers: tuple[Maker, Maker], times: dict[Case, float], capsys: Any, status: str, ended: int
) -> None:
    """Is named with its reason, and is status 1 unless the backend says that it does not support it."""
    broken = makers[1].failed(next(case for case in times if case.activation == "gelu"), status, "no such kernel")
    base, head = makers[0].write(makers[0].passes(times, 3)), makers[1].write([*makers[1].passes(times, 3), broken])

    assert command("compare", base, head) == ended
    (turned,) = verdict(head)["turned"]
    assert (turned["base"], turned["head"], turned["reason"]) == ("ok", status, "no such kernel")
    assert "no such kernel" in capsys.readouterr().out


def test_a_case_that_failed_before_and_fails_now_is_no_news(
    makers: tuple[Maker, Maker], times: dict[Case, float]
) -> None:
    """It stands among those without a time."""
    failed = makers[0].failed(makers[0].case("jax", "relu"))
    base, head = (maker.write([*maker.passes(times, 3), failed]) for maker in makers)

    assert command("compare", base, head) == 0
    assert verdict(head)["turned"] == []
    assert verdict(head)["counts"]["without_a_time"] == 1


def test_nothing_in_common_is_status_11_and_says_what_differs(makers: tuple[Maker, Maker], capsys: Any) -> None:
    """Other thread counts make other cases."""
    base, head = (maker.write(maker.records(threads=n + 1)) for n, maker in enumerate(makers))

    assert command("compare", base, head) == 11
    assert "threads 1 in base, 2 in head" in " ".join(capsys.readouterr().out.split())
    assert verdict(head)["word"] is None


def test_a_run_of_copies_alone_is_status_11(makers: tuple[Maker, Maker], times: dict[Case, float]) -> None:
    """A gate that measured nothing fails."""
    copies = {case: seconds for case, seconds in times.items() if case.activation == COPY}
    base, head = makers[0].write(makers[0].passes(times, 3)), makers[1].write(makers[1].passes(copies, 3))

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
    makers: tuple[Maker, Maker], times: dict[Case, float], capsys: Any, other: dict[str, Any]
) -> None:
    """And the difference is told; nothing is judged."""
    ours = MACHINE | ({"gpu": ["H100"]} if "gpu" in other else {})
    base = makers[0].write(makers[0].passes(times, 3), environment={"machine": ours})
    head = makers[1].write(makers[1].passes(times, 3), environment={"machine": MACHINE | other})

    assert command("compare", base, head) == 13
    assert "the machines differ" in capsys.readouterr().out or other == {"cpu": None}
    assert verdict(head)["status"] == 13


@pytest.mark.parametrize("other", [{"memory_bytes": int(2**33 * 0.96)}, {"time": "later"}, {"gpu": ["H100"]}])
def test_machines_that_differ_in_nothing_that_matters_are_the_same(
    makers: tuple[Maker, Maker], times: dict[Case, float], other: dict[str, Any]
) -> None:
    """4 % of memory, the time, and a GPU where the other run does not say whether it has one."""
    base = makers[0].write(makers[0].passes(times, 3))
    head = makers[1].write(makers[1].passes(times, 3), environment={"machine": MACHINE | other})

    assert command("compare", base, head) == 0


def test_across_machines_multiples_of_a_copy_are_compared(
    makers: tuple[Maker, Maker], times: dict[Case, float]
) -> None:
    """A machine of half the speed is no slowdown; a case that takes more copies than before is."""
    half = {case: 2 * seconds for case, seconds in times.items()}
    gelu = slower(half, 0.3, activation="gelu", backend="numpy", direction="forward")
    base = makers[0].write(makers[0].passes(times, 5))
    other = {"machine": MACHINE | {"cpu": "Other CPU"}}

    head = makers[1].write(makers[1].passes(half, 5, seed=1), environment=other)
    assert command("compare", base, head, "--across-machines") == 0
    assert set(words(head).values()) == {"SAME"}

    head = makers[1].write(makers[1].passes(gelu, 5, seed=1), environment=other)
    assert command("compare", base, head, "--across-machines") == 1
    (case,) = (case for case in verdict(head)["cases"] if case["word"] == "SLOWER")
    assert verdict(head)["unit"] == "x_copy"
    assert (case["base"], case["head"]) == pytest.approx((3.0, 3.9), rel=0.03)


def test_the_floor_of_two_stored_runs_is_the_largest_of_three(
    makers: tuple[Maker, Maker], times: dict[Case, float]
) -> None:
    """Copies that moved by 4 %; noise of 5 %; and 1 % where neither is more. Each says which it was."""
    copies = slower(times, 0.04, activation=COPY)
    still = makers[0].write(makers[0].passes(times, 4, spread=1e-4))
    moved = makers[1].write(makers[1].passes(copies, 4, spread=1e-4))
    assert compared(still, moved).floor.share == pytest.approx(0.04, rel=0.01)
    assert "copies moved" in compared(still, moved).floor.reason

    noisy = makers[1].write(makers[1].passes(times, 4, spread=0.05))
    assert compared(still, noisy).floor.share == floors.noise(ends.of((still, noisy))[1]) > 0.02
    assert "halves of head" in compared(still, noisy).floor.reason
    assert command("compare", still, noisy, "--margin", "1%") == 0
    assert "too noisy to find it" in (noisy / "verdict.md").read_text()

    quiet = makers[1].write(makers[1].passes(times, 4, spread=1e-4, seed=1))
    assert compared(still, quiet).floor.share == 0.01


def test_one_backend_that_copies_slower_does_not_raise_the_floor(makers: tuple[Maker, Maker]) -> None:
    """Of three backends, the median's copy counts: a version may change its own, the machine changes all."""
    times = makers[0].times(("numpy", "torch", "jax"))
    own = slower(times, 0.5, activation=COPY, backend="torch")
    base = makers[0].write(makers[0].passes(times, 3, spread=1e-4))
    head = makers[1].write(makers[1].passes(own, 3, spread=1e-4))

    assert compared(base, head).floor.share == 0.01


def sides(maker: Maker, base: dict[Case, float], head: dict[Case, float], *more: Records) -> Path:
    """A run of two sides: 5 passes, which is what profile standard plans, and what a second look added."""
    first = [*maker.passes(base, 5, side="base"), *maker.passes(head, 5, seed=1, side="head")]
    return maker.write_sides([*first, *(record for records in more for record in records)])


def test_the_sides_of_one_run_are_compared_pass_by_pass(makers: tuple[Maker, Maker], times: dict[Case, float]) -> None:
    """A machine that slows down by half from pass to pass hides nothing: the passes are paired."""
    later = slower(times, 0.05, activation="gelu", backend="torch", direction="backward", mode="eager")
    drifting = [
        makers[0].timed(case, seconds * 1.5**n * (1 + 0.002 * (n % 3)), n, side)
        for side, own in (("base", times), ("head", later))
        for n in range(5)
        for case, seconds in own.items()
    ]
    folder = makers[0].write_sides(drifting)

    assert command("compare", folder) == 1
    assert [key for key, word in words(folder).items() if word == "SLOWER"] == [
        "torch-gelu-backward-eager-cpu-float32-1000000-t1"
    ]


def test_the_gate_of_the_bench_and_the_report_agree(makers: tuple[Maker, Maker], times: dict[Case, float]) -> None:
    """Case by case with `bench.alternation`, which decides what is looked at again and is measured by the harness."""
    maker = makers[0]
    later = slower(times, 0.04, activation="gelu")
    fresh = [
        maker.passes(own, 14, first=5, seed=n + 7, side=side)
        for n, (side, own) in enumerate(
            (("base", dict(list(times.items())[:8])), ("head", dict(list(later.items())[:8])))
        )
    ]
    folder = sides(maker, times, later, *fresh)
    decided = alternation.decided(load.read(folder).records, 5, 0.05)

    command("compare", folder)
    assert words(folder) == {own.key: own.word for own in decided}
    assert {case["id"]: case["p"] for case in verdict(folder)["cases"]} == pytest.approx(
        {own.key: own.p for own in decided}
    )


def test_a_second_look_decides_alone(makers: tuple[Maker, Maker], times: dict[Case, float]) -> None:
    """A case that looked slower and is not in fresh passes is SAME; the fresh passes are those past the planned."""
    maker = makers[0]
    later = slower(times, 0.1, activation="relu", backend="numpy", direction="forward")
    suspect = {case: seconds for case, seconds in times.items() if later[case] != seconds}
    fresh = [maker.passes(suspect, 10, first=5, seed=n, side=side) for n, side in enumerate(("base", "head"))]

    assert command("compare", sides(maker, times, later)) == 1
    assert command("compare", sides(maker, times, later, *fresh)) == 0
    assert set(words(maker.folder).values()) == {"SAME"}


def test_the_margin_is_the_profiles_unless_another_is_given(
    makers: tuple[Maker, Maker], times: dict[Case, float]
) -> None:
    """5 % in profile standard; 10 % where a run does not name its profile, as in the default one."""
    folder = sides(makers[0], times, times)
    assert command("compare", folder) == 0
    assert verdict(folder)["margin"] == 0.05
    assert command("compare", folder, "--margin", "7.5%") == 0
    assert verdict(folder)["margin"] == 0.075

    base, head = (maker.write(maker.records(), plan={}) for maker in makers)
    command("compare", base, head)
    assert verdict(head)["margin"] == 0.1


def test_the_verdict_can_go_elsewhere(makers: tuple[Maker, Maker], tmp_path: Path) -> None:
    """--output leaves both runs as they were."""
    base, head = (maker.write(maker.records()) for maker in makers)

    command("compare", base, head, "--output", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"verdict.json", "verdict.md"}
    assert not (head / "verdict.json").exists()


def test_bad_input_is_one_line_and_status_2(makers: tuple[Maker, Maker], capsys: Any) -> None:
    """Each names the fault."""
    base, head = (maker.write(maker.records()) for maker in makers)
    two = sides(Maker(base.parent / "two"), makers[0].times(), makers[0].times())
    faults: dict[str, tuple[Any, ...]] = {
        "measured one environment alone": (base,),
        "is no folder of a run": (base, base / "nowhere"),
        "measured two environments": (base, two),
        "two runs, BASE and HEAD": (base, head, two),
        "is no share between 0 and 100 %": (base, head, "--margin", "5"),
        "'much' is no share": (base, head, "--margin", "much"),
        "Missing argument": (),
        "cannot write to": (base, head, "--output", base / "records.jsonl"),
    }
    for fault, arguments in faults.items():
        assert command("compare", *arguments) == 2
        said = capsys.readouterr().err
        assert fault in said
        assert said.startswith("error: ")
        assert said.count("\n") == 1


def test_damaged_lines_are_set_aside(makers: tuple[Maker, Maker], times: dict[Case, float], capsys: Any) -> None:
    """They are named, and the others are compared."""
    base, head = makers[0].write(makers[0].passes(times, 3)), makers[1].write(makers[1].passes(times, 3), "{cut")

    assert command("compare", base, head) == 0
    assert "records.jsonl line 79" in capsys.readouterr().out
