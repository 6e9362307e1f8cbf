"""Comparison of two sides of a run, or of two runs, and its outcome."""
