"""Recorded findings that reports show: framework bugs, divergences, cotangents and long rows."""
