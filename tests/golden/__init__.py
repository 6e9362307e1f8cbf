"""See the package `tests`."""
