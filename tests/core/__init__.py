"""Tests of the project itself; the package `tests` describes the suites."""
