"""How names and parameter cases are typed: lists, literals, and what was probably meant by an unknown name."""

import difflib
import reprlib
from collections.abc import Iterable, Iterator

CLOSE = 0.7
"""Share of letters from which a spelling is close: `rleu` is to `relu`, `tpu` is not to `cpu`."""
SHOWN = 60  # letters of what was typed; a message is one line
SYNONYMS = {
    **{"half": "float16", "fp16": "float16", "f16": "float16", "bf16": "bfloat16"},
    **{"fp32": "float32", "f32": "float32", "float": "float32", "single": "float32"},
    **{"fp64": "float64", "f64": "float64", "double": "float64"},
    **{"pytorch": "torch", "tf": "tensorflow", "np": "numpy", "xla": "jax", "flax": "jax"},
    **{"cuda": "gpu", "fwd": "forward", "bwd": "backward", "fw": "forward", "bw": "backward", "vjp": "backward"},
    **{"train": "step", "both": "step", "jit": "compiled", "compile": "compiled", "max": "all"},
    **{"gelu_new": "gelu[approximate=True]", "gelu_tanh": "gelu[approximate=True]"},
    **{"gelu_pytorch_tanh": "gelu[approximate=True]", "identity": "linear", "logistic": "sigmoid"},
    **{"exp": "exponential", "lrelu": "leaky_relu"},
}
"""What other projects, and people in a hurry, call the choices of options."""
CONSTANTS = {"True": True, "False": False, "None": None}


def unknown(option: str, name: object, choices: Iterable[str], more: Iterable[str] = ()) -> LookupError:
    """Return the error that names an unknown choice, what was probably meant, and all choices.

    `more` are other accepted spellings: they are suggested, and not listed.
    """
    listed = tuple(choices)
    meant = hint(str(name), (*listed, *more))
    return LookupError(f"unknown {option} {shown(name)}{meant} (choose from {', '.join(listed) or 'none'})")


def hint(name: str, choices: Iterable[str]) -> str:
    """Return `, did you mean relu?` where a choice is close to a name; empty where none is."""
    meant = close(name, choices)
    return f", did you mean {meant}?" if meant else ""


def close(name: str, choices: Iterable[str]) -> str:
    """Return the choice that a name is a synonym or a slip of; empty if there is none.

    Digits do not slip: float64 is not meant to be float16.
    """
    plain = {normal(choice): choice for choice in choices}
    typed = normal(name)[: 2 * SHOWN]
    synonym = SYNONYMS.get(typed, "")
    if normal(synonym.partition("[")[0]) in plain:
        return synonym
    alike = [choice for choice in plain if digits(choice) == digits(typed)]
    return next((plain[choice] for choice in difflib.get_close_matches(typed, alike, 1, CLOSE)), "")


def normal(name: str) -> str:
    """Return a name in the spelling of the catalogue: `nn.Hard-Swish` is `hard_swish`."""
    return name.strip().casefold().rpartition(".")[2].replace("-", "_").replace(" ", "_")


def digits(name: str) -> str:
    """Return the digits of a name."""
    return "".join(letter for letter in name if letter.isdecimal())


def shown(value: object) -> str:
    """Return a value's representation as far as it fits into a message."""
    try:
        text = repr(value)
    except ValueError:  # Python prints no integers of more than 4300 digits
        text = f"a number of {value.bit_length()} bits" if isinstance(value, int) else reprlib.repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def split(text: str) -> list[str]:
    """Return the parts between commas; a comma inside of brackets separates nothing."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def assignments(text: str) -> Iterator[tuple[str, object]]:
    """Yield the parameters in `max_value=6,threshold=1`; ValueError for what is none."""
    parts = split(text)
    for part in parts[:-1] if parts[-1] == "" else parts:
        name, separator, value = part.partition("=")
        if not (separator and name.strip().isidentifier() and value.strip()):
            raise ValueError(part)
        yield name.strip(), literal(value.strip())


def literal(text: str) -> object:
    """Return the number, truth value, None or tuple of numbers that a text spells; else the text itself."""
    if text.startswith("(") and text.endswith(")"):
        return tuple(number(part.strip()) for part in text[1:-1].split(",") if part.strip())
    return CONSTANTS[text] if text in CONSTANTS else number(text)


def number(text: str) -> int | float | str:
    """Return the number that a text spells; else the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
