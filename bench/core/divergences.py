"""The entries of `divergences.json`: what each backend of a run declares about itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DivergenceRecord:
    """A declared divergence, as the run's backend described it; `backends.divergence` says what the fields mean."""

    backend: str = ""
    activation: str = ""
    check: str = ""
    dtypes: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    kind: str = ""
    reason: str = ""
    upstream: str = ""
    low: float | str | None = None
    """The least input; a text where it is not finite, None where it is not recorded."""
    high: float | str | None = None
