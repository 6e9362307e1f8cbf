"""Definition of an activation: its formula, its parameters and their accepted spellings.

The catalogue holds one formula per activation, written once against a `Context`.
The default, domain and spelling of each parameter are read from the formula's signature, so they
are written in one place. This module imports the standard library only.
"""

import importlib
import inspect
import math
import numbers
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin, get_type_hints

from backends import plugins, spelling

Kind = Literal["elementwise", "rowwise", "gated"]
Parameters = Mapping[str, Any]


class Context(Protocol):
    """The number system in which a formula is evaluated.

    Numbers support `+ - * /`, `**` with a small integer, and comparison with a number. Comparisons
    made for `where` are exact at the points where formulas are evaluated.
    """

    pi: Any

    def number(self, value: float) -> Any:
        """Return `value` as an exact number of this system."""

    def where(self, condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        """Return the result of one branch; branches are thunks, so the other one is not evaluated."""

    def exp(self, x: Any) -> Any: ...
    def expm1(self, x: Any) -> Any: ...
    def log(self, x: Any) -> Any: ...
    def log1p(self, x: Any) -> Any: ...
    def sqrt(self, x: Any) -> Any: ...
    def tanh(self, x: Any) -> Any: ...
    def erfc(self, x: Any) -> Any: ...


@dataclass(frozen=True)
class Domain:
    """The set of values that a parameter accepts, and the words for it in an error message."""

    words: str
    types: tuple[type, ...]
    low: float = -math.inf
    open_low: bool = False

    def convert(self, where: str, value: object) -> Any:
        """Return the value as a built-in float, int, bool or tuple of int.

        Numbers are instances of `numbers.Real`, converted by `float`: `np.float32(0.1)` becomes 0.10000000149011612.
        An axis is any object that can be an index. A bool is not a number. Raises TypeError for a value of another
        kind and ValueError for one out of range.
        """
        try:
            if isinstance(value, tuple) and tuple in self.types:
                plain: Any = tuple(map(self._plain, value))
            else:
                plain = self._plain(value)
        except TypeError:
            raise TypeError(f"{where} must be {self.words}, not {spelling.quote(value)}") from None
        if plain == () or (isinstance(plain, float) and not self._holds(plain)):  # backends differ on axis=()
            raise ValueError(f"{where} must be {self.words}, not {spelling.quote(value)}")
        return plain

    def _plain(self, value: object) -> bool | float | int:
        is_bool = type(value).__name__ == "bool"  # of Python or NumPy: both have this name
        if is_bool != (bool in self.types):
            raise TypeError
        if is_bool:
            return bool(value)
        if float not in self.types:
            return operator.index(value)  # type: ignore[arg-type]
        if not isinstance(value, numbers.Real):
            raise TypeError
        try:
            return float(value)
        except OverflowError:  # an integer or fraction beyond the range of float
            return math.inf

    def _holds(self, value: float) -> bool:
        return math.isfinite(value) and (value > self.low if self.open_low else value >= self.low)


Number = Annotated[float, Domain("a finite number", (int, float))]
NonNegative = Annotated[float, Domain("a finite number >= 0", (int, float), low=0.0)]
Positive = Annotated[float, Domain("a finite number > 0", (int, float), low=0.0, open_low=True)]
Flag = Annotated[bool, Domain("True or False", (bool,))]
Axis = Annotated[int, Domain("an integer axis", (int,))]
Axes = Annotated[int | tuple[int, ...], Domain("an integer axis or a tuple of them", (int, tuple))]


@dataclass(frozen=True)
class Parameter:
    """One keyword parameter of an activation, as its formula declares it."""

    name: str
    domain: Domain
    optional: bool
    default: Any = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    def convert(self, where: str, value: object) -> Any:
        return None if self.optional and value is None else self.domain.convert(where, value)


@dataclass(frozen=True)
class Activation:
    """A catalogue entry: a formula with its parameters, kinks and parameter cases."""

    name: str
    formula: Callable[..., Any]
    kind: Kind
    source: str
    aliases: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    parameter_aliases: Mapping[str, str]
    kinks_of: Callable[..., tuple[float, ...]]
    cases: tuple[Parameters, ...]

    @property
    def home(self) -> str:
        """The package of this entry, which also holds its `<backend>_backend` modules."""
        return self.formula.__module__.rpartition(".")[0]

    @property
    def variants(self) -> tuple["Variant", ...]:
        """The parameter cases that are tested and timed; the first is Keras' default."""
        return tuple(Variant(self, self.bind(**case)) for case in self.cases)

    def bind(self, **arguments: Any) -> Parameters:
        """Return every parameter with its value: aliases resolved, defaults filled in, domains checked.

        Values become built-in ones, so that 3, 3.0 and `np.float32(3)` are one parameter case.
        Raises TypeError for an unknown, missing or wrongly typed parameter and ValueError for
        a value outside its domain (NaN and infinities are outside every domain).
        """
        resolved = {self.parameter_aliases.get(name, name): value for name, value in arguments.items()}
        if len(resolved) < len(arguments):
            raise TypeError(f"{self.name}: the same parameter given twice in {', '.join(arguments)}")
        for name in resolved.keys() - self.parameters.keys():
            raise TypeError(f"{self.name}: {self._unknown(name)}")
        bound = {}
        for name, parameter in self.parameters.items():
            if parameter.required and name not in resolved:
                raise TypeError(f"{self.name}: parameter {name!r} has no default and was not given")
            bound[name] = parameter.convert(f"{self.name}: {name}", resolved.get(name, parameter.default))
        return MappingProxyType(bound)

    def _unknown(self, parameter: str) -> str:
        name = spelling.quote(parameter) + spelling.hint(parameter, (*self.parameters, *self.parameter_aliases))
        return f"unknown parameter {name} (parameters: {', '.join(self.parameters) or 'none'})"


@dataclass(frozen=True)
class Variant:
    """An activation with every parameter fixed, identified everywhere by its `id`."""

    activation: Activation
    parameters: Parameters

    def __hash__(self) -> int:
        return hash(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variant) and self.id == other.id

    def __reduce__(self) -> Any:
        return find_variant, (self.activation.name, dict(self.parameters))

    @cached_property
    def id(self) -> str:
        """The name with the parameters that differ from the first case: `relu`, `relu[max_value=3]`."""
        first = self.activation.bind(**self.activation.cases[0])
        changed = [f"{k}={v!r}" for k, v in self.parameters.items() if v != first[k]]
        return f"{self.activation.name}[{','.join(changed).replace(' ', '')}]" if changed else self.activation.name

    @cached_property
    def kinks(self) -> tuple[float, ...]:
        """The inputs at which the value or the derivative jumps, in increasing order."""
        return tuple(sorted({float(kink) for kink in self.activation.kinks_of(**self.parameters)}))

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the value for an input of this shape: of a gated activation half along its axis."""
        if self.activation.kind != "gated":
            return shape
        axis = self.parameters["axis"] % len(shape)
        return tuple(n // 2 if i == axis else n for i, n in enumerate(shape))

    def formula(self, ctx: Context, x: Any) -> Any:
        """Evaluate the exact definition at `x`: a number, or a list of numbers along the axis."""
        inner = {k: v for k, v in self.parameters.items() if k != "axis"}
        return self.activation.formula(ctx, x, **inner)


_CATALOGUE: dict[str, Activation] = {}


def activation(
    *,
    source: str,
    kind: Kind = "elementwise",
    kinks: Callable[..., tuple[float, ...]] = lambda **_: (),
    aliases: tuple[str, ...] = (),
    parameter_aliases: Mapping[str, str] | None = None,
    cases: Iterable[Parameters] = ({},),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that enters a formula into the catalogue under the function's name."""

    def enter(formula: Callable[..., Any]) -> Callable[..., Any]:
        _CATALOGUE[formula.__name__] = Activation(
            name=formula.__name__,
            formula=formula,
            kind=kind,
            source=source,
            aliases=aliases,
            parameters=MappingProxyType({p.name: p for p in _parameters(formula)}),
            parameter_aliases=MappingProxyType(dict(parameter_aliases or {})),
            kinks_of=kinks,
            cases=tuple(cases),
        )
        return formula

    return enter


def _parameters(formula: Callable[..., Any]) -> Iterable[Parameter]:
    hints = get_type_hints(formula, include_extras=True)
    for name, spec in inspect.signature(formula).parameters.items():
        if spec.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        hint, optional = hints[name], False
        if get_origin(hint) is not Annotated:  # X | None
            hint, optional = next(h for h in get_args(hint) if get_origin(h) is Annotated), True
        yield Parameter(name, hint.__metadata__[0], optional, spec.default)


@cache
def catalogue() -> Mapping[str, Activation]:
    """Return all activations by name: those of Keras, then those of installed packages.

    Packages name their module of formulas in the entry point group
    `activation_bench.activations`; importing that module enters its formulas.
    """
    importlib.import_module("backends.catalogue")
    plugins.enter_activations()
    return MappingProxyType(_CATALOGUE)


def find(name: str) -> Activation:
    """Return the activation with this name or alias. Raises LookupError with the choices."""
    for entry in catalogue().values():
        if name == entry.name or name in entry.aliases:
            return entry
    others = [alias for entry in catalogue().values() for alias in entry.aliases]
    raise spelling.unknown("activation", name, catalogue(), others)


def find_variant(name: str, parameters: Parameters) -> Variant:
    """Return the variant of an activation with these parameters."""
    entry = find(name)
    return Variant(entry, entry.bind(**parameters))


def parse_variant(text: str) -> Variant:
    """Return the variant that a text such as `relu[max_value=3]` names, whether or not the catalogue lists it.

    Keras 2's parameter names are accepted. A missing parameter without a default has its value in the first case, as
    in an id. Raises LookupError, with a message of one line, for an unknown name and for invalid parameters.
    """
    name, bracket, inner = text.partition("[")
    entry = find(name.strip())
    try:
        if text.rstrip().endswith("]") != bool(bracket):
            raise ValueError
        pairs = list(spelling.assignments(inner.rstrip().removesuffix("]")))
    except ValueError:
        example = "an example: relu[negative_slope=0.1,max_value=6]"
        raise LookupError(f"{spelling.quote(text)} is no parameter case ({example})") from None
    if len(arguments := dict(pairs)) < len(pairs):
        raise LookupError(f"{entry.name}: the same parameter given twice in {spelling.quote(text)}")
    names = {entry.parameter_aliases.get(name, name) for name in arguments}
    remaining = {n: v for n, v in entry.cases[0].items() if entry.parameters[n].required and n not in names}
    try:
        return Variant(entry, entry.bind(**remaining, **arguments))
    except (TypeError, ValueError) as error:
        raise LookupError(str(error)) from None


def variants() -> tuple[Variant, ...]:
    """Return every parameter case of every activation, in catalogue order."""
    return tuple(variant for entry in catalogue().values() for variant in entry.variants)
