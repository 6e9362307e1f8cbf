"""The measurement of activations: speed and accuracy of the same cases."""

from bench.cli import watch_imports

watch_imports()
