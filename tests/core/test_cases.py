"""The plan: the cases of a choice, and their ids."""

from pathlib import Path

import pytest

from backends.activation import catalogue
from bench.core import results
from bench.core.cases import NOOP, PROFILES, Choice, modes_of, plan, timed_variants
from bench.core.faults import BadInput


@pytest.mark.parametrize("profile", PROFILES)
def test_ids_are_unique(profile: str) -> None:
    """Ids are unique and hold no spaces, so that they can be copied."""
    ids = [case.id for case in plan(Choice(profile=profile))]

    assert len(ids) == len(set(ids)) > 0
    assert not any(" " in name for name in ids)


def test_every_group_has_its_copy() -> None:
    """Each group of backend, device, dtype, size and threads has one copy, the unit of its times."""
    cases = plan(Choice(profile="standard", threads=(1, 2)))
    groups = {(c.backend, c.device, c.dtype, c.size, c.threads) for c in cases if c.activation != NOOP}

    assert sorted((c.backend, c.device, c.dtype, c.size, c.threads) for c in cases if c.is_copy) == sorted(groups)


def test_every_kind_of_call_has_its_no_op() -> None:
    """Each combination of backend, direction, mode and dtype has one no-op, which measures the dispatch cost."""
    cases = plan(Choice(profile="standard", dtypes=("float32", "float16")))
    kinds = {(c.backend, c.direction, c.mode, c.dtype) for c in cases if not c.is_copy}
    noops = [(c.backend, c.direction, c.mode, c.dtype) for c in cases if c.activation == NOOP]

    assert sorted(noops) == sorted(kinds)


@pytest.mark.parametrize(("direction", "arrays"), [("forward", 2), ("backward", 3), ("step", 4)])
def test_bytes_moved_are_what_a_direction_needs_at_least(direction: str, arrays: int) -> None:
    """An elementwise activation moves 2, 3 or 4 arrays; glu writes half of what it reads."""
    relu, glu = (
        next(c for c in plan(Choice(activations=(name,), directions=(direction,))) if c.activation == name)
        for name in ("relu", "glu")
    )

    assert relu.bytes_moved == arrays * 4_000_000
    assert glu.bytes_moved == {"forward": 6_000_000, "backward": 10_000_000, "step": 12_000_000}[direction]


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "jax"])
def test_modes_are_known_without_importing(backend: str) -> None:
    """The modes are read from the backend's file; NumPy has only eager."""
    assert modes_of(backend) == (("eager",) if backend == "numpy" else ("eager", "compiled"))


def test_the_quick_profile_times_every_activation_once() -> None:
    """The quick profile has one case of each activation, and both forms of gelu."""
    labels = [variant.id for variant in timed_variants(None)]

    assert len(labels) == len(catalogue()) + 1
    assert "gelu[approximate=True]" in labels


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    """A plan is the same after saving and loading, including parameters that are tuples."""
    choice = Choice(activations=("softmax[axis=(0,1)]", "relu"), profile="smoke")
    before = results.Plan(choice, plan(choice), (results.Side({"torch": "python"}),))
    before.save(tmp_path)
    after = results.Plan.load(tmp_path)

    assert after == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"choice": {}}', '{"choice": {"colour": 1}}'])
def test_a_foreign_plan_is_refused(content: str, tmp_path: Path) -> None:
    """A plan that cannot be read is an error that names the file."""
    (tmp_path / "plan.json").write_text(content)

    with pytest.raises(BadInput, match=r"plan\.json cannot be read"):
        results.Plan.load(tmp_path)
