"""Exact values of activations and derivatives, the error of a result, and the piecewise polynomials of the sweeps."""

TRUTH = 2
"""The revision of the exact values and of the counting of errors; it has to be raised whenever a record would change.

1: the first. 2: ranges, and results beside a power of two, are decided exactly.
"""
