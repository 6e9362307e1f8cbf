"""Timing of the cases: the runner, its workers, the inputs, the verification of outputs, and the statistics."""
