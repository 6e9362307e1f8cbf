"""The measurement of the harness itself, with a backend of known cost."""
