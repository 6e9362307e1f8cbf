"""The sides of a run: one, or the two of a comparison."""

from pathlib import Path

from bench.core.cases import Choice
from bench.core.results import BASE, HEAD, Side


def sides_of(base: str | None, head: str | None, pythons: dict[str, str], choice: Choice) -> tuple[Side, ...]:
    """Return the single side of an ordinary run, or the two sides of a comparison."""
    if base is None and head is None:
        return (Side(pythons),)
    if base is None:
        raise LookupError("--head needs --base beside it")
    return side(BASE, base, pythons, choice), side(HEAD, head, pythons, choice)


def side(name: str, where: str | None, pythons: dict[str, str], choice: Choice) -> Side:
    """Return the side at `where`: an interpreter, a checkout or `keras`; the default environment for None."""
    if where is None:
        return Side(pythons, name)
    if where == "keras":
        return Side(pythons, name, keras=True)
    if (Path(where) / "backends" / "interface.py").is_file():
        return Side(pythons, name, where, checkout=str(Path(where).absolute()))
    if not Path(where).is_file():
        raise LookupError(f"--{name} {where!r} is no interpreter and no checkout (or say keras)")
    if not choice.backends or len(choice.backends) > 1:
        raise LookupError(f"--{name} with an interpreter needs --backend with one name")
    return Side({**pythons, choice.backends[0]: str(Path(where).absolute())}, name)
