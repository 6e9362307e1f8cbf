"""Exact values of activations and derivatives, the error of a result, and the piecewise polynomials of the sweeps."""
