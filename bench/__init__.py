"""The measurement of activations: speed and accuracy of the same cases."""

from bench.core.cli import watch_imports

watch_imports()
