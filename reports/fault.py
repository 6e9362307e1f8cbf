"""The exception for runs that the user can correct."""

from bench.core.faults import BadInput


class BadRun(BadInput):
    """Raised when a run cannot be read or written; the message is one line that names the file and the fault."""
