"""Accuracy of every input: shards of all floating-point numbers, judged against rigorous exact values."""
