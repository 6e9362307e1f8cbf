"""Work that is not done: every backend that idles is caught, and the honest ones pass."""

import functools
from dataclasses import replace
from time import perf_counter
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import backends
from backends import numpy_backend
from bench.core.cases import DIRECTIONS, Case, Profile
from bench.core.record import Record
from bench.speed import floor, inputs, measurement, timing
from bench.speed.witness import Witnesses
from tests.core import idlers
from tests.core.idlers import Idler

pytestmark = pytest.mark.quiet

PROFILE = Profile((), (), (), 1, 2, 0.002, margin=0.1)
SETTINGS = [
    pytest.param(direction, size, cache, id=f"{direction}-{size}-{cache}")
    for direction in DIRECTIONS
    for size in (1_000, 100_000)
    for cache in ("cold", "hot")
]
RELU = (("negative_slope", 0.0), ("max_value", None), ("threshold", 0.0))
SAME = "another input has the same output"
MEMORY = "lies in the memory of "
IDLERS = [
    (idlers.first_for_ever, "relu", MEMORY + "another output"),
    (idlers.copy_of_the_first, "relu", SAME),
    (idlers.by_identity, "relu", MEMORY + "another output"),
    (idlers.first_buffer_alone, "relu", "exact"),
    (idlers.one_output, "relu", MEMORY + "another output"),
    (idlers.in_place, "relu", "the call writes into its "),
    (idlers.half, "relu", "exact"),
    (idlers.view, "linear", MEMORY + "its "),
    (idlers.every_second_call, "relu", "exact"),
]


class Stopwatch:
    """The part of pytest-benchmark's fixture that `timing` uses."""

    def __init__(self) -> None:
        self.extra_info: dict[str, Any] = {}
        self.stats: Any = SimpleNamespace(iterations=1, stats=SimpleNamespace(data=[]))

    def pedantic(self, target: Any, *, setup: Any, rounds: int) -> Any:
        """Time one round after the other."""
        for _ in range(rounds):
            setup()
            start = perf_counter()
            result = target()
            self.stats.stats.data.append((perf_counter() - start) / self.stats.iterations)
        return result


def measure_record(
    change: Any, direction: str, size: int, cache: str, activation: str = "relu", *, lies: bool = False
) -> Record:
    """Return the record of a case on a backend whose programs are changed."""
    parameters = RELU if activation == "relu" else ()
    case = Case("numpy", activation, parameters, direction, "eager", "cpu", "float32", size, 1, cache)
    backend: Any = Idler(change, lies=lies)
    return measurement.measure(timing.Task(backend, case, look=False), PROFILE, Stopwatch())


@pytest.mark.parametrize("change", [idlers.honest, idlers.costly], ids=lambda change: change.__name__)
@pytest.mark.parametrize(("direction", "size", "cache"), SETTINGS)
def test_honest_work_has_a_time(change: Any, direction: str, size: int, cache: str) -> None:
    """The same backend without a change has a time."""
    record = measure_record(change, direction, size, cache)

    assert (record.status, record.reason) == ("ok", "")


@pytest.mark.parametrize("idler", IDLERS, ids=lambda idler: idler[0].__name__)
@pytest.mark.parametrize(("direction", "size", "cache"), SETTINGS)
def test_work_that_is_not_done_is_wrong(idler: tuple[Any, str, str], direction: str, size: int, cache: str) -> None:
    """The record has a reason, and no time."""
    change, activation, words = idler
    record = measure_record(change, direction, size, cache, activation)

    assert (record.status, record.block_seconds) == ("wrong", ())
    assert words in record.reason


@pytest.mark.parametrize(("direction", "size", "cache"), [s for s in SETTINGS if s.values[0] != "forward"])
def test_a_gradient_that_is_not_computed_is_wrong(direction: str, size: int, cache: str) -> None:
    """A gradient that was right for another cotangent is wrong."""
    record = measure_record(idlers.cached_gradient, direction, size, cache)

    assert record.status == "wrong"
    assert record.reason.startswith("slope: ")
    assert SAME in record.reason


@pytest.mark.parametrize(("direction", "size", "cache"), SETTINGS)
def test_work_that_waits_for_its_reader_is_impossible(direction: str, size: int, cache: str) -> None:
    """A case with right outputs whose cost is not in the time is impossible."""
    record = measure_record(idlers.lazy, direction, size, cache)

    assert (record.status, record.block_seconds) == ("impossible", ())
    assert record.reason.startswith("computed when it is read")


@pytest.mark.parametrize(("direction", "size", "cache"), SETTINGS)
def test_work_that_is_remembered_is_impossible(direction: str, size: int, cache: str) -> None:
    """A copy of the result computed once for the same arrays is impossible."""
    record = measure_record(idlers.remembered, direction, size, cache)

    assert (record.status, record.block_seconds) == ("impossible", ())
    assert record.reason.startswith("remembers its arguments")


@pytest.mark.parametrize("cache", ["cold", "hot"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_is_quicker_than_memory_is_impossible(direction: str, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case is impossible even if the outputs are right and lie where they should."""
    monkeypatch.setattr(floor, "cached_result", lambda *_: "")
    # a copy of a million numbers takes over 100 µs, where the idler takes up to 7 on a busy machine
    record = measure_record(idlers.by_identity, direction, 1_000_000, cache, lies=True)

    assert (record.status, record.block_seconds) == ("impossible", ())
    assert "less than memory and dispatch allow" in record.reason


def test_the_floor_lies_far_below_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of a copy passes, a fifth only if two threads may copy; a copy that was delayed is repeated."""
    case = Case("numpy", "relu", RELU, "step", "eager", "cpu", "float32", 1_000, 1)
    monkeypatch.setattr(floor, "copy_seconds", functools.lru_cache(lambda _: 3e-6))

    assert floor.too_quick(case, 1e-6) == ""
    assert floor.too_quick(case, 6e-7) == "0.6 µs a call, less than memory and dispatch allow: a copy takes 3 µs"
    assert floor.too_quick(replace(case, threads=2), 6e-7) == ""
    copies = iter((9e-5, 3e-6))
    monkeypatch.setattr(floor, "copy_seconds", functools.lru_cache(lambda _: next(copies)))
    assert floor.too_quick(case, 1e-6) == ""


def test_a_copy_costs_no_search_for_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lookup of a name by a backend's `__getattr__` is not in the time of a copy, nor in that of a case."""
    lookups = []

    def look_up(name: str) -> Any:
        lookups.append(name)
        return getattr(numpy_backend, name)

    slow = ModuleType("slow")
    slow.__getattr__ = look_up  # type: ignore[method-assign]
    monkeypatch.setattr(backends, "load", lambda _: slow)
    case = Case("slow", "linear", (), "forward", "eager", "cpu", "float32", 1, 1)

    floor.copy_seconds.__wrapped__(case)
    assert lookups.count("copy") == 1


def test_inputs_that_were_spoiled_are_made_afresh() -> None:
    """A case after one that overwrote its inputs gets the same inputs as without it."""
    case = Case("numpy", "linear", (), "forward", "eager", "cpu", "float32", 1_000, 1)
    before = inputs.buffers(case)
    measure_record(idlers.in_place, "forward", 1_000, "cold")
    after = inputs.buffers(case)

    assert after.inputs.items[0] is not before.inputs.items[0]
    assert after.inputs.digests == before.inputs.digests
    assert not any(after.changed(case, number) for number in range(after.spare + 1))
    assert before.changed(case, 0) == "input"


@pytest.mark.parametrize(("calls", "rounds"), [(1, 1), (1, 2), (1, 7), (2, 1), (3, 1), (5, 4), (48, 3)])
def test_witnesses_are_two_calls_in_a_row(calls: int, rounds: int) -> None:
    """Two consecutive calls are witnesses anywhere but at the end, and every round has its number of calls."""
    numbers = set()
    for seed in range(40):
        witnesses = Witnesses.choose(calls, rounds, str(seed))
        parts = list(witnesses.parts())
        slots, number = {}, -1
        for count, slot in (part for round_parts in parts for part in round_parts):
            number += count
            slots.update({slot: number} if slot is not None else {})

        assert [sum(count for count, _ in round_parts) for round_parts in parts] == [calls] * rounds
        assert list(slots.values()) == witnesses.numbers
        assert len(witnesses.numbers) == min(calls * rounds - 1, 2)
        numbers.update(witnesses.numbers)
    if calls * rounds < 20:
        assert numbers == set(range(calls * rounds - 1))
