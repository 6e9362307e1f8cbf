"""What the user can put right."""

from bench.faults import BadInput


class BadRun(BadInput):
    """A run that cannot be read: one line that names the file and the fault."""
