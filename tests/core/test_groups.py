"""Groups: what is measured side by side, in which order, and what is left of them."""

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from bench.core import results
from bench.core.cases import Choice, plan
from bench.core.record import Record
from bench.core.results import Plan, Side
from bench.speed.groups import Group, Window, cycle_order, groups, windows
from bench.speed.runner import failed_record, missing

CHOICE = Choice(profile="quick", backends=("numpy", "torch"))
ONE_SIDE = Plan(CHOICE, plan(CHOICE), (Side({}),))
TWO_SIDES = Plan(CHOICE, plan(CHOICE), (Side({}, "base"), Side({}, "head")))


def groups_of(run: Plan, replicate: int = 0, **choices: frozenset[str]) -> list[Group]:
    """Return the groups of a run's first window."""
    return groups(run.cases, windows(run)[0], replicate, choices.get("only"))


def gelu(run: Plan, replicate: int = 0) -> Group:
    """Return the group of gelu, forward."""
    return next(group for group in groups_of(run, replicate) if group.name.startswith("all-gelu-forward"))


def ok(group: Group) -> list[Record]:
    """Return records of all contenders of a group."""
    return [
        Record.of(c.case, "ok", "", (1e-3,), replicate=c.role.replicate, side=c.role.side, twin=c.role.twin)
        for c in group.contenders
    ]


def test_a_group_holds_every_backend_and_mode_and_a_copy_of_each_worker() -> None:
    """Gelu is measured on NumPy, torch eager and compiled and a twin of one of them, each worker with its copy."""
    group = gelu(ONE_SIDE)

    columns = [(c.case.backend, c.case.mode, c.role.twin) for c in group.contenders]
    assert columns == [
        *[("numpy", "eager", False), ("torch", "eager", False), ("torch", "compiled", False)],
        ("numpy", "eager", True),
    ]
    assert {c.role for c in group.copies} == {c.role for c in group.contenders}
    assert all(c.case.is_copy and c.case.size == 1_000_000 for c in group.copies)


def test_every_case_is_in_one_group() -> None:
    """Every planned case is a contender of one group, references included, which have no copies beside them."""
    counts = Counter(c.case.id for group in groups_of(ONE_SIDE) for c in group.contenders if not c.role.twin)

    assert counts == dict.fromkeys((case.id for case in ONE_SIDE.cases), 1)
    assert all(bool(g.copies) is not g.contenders[0].case.is_reference for g in groups_of(ONE_SIDE))


def test_sides_are_compared_backend_by_backend() -> None:
    """A comparison has a window for each backend, and a group has both sides and a twin of base."""
    assert windows(TWO_SIDES) == [Window(1, (name,), ("base", "head")) for name in ("numpy", "torch")]
    assert windows(ONE_SIDE) == [Window(1, ("numpy", "torch"), ("",))]
    assert [(c.role.side, c.role.twin) for c in gelu(TWO_SIDES).contenders] == [
        *[("base", False), ("head", False)],
        ("base", True),
    ]


def test_the_twin_is_of_another_backend_in_each_replicate() -> None:
    """Every backend shows its noise in turn."""
    twins = [{c.case.backend for c in gelu(ONE_SIDE, n).contenders if c.role.twin} for n in range(3)]

    assert twins == [{"numpy"}, {"torch"}, {"numpy"}]


def test_replicates_have_orders_of_their_own() -> None:
    """The order is the same whenever it is asked for, differs by replicate, and keeps sizes and shapes together."""
    choice = Choice(profile="standard", backends=("numpy",))
    run = Plan(choice, plan(choice), (Side({}),))
    first, second = groups_of(run, 0), groups_of(run, 1)
    shapes = [(group.contenders[0].case.size, len(group.contenders[0].case.shape)) for group in first]

    assert [group.name for group in first] == [group.name for group in groups_of(run, 0)]
    assert [group.name for group in first] != [group.name for group in second]
    assert sorted(group.name for group in first) == sorted(group.name for group in second)
    assert shapes == sorted(shapes)


def test_no_contender_gains_by_its_place_in_a_cycle() -> None:
    """Over many cycles every contender has every position, and every predecessor, about equally often."""
    group, cycles = gelu(ONE_SIDE), 4000
    orders = [cycle_order(group, cycle) for cycle in range(cycles)]
    positions = Counter((position, c) for order in orders for position, c in enumerate(order))
    neighbours = Counter(pair for order in orders for pair in itertools.pairwise(order))
    count = len(group.everything)

    assert len(positions) == count**2
    assert max(abs(n / cycles * count - 1) for n in positions.values()) < 0.2
    assert len(neighbours) == count * (count - 1)
    assert max(abs(n / (cycles * (count - 1)) * count * (count - 1) - 1) for n in neighbours.values()) < 0.2


def test_a_second_look_measures_the_suspects_and_their_references() -> None:
    """A second look measures the groups of the suspects, of the copies and of the no-ops, and nothing else."""
    suspect = next(c.case for c in gelu(ONE_SIDE).contenders)

    chosen = groups_of(ONE_SIDE, 3, only=frozenset([suspect.id]))
    assert {c.case.activation for group in chosen for c in group.contenders} == {"gelu", "copy", "noop"}


def test_a_group_that_lacks_a_record_is_measured_again_as_a_whole(tmp_path: Path) -> None:
    """A truncated line costs its whole group, whose figures belong together, and no other group."""
    planned = groups_of(ONE_SIDE)
    for group in planned:
        *whole, cut = ok(group) if group is planned[3] else (*ok(group), None)
        results.append(tmp_path, *filter(None, whole))
        if cut:
            with (tmp_path / "records.jsonl").open("a") as file:
                file.write(json.dumps(cut.as_json())[:40])

    assert missing(tmp_path, planned) == [planned[3]]
    results.append(tmp_path, *ok(planned[3]))
    assert missing(tmp_path, planned) == []


@pytest.mark.parametrize("replicate", [0, 1])
def test_what_has_failed_is_not_tried_again(replicate: int, tmp_path: Path) -> None:
    """A failed contender is left out of its group, in its replicate and later: a time-out would recur in each."""
    first = gelu(ONE_SIDE).contenders[1]
    results.append(tmp_path, failed_record(first, "timeout", "no result"))

    (group,) = missing(tmp_path, [gelu(ONE_SIDE, replicate)])
    assert first.case not in [c.case for c in group.contenders]
    assert len(group.contenders) == len(gelu(ONE_SIDE, replicate).contenders) - 1 - (replicate == 1)


def test_workers_that_do_not_fit_into_memory_are_not_alive_together() -> None:
    """Where memory is short, groups have fewer contenders; no backend is lost."""
    choice = Choice(profile="quick", backends=("jax", "numpy", "torch"))
    run = Plan(choice, plan(choice), (Side({}),))

    backends = {memory: [window.backends for window in windows(run, memory * 2**30)] for memory in (8, 3.5, 1)}
    assert backends == {
        8: [("jax", "numpy", "torch")],
        3.5: [("jax", "numpy"), ("torch",)],
        1: [("jax",), ("numpy",), ("torch",)],
    }
