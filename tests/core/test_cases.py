"""The plan: which cases a choice holds, and their ids."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from backends.activation import catalogue
from bench import results
from bench.cases import PROFILES, Choice, Record, modes_of, plan, timed_variants
from bench.runner import Pass


@pytest.mark.parametrize("profile", PROFILES)
def test_ids_are_unique(profile: str) -> None:
    """And hold no spaces, so that they can be copied."""
    ids = [case.id for case in plan(Choice(profile=profile))]

    assert len(ids) == len(set(ids)) > 0
    assert not any(" " in name for name in ids)


def test_every_group_has_its_copy() -> None:
    """Backend, device, dtype and size: what times are told in multiples of."""
    cases = plan(Choice(profile="standard"))
    groups = {(c.backend, c.device, c.dtype, c.size) for c in cases}

    assert sorted((c.backend, c.device, c.dtype, c.size) for c in cases if c.is_copy) == sorted(groups)


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "jax"])
def test_modes_are_known_without_importing(backend: str) -> None:
    """NumPy is eager alone, by what its own file says."""
    assert modes_of(backend) == (("eager",) if backend == "numpy" else ("eager", "compiled"))


def test_the_quick_profile_times_every_activation_once() -> None:
    """And both forms of gelu."""
    labels = [variant.id for variant in timed_variants(None)]

    assert len(labels) == len(catalogue()) + 1
    assert "gelu[approximate=True]" in labels


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    """Parameters that are tuples included."""
    choice = Choice(activations=("softmax[axis=(0,1)]", "relu"), profile="smoke")
    before = results.Plan(choice, plan(choice), {"torch": "python"})
    before.save(tmp_path)
    after = results.Plan.load(tmp_path)

    assert after.cases == before.cases
    assert asdict(after.choice) == {**asdict(choice), "activations": list(choice.activations or ())}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"choice": {}}', '{"choice": {"colour": 1}}'])
def test_a_foreign_plan_is_refused(content: str, tmp_path: Path) -> None:
    """In words."""
    (tmp_path / "plan.json").write_text(content)

    with pytest.raises(LookupError, match="cannot be read"):
        results.Plan.load(tmp_path)


def test_a_line_cut_short_counts_as_not_done(tmp_path: Path) -> None:
    """And does not spoil the next one."""
    first, second = plan(Choice(profile="smoke"))[:2]
    results.append(tmp_path, Record(first, "ok"))
    whole = json.dumps(Record(second, "ok").as_json())
    with (tmp_path / "records.jsonl").open("a") as file:
        file.write(whole[:40])

    assert results.missing([first, second], tmp_path, 0) == [second]
    results.append(tmp_path, Record(second, "ok"))
    assert results.missing([first, second], tmp_path, 0) == []


def test_passes_shuffle_within_what_shares_inputs() -> None:
    """The same pass in the same order every time, so that a resumed run knows what was in flight."""
    cases = plan(Choice(profile="standard"))
    backend = cases[0].backend
    first, second = (Pass(number, backend).order(cases) for number in (0, 1))

    assert first == Pass(0, backend).order(cases)
    assert first != second
    assert sorted(c.id for c in first) == sorted(c.id for c in cases if c.backend == backend)
    assert [c.size for c in first] == sorted(c.size for c in first)
