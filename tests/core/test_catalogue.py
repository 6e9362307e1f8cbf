"""The catalogue: Keras' names and defaults, spellings and domains."""

import decimal
import fractions
import math
from typing import Any

import numpy as np
import pytest

from backends.activation import Activation, Variant, catalogue, find, find_variant, parse_variant, variants
from tests.golden.signatures import SIGNATURES

PROJECT_ACTIVATIONS = {name: entry for name, entry in catalogue().items() if entry.home == "backends"}


def test_names() -> None:
    """All thirty of Keras' activations are there; this project's further ones have no golden values."""
    assert set(PROJECT_ACTIVATIONS) >= set(SIGNATURES)


@pytest.mark.parametrize("entry", [PROJECT_ACTIVATIONS[name] for name in SIGNATURES], ids=list(SIGNATURES))
def test_defaults(entry: Activation) -> None:
    """Parameters and defaults are Keras'; the first case is the default one."""
    defaults = {k: None if p.required else p.default for k, p in entry.parameters.items()}

    assert defaults == SIGNATURES[entry.name]
    assert all(p.required or entry.variants[0].parameters[k] == p.default for k, p in entry.parameters.items())


@pytest.mark.parametrize("entry", PROJECT_ACTIVATIONS.values(), ids=PROJECT_ACTIVATIONS)
def test_documented(entry: Activation) -> None:
    """An activation has a source and a docstring line that ends with a full stop."""
    assert entry.source
    assert (entry.formula.__doc__ or "").splitlines()[0].rstrip().endswith((".", "x", "parts"))


def test_aliases() -> None:
    """Keras' other names and Keras 2's name of relu's slope parameter are accepted."""
    assert find("swish") is find("silu")
    assert find("hard_swish") is find("hard_silu")
    assert find("relu").bind(alpha=0.5) == find("relu").bind(negative_slope=0.5)


def test_ids() -> None:
    """An id is unique and names what differs from the default."""
    ids = [v.id for v in variants()]

    assert len(ids) == len(set(ids))
    assert find_variant("gelu", {"approximate": True}).id == "gelu[approximate=True]"


@pytest.mark.parametrize(
    ("name", "parameters", "error", "words"),
    [
        ("elu", {"beta": 1}, TypeError, "elu: unknown parameter 'beta'"),
        ("threshold", {"threshold": 1}, TypeError, "threshold: parameter 'default_value' has no default"),
        ("elu", {"alpha": "1"}, TypeError, "elu: alpha must be a finite number >= 0, not '1'"),
        ("elu", {"alpha": True}, TypeError, "not True"),
        ("elu", {"alpha": np.True_}, TypeError, "elu: alpha must be a finite number >= 0, not np.True_"),
        ("elu", {"alpha": 1j}, TypeError, "elu: alpha must be a finite number >= 0, not 1j"),
        ("elu", {"alpha": decimal.Decimal(1)}, TypeError, "must be a finite number >= 0, not Decimal('1')"),
        ("elu", {"alpha": 10**400}, ValueError, "elu: alpha must be a finite number >= 0, not 1000"),
        ("elu", {"alpha": 10**5000}, ValueError, "must be a finite number >= 0, not a number of 16610 bits"),
        ("elu", {"alpha": np.float32("inf")}, ValueError, "must be a finite number >= 0, not np.float32(inf)"),
        ("softmax", {"axis": True}, TypeError, "must be an integer axis or a tuple of them, not True"),
        ("softmax", {"axis": (0, True)}, TypeError, "must be an integer axis or a tuple of them, not (0, True)"),
        ("softmax", {"axis": np.float32(1)}, TypeError, "integer axis or a tuple of them, not np.float32(1.0)"),
        ("softmax", {"axis": ()}, ValueError, "must be an integer axis or a tuple of them, not ()"),
        ("elu", {"alpha": None}, TypeError, "not None"),
        ("elu", {"alpha": -1}, ValueError, "not -1"),
        ("celu", {"alpha": 0}, ValueError, "celu: alpha must be a finite number > 0, not 0"),
        ("gelu", {"approximate": 1}, TypeError, "must be True or False, not 1"),
        ("softmax", {"axis": 1.0}, TypeError, "must be an integer axis or a tuple of them"),
        ("relu", {"threshold": math.nan}, ValueError, "relu: threshold must be a finite number, not nan"),
        ("relu", {"alpha": 0, "negative_slope": 0}, TypeError, "the same parameter given twice"),
    ],
)
def test_bad_parameters(name: str, parameters: dict[str, object], error: type[Exception], words: str) -> None:
    """The message is one line that names the activation, the parameter and its valid values."""
    with pytest.raises(error) as raised:
        find(name).bind(**parameters)

    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


class _Index:
    """An index that is not a number type."""

    def __index__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("name", "parameters", "plain"),
    [
        ("relu", {"negative_slope": np.float32(0.1)}, 0.10000000149011612),
        ("relu", {"negative_slope": np.float16(0.5)}, 0.5),
        ("relu", {"negative_slope": np.int64(2)}, 2.0),
        ("elu", {"alpha": fractions.Fraction(1, 3)}, 1 / 3),
        ("elu", {"alpha": 3}, 3.0),
        ("softmax", {"axis": np.int64(0)}, 0),
        ("softmax", {"axis": (np.int64(0), np.uint8(1))}, (0, 1)),
        ("glu", {"axis": _Index()}, 1),
        ("gelu", {"approximate": np.True_}, True),
    ],
)
def test_real_numbers_and_indices_become_built_in_ones(name: str, parameters: dict[str, Any], plain: object) -> None:
    """Any real number type is converted, so that a case has one id."""
    bound = find(name).bind(**parameters)[next(iter(parameters))]
    kinds = {type(item) for item in bound} if isinstance(bound, tuple) else {type(bound)}

    assert bound == plain
    assert kinds <= {bool, int, float}
    assert find_variant(name, parameters).id == find_variant(name, {next(iter(parameters)): plain}).id


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("relu", "relu"),
        ("relu[max_value=3]", "relu[max_value=3.0]"),
        ("relu[alpha=0.7]", "relu[negative_slope=0.7]"),
        ("swish", "silu"),
        ("gelu[approximate=False]", "gelu"),
        ("softmax[axis=(0,1)]", "softmax[axis=(0,1)]"),
        ("relu[max_value=4.5]", "relu[max_value=4.5]"),
        ("threshold", "threshold"),
        ("threshold[threshold=3]", "threshold[threshold=3.0]"),
    ],
)
def test_a_parameter_case_can_be_spelled(text: str, identity: str) -> None:
    """An id, Keras' aliases and Keras 2's spelling are parsed, also for cases that the catalogue does not list."""
    assert parse_variant(text).id == identity


@pytest.mark.parametrize("variant", variants(), ids=lambda v: v.id)
def test_an_id_can_be_spelled(variant: Variant) -> None:
    """Every case is found by its id, including required parameters."""
    assert parse_variant(variant.id) == variant
