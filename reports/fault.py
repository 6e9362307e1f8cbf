"""What the user can put right."""


class BadRun(Exception):
    """A run that cannot be read: one line that names the file and the fault."""
