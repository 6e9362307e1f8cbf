"""Recording of values, derivatives and other facts of each activation on a backend, for the cards of the report."""
