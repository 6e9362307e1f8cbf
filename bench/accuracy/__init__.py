"""Accuracy of every input: shards of all floating-point numbers, judged against a rigorous truth."""
