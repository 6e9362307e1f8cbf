"""What an activation is: a formula, its parameters and how they may be spelled.

The catalogue holds one formula per activation, written once against a `Context`.
Everything that can be said of a parameter (default, domain, spelling) is read off that
formula's signature, so it stands in one place. Standard library only.
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
    """The number system a formula is evaluated in.

    Numbers support `+ - * /`, `**` with a small integer, and comparison with a number; a
    comparison made for `where` is exact at the points where formulas are evaluated.
    """

    pi: Any

    def number(self, value: float) -> Any:
        """`value`, exactly."""

    def where(self, condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        """The branch taken; each is a thunk, so that the other one need not exist."""

    def exp(self, x: Any) -> Any: ...
    def expm1(self, x: Any) -> Any: ...
    def log(self, x: Any) -> Any: ...
    def log1p(self, x: Any) -> Any: ...
    def sqrt(self, x: Any) -> Any: ...
    def tanh(self, x: Any) -> Any: ...
    def erfc(self, x: Any) -> Any: ...


@dataclass(frozen=True)
class Domain:
    """Which values a parameter takes, and the words for them in an error message."""

    words: str
    types: tuple[type, ...]
    low: float = -math.inf
    open_low: bool = False

    def convert(self, where: str, value: object) -> Any:
        """Return the value as a built-in float, int, bool or tuple of int.

        Numbers are those of `numbers.Real`, converted by `float`: `np.float32(0.1)` is 0.10000000149011612. Axes are
        whatever can be an index. A bool is no number. Raises TypeError for another kind, ValueError out of range.
        """
        try:
            if isinstance(value, tuple) and tuple in self.types:
                plain: Any = tuple(map(self._plain, value))
            else:
                plain = self._plain(value)
        except TypeError:
            raise TypeError(f"{where} must be {self.words}, not {spelling.shown(value)}") from None
        if plain == () or (isinstance(plain, float) and not self._holds(plain)):  # backends differ on no axis at all
            raise ValueError(f"{where} must be {self.words}, not {spelling.shown(value)}")
        return plain

    def _plain(self, value: object) -> bool | float | int:
        is_bool = type(value).__name__ == "bool"  # Python's, and NumPy's by the same name
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
        except OverflowError:  # an integer or a fraction that no float holds
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
    """A catalogue entry."""

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
        """The package that holds this entry, and beside it `<backend>_backend` modules."""
        return self.formula.__module__.rpartition(".")[0]

    @property
    def variants(self) -> tuple["Variant", ...]:
        """The parameter cases that are tested and timed; the first one is Keras' default."""
        return tuple(Variant(self, self.bind(**case)) for case in self.cases)

    def bind(self, **given: Any) -> Parameters:
        """Every parameter with its value: aliases resolved, defaults filled in, domains checked.

        Values are built-in ones, whatever kind of number is given: 3, 3.0 and `np.float32(3)` are one parameter case.
        Raises TypeError for an unknown, missing or wrongly typed parameter and ValueError for
        a value outside its domain (NaN and infinities are outside every domain).
        """
        resolved = {self.parameter_aliases.get(name, name): value for name, value in given.items()}
        if len(resolved) < len(given):
            raise TypeError(f"{self.name}: the same parameter given twice in {', '.join(given)}")
        for name in resolved.keys() - self.parameters.keys():
            raise TypeError(f"{self.name}: {self._unknown(name)}")
        bound = {}
        for name, parameter in self.parameters.items():
            if parameter.required and name not in resolved:
                raise TypeError(f"{self.name}: parameter {name!r} has no default and was not given")
            bound[name] = parameter.convert(f"{self.name}: {name}", resolved.get(name, parameter.default))
        return MappingProxyType(bound)

    def _unknown(self, parameter: str) -> str:
        named = spelling.shown(parameter) + spelling.hint(parameter, (*self.parameters, *self.parameter_aliases))
        return f"unknown parameter {named} (parameters: {', '.join(self.parameters) or 'none'})"


@dataclass(frozen=True)
class Variant:
    """An activation with every parameter fixed. Its `id` names it everywhere."""

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
        """`relu` for the first case, `relu[max_value=3]` with what differs from it otherwise."""
        first = self.activation.bind(**self.activation.cases[0])
        changed = [f"{k}={v!r}" for k, v in self.parameters.items() if v != first[k]]
        return f"{self.activation.name}[{','.join(changed).replace(' ', '')}]" if changed else self.activation.name

    @cached_property
    def kinks(self) -> tuple[float, ...]:
        """Inputs at which value or slope jumps, in increasing order."""
        return tuple(sorted({float(kink) for kink in self.activation.kinks_of(**self.parameters)}))

    def formula(self, ctx: Context, x: Any) -> Any:
        """The exact definition at `x`: a number, or a list of numbers along the axis."""
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
    """Enter the decorated formula into the catalogue under its own name."""

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
    """Every activation by name: Keras' own, then those of installed packages.

    Packages name their module of formulas in the entry point group
    `activation_bench.activations`; importing it enters them.
    """
    importlib.import_module("backends.catalogue")
    plugins.enter_activations()
    return MappingProxyType(_CATALOGUE)


def find(name: str) -> Activation:
    """The activation called `name`, Keras' alias or spelling; LookupError with the choices."""
    for entry in catalogue().values():
        if name == entry.name or name in entry.aliases:
            return entry
    others = [alias for entry in catalogue().values() for alias in entry.aliases]
    raise spelling.unknown("activation", name, catalogue(), others)


def find_variant(name: str, parameters: Parameters) -> Variant:
    """The variant of `name` with these parameters."""
    entry = find(name)
    return Variant(entry, entry.bind(**parameters))


def spelled(text: str) -> Variant:
    """The variant that `relu[max_value=3]` names, listed in the catalogue or not, in Keras 2's spelling too.

    A parameter without a default that is not named is that of the first case, as in an id. Raises LookupError, in one
    line, for an unknown name and for what cannot be its parameters.
    """
    name, bracket, inner = text.partition("[")
    entry = find(name.strip())
    try:
        if text.rstrip().endswith("]") != bool(bracket):
            raise ValueError
        pairs = list(spelling.assignments(inner.rstrip().removesuffix("]")))
    except ValueError:
        example = "an example: relu[negative_slope=0.1,max_value=6]"
        raise LookupError(f"{spelling.shown(text)} is no parameter case ({example})") from None
    if len(given := dict(pairs)) < len(pairs):
        raise LookupError(f"{entry.name}: the same parameter given twice in {spelling.shown(text)}")
    named = {entry.parameter_aliases.get(name, name) for name in given}
    remaining = {n: v for n, v in entry.cases[0].items() if entry.parameters[n].required and n not in named}
    try:
        return Variant(entry, entry.bind(**remaining, **given))
    except (TypeError, ValueError) as error:
        raise LookupError(str(error)) from None


def variants() -> tuple[Variant, ...]:
    """Every parameter case of every activation, in catalogue order."""
    return tuple(variant for entry in catalogue().values() for variant in entry.variants)
