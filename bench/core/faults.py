"""The exception for faults that the user can correct."""


class BadInput(Exception):
    """Raised with one line that names the fault and the choices; exit status 2."""
