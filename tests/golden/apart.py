"""How far."""


def write() -> None:
    """Write."""
