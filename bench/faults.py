"""What the user can put right."""


class BadInput(Exception):
    """One line that names the fault and the choices; exit status 2."""
