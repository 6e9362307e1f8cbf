"""How it is measured: the speed and the accuracy of the same cases, side by side."""

from bench.cli import watch_imports

watch_imports()
