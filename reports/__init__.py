"""What was found: runs collected into one table and written as reports. Never runs anything."""

from bench.cli import watch_imports

watch_imports()
