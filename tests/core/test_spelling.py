"""Typed names: parameter cases, close spellings, and arbitrary texts."""

import sys
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backends import spelling
from backends.activation import Variant, catalogue, parse_variant
from bench.commands.curves import main as record
from bench.core.cases import DEVICES, DIRECTIONS, PROFILES, Choice
from bench.core.cli import run_cli
from reports.recorded import bugs

NAMES = st.sampled_from([*catalogue(), "swish", "nope", ""])
KEYS = st.sampled_from(["max_value", "alpha", "axis", "approximate", "threshold", "**", ""])
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(["None", "True", "(0,1)", "()", "(", "(((0)))", "0x" + "f" * 9000, "9" * 9000, "\\d", "{}", "'a'"]),
)
CASES = st.builds(
    lambda name, pairs, brackets: name + brackets[0] + ",".join(f"{k}={v}" for k, v in pairs) + brackets[1],
    NAMES,
    st.lists(st.tuples(KEYS, VALUES), max_size=3),
    st.sampled_from(["[]", "[ ", " ]", "[[", "(]"]),
)


@settings(max_examples=400, deadline=None, database=None)
@example("softmax[axis=" + "(" * 10_000 + ")" * 10_000 + "]")
@example("relu" + "[" * 100_000)
@example("relu[max_value=\x00]")
@example("relu[max_value=\ud800]")
@example("elu[alpha=" + "9" * 100_000 + "]")
@example("softmax[axis=" + "9" * 4_000 + "]")
@given(st.one_of(CASES, st.text()))
def test_a_text_is_a_variant_or_refused_in_one_short_line(text: str) -> None:
    """No text causes another error, a warning or a line break."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            variant, message = parse_variant(text), ""
        except LookupError as error:
            variant, message = None, str(error)

    assert "\n" not in message
    assert len(message) < 800  # the list of all activations has 340 letters
    assert message if variant is None else isinstance(variant, Variant) and parse_variant(variant.id) == variant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("relu[negative_slope=abc]", "relu: negative_slope must be a finite number >= 0, not 'abc'"),
        ("threshold[threshold=one]", "threshold: threshold must be a finite number, not 'one'"),
        ("relu[max_value=inf]", "relu: max_value must be a finite number >= 0, not inf"),
        ("gelu[approximate=yes]", "gelu: approximate must be True or False, not 'yes'"),
        ("softmax[axis=last]", "softmax: axis must be an integer axis or a tuple of them, not 'last'"),
        ("softmax[axis=()]", "softmax: axis must be an integer axis or a tuple of them, not ()"),
        (
            "relu[max_valu=6]",
            "relu: unknown parameter 'max_valu', did you mean max_value? (parameters: negative_slope, ",
        ),
        ("mish[beta=1]", "mish: unknown parameter 'beta' (parameters: none)"),
        ("relu[max_value=1,max_value=2]", "relu: the same parameter given twice in 'relu[max_value=1,max_value=2]'"),
        ("relu[6]", "'relu[6]' is no parameter case (an example: relu[negative_slope=0.1,max_value=6])"),
        ("rleu[max_value=6]", "unknown activation 'rleu', did you mean relu? (choose from relu, "),
    ],
)
def test_the_fault_is_named_with_the_choices(text: str, words: str) -> None:
    """The message names the fault and the valid values."""
    with pytest.raises(LookupError) as raised:
        parse_variant(text)

    assert str(raised.value).startswith(words)


CLOSE: dict[str, dict[str, tuple[str, ...]]] = {
    "activation": {
        "relu": ("rleu", "ReLU", "nn.ReLU", "F.relu"),
        "silu": ("SiLU",),
        "hard_swish": ("hardswish", "Hard-Swish"),
        "hard_tanh": ("hardtanh",),
        "gelu[approximate=True]": ("gelu_new", "gelu_pytorch_tanh"),
        "": ("nope", "relu7", "conv2d"),
    },
    "dtype": {
        "bfloat16": ("bf16", "BFloat16", "torch.bfloat16"),
        "float16": ("fp16", "half"),
        "float32": ("fp32", "flaot32", "float"),
        "float64": ("fp64", "double"),
        "": ("int8", "float8"),
    },
    "backend": {"torch": ("pytorch", "torhc"), "tensorflow": ("tf", "tensor_flow"), "jax": ("xla",), "": ("paddle",)},
    "direction": {"forward": ("fwd", "forwards"), "backward": ("bwd", "vjp"), "": ("up",)},
    "mode": {"compiled": ("jit", "compile"), "": ("graph",)},
    "device": {"gpu": ("cuda", "GPU"), "": ("tpu",)},
    "profile": {"standard": ("standart",), "": ("tiny",)},
}
MEANT = [(option, meant, name) for option, table in CLOSE.items() for meant, names in table.items() for name in names]


@pytest.mark.parametrize(("option", "meant", "name"), MEANT)
def test_a_close_spelling_is_suggested(option: str, meant: str, name: str) -> None:
    """Slips, other letter cases and other projects' names give a suggestion, unless nothing is close."""
    value = name if option in ("device", "profile") else (name,)
    fields = {"device": "device", "profile": "profile"}
    with pytest.raises(LookupError) as raised:
        Choice(**{fields.get(option, f"{option}s"): value}).checked()  # type: ignore[arg-type]

    hint = f", did you mean {meant}?" if meant else ""
    assert str(raised.value).startswith(f"unknown {option} {name!r}{hint} (choose from ")


def test_every_synonym_names_a_choice() -> None:
    """Every suggestion is a valid choice."""
    choices = {*catalogue(), *DEVICES, *DIRECTIONS, *PROFILES, "numpy", "torch", "tensorflow", "jax", "all"}
    choices |= {"float16", "bfloat16", "float32", "float64", "eager", "compiled"}

    assert {meant.partition("[")[0] for meant in spelling.SYNONYMS.values()} <= choices
    assert not choices & set(spelling.SYNONYMS)


@pytest.mark.parametrize("name", ["softmax[axis=2]", "glu[axis=-3]", "softmax[axis=(0,5)]"])
def test_an_axis_beyond_the_shape_is_refused_before_anything_runs(name: str) -> None:
    """The plan refuses it with the shape, so that `--list` and a run do."""
    with pytest.raises(
        LookupError, match=r"axis -?\d does not exist in shape \(1000, 1000\), the one that is measured"
    ):
        Choice(activations=(name,)).checked()


def test_a_card_along_another_axis_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card shows one row along its last axis."""
    monkeypatch.setattr(sys, "argv", ["curves", "--activation", "softmax[axis=0]"])

    assert run_cli(record) == 2
    assert capsys.readouterr().err.startswith("error: softmax[axis=0]: a card shows a row along its last axis alone")


def test_a_backend_without_a_reproducer_is_told_the_others() -> None:
    """The message suggests the close name and lists the choices."""
    with pytest.raises(LookupError, match="no bug of 'torhc' is known, did you mean torch\\? \\(choose from "):
        bugs.main(["check", "--backend", "torhc"], standalone_mode=False)
