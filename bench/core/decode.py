"""Conversion of JSON values to dataclasses by the types of their fields. Uses only the standard library."""

import types
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind")
INTEGER_BOUND = 2**53
"""The bound of whole numbers, below which each is also a float."""
NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}


def decode(kind: type[Kind], value: Any, name: str) -> Kind:
    """Return `value` as `kind`, a dataclass or a built-in type; raise ValueError naming a field of another type."""
    decoded: Kind = convert(kind, value, name)
    return decoded


def convert(kind: Any, value: Any, name: str) -> Any:
    """Convert a value according to a type hint."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return optional(inner, value, name)
    if origin in (list, tuple, Sequence):
        require(isinstance(value, list), value, f"{name} is no list")
        return tuple(convert(inner[0], item, f"{name}[{place}]") for place, item in enumerate(value))
    if origin is dict:
        require(isinstance(value, dict), value, f"{name} is no object")
        return {key: convert(inner[1], item, f"{name}.{key[:40]}") for key, item in value.items()}
    if is_dataclass(kind):
        return construct(kind, value, name)
    return value if kind is Any else plain(kind, value, name)


def optional(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    """Convert a value to None, or to the one other kind."""
    (kind,) = (kind for kind in kinds if kind is not type(None))
    return None if value is None else convert(kind, value, name)


def construct(kind: Any, value: Any, name: str) -> Any:
    """Convert an object to a dataclass; keys that are no fields are ignored."""
    require(isinstance(value, dict), value, f"{name} is no object")
    hints = hints_of(kind)
    for field in fields(kind):
        needed = field.default is MISSING and field.default_factory is MISSING
        require(field.name in value or not needed, value, f"{name}.{field.name} is missing")
    names = (field.name for field in fields(kind) if field.name in value)
    return kind(**{key: convert(hints[key], value[key], f"{name}.{key}") for key in names})


hints_of = cache(get_type_hints)


def plain(kind: Any, value: Any, name: str) -> Any:
    """Return a text, a number or a truth value of this kind; raise ValueError otherwise. A truth value is no number."""
    right = isinstance(value, (int, float) if kind is float else kind)
    require(right and isinstance(value, bool) == (kind is bool), value, f"{name} is not {NAMES[kind]}")
    return require(not isinstance(value, int) or abs(value) < INTEGER_BOUND, value, f"{name} is too large")


def require(holds: bool, value: Any, fault: str) -> Any:
    """Return the value if the condition holds; raise ValueError with the fault otherwise."""
    if not holds:
        raise ValueError(fault)
    return value
