"""Parsing of typed names, lists and parameter values, and suggestions for unknown names."""

import difflib
import reprlib
from collections.abc import Iterable, Iterator

SIMILARITY = 0.7
"""The least similarity of a suggestion, from 0 to 1: `rleu` is close to `relu`, `tpu` is not close to `cpu`."""
SHOWN_CHARACTERS = 60  # characters of a typed value in a message, which is one line
ALIASES = {
    **{"half": "float16", "fp16": "float16", "f16": "float16", "bf16": "bfloat16"},
    **{"fp32": "float32", "f32": "float32", "float": "float32", "single": "float32"},
    **{"fp64": "float64", "f64": "float64", "double": "float64"},
    **{"pytorch": "torch", "tf": "tensorflow", "np": "numpy", "cuda": "gpu", "max": "all"},
    **{"fwd": "forward", "bwd": "backward", "fw": "forward", "bw": "backward", "vjp": "backward"},
    "compile": "compiled",
}
"""Abbreviations and names of other projects that the choices of options accept: each means one thing alone."""
SYNONYMS = {
    **ALIASES,
    **{"xla": "jax", "flax": "jax", "train": "step", "both": "step", "jit": "compiled"},
    **{"gelu_new": "gelu[approximate=True]", "gelu_tanh": "gelu[approximate=True]"},
    **{"gelu_pytorch_tanh": "gelu[approximate=True]", "identity": "linear", "logistic": "sigmoid"},
    **{"exp": "exponential", "lrelu": "leaky_relu"},
}
"""Names that are suggested: those above, and those that may mean something else."""
CONSTANTS = {"True": True, "False": False, "None": None}


def unknown(option: str, name: object, choices: Iterable[str], more: Iterable[str] = ()) -> LookupError:
    """Return the error that names an unknown choice, the closest match and all choices.

    `more` holds other accepted spellings, which are suggested but not listed.
    """
    names = tuple(choices)
    suggestion = hint(str(name), (*names, *more))
    return LookupError(f"unknown {option} {quote(name)}{suggestion} (choose from {', '.join(names) or 'none'})")


def resolve(name: str, choices: Iterable[str]) -> str:
    """Return the choice of which a name is an alias; the name itself if it is a choice, or none."""
    names = tuple(choices)
    choice = ALIASES.get(normal(name), "")
    return choice if name not in names and choice in names else name


def hint(name: str, choices: Iterable[str]) -> str:
    """Return `, did you mean relu?` if a choice is close to a name, else an empty string."""
    suggestion = close(name, choices)
    return f", did you mean {suggestion}?" if suggestion else ""


def close(name: str, choices: Iterable[str]) -> str:
    """Return the choice of which a name is a synonym or a misspelling; empty if there is none.

    Digits must be equal: float16 is not suggested for float64.
    """
    by_spelling = {normal(choice): choice for choice in choices}
    typed = normal(name)[: 2 * SHOWN_CHARACTERS]
    synonym = SYNONYMS.get(typed, "")
    if normal(synonym.partition("[")[0]) in by_spelling:
        return synonym
    candidates = [choice for choice in by_spelling if digits(choice) == digits(typed)]
    return next((by_spelling[choice] for choice in difflib.get_close_matches(typed, candidates, 1, SIMILARITY)), "")


def normal(name: str) -> str:
    """Return a name in the spelling of the catalogue: `nn.Hard-Swish` becomes `hard_swish`."""
    return name.strip().casefold().rpartition(".")[2].replace("-", "_").replace(" ", "_")


def digits(name: str) -> str:
    """Return the digits in a name."""
    return "".join(letter for letter in name if letter.isdecimal())


def quote(value: object) -> str:
    """Return a value's representation, shortened to fit into a message."""
    try:
        text = repr(value)
    except ValueError:  # Python prints no integers of more than 4300 digits
        text = f"a number of {value.bit_length()} bits" if isinstance(value, int) else reprlib.repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 3]}..."


def split(text: str) -> list[str]:
    """Return the parts between commas, ignoring commas within brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def assignments(text: str) -> Iterator[tuple[str, object]]:
    """Yield the parameters in `max_value=6,threshold=1`. Raises ValueError for a part that is not a parameter."""
    parts = split(text)
    for part in parts[:-1] if parts[-1] == "" else parts:
        name, separator, value = part.partition("=")
        if not (separator and name.strip().isidentifier() and value.strip()):
            raise ValueError(part)
        yield name.strip(), literal(value.strip())


def literal(text: str) -> object:
    """Return the number, bool, None or tuple of numbers that a text spells, else the text itself."""
    if text.startswith("(") and text.endswith(")"):
        return tuple(number(part.strip()) for part in text[1:-1].split(",") if part.strip())
    return CONSTANTS[text] if text in CONSTANTS else number(text)


def number(text: str) -> int | float | str:
    """Return the number that a text spells, else the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
