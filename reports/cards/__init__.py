"""The cards: for each activation its definition, the results of each backend, and its cost."""
