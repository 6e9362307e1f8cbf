"""Reports: runs are collected into one table and written as HTML, Markdown and data; nothing is measured here."""

from bench.core.cli import watch_imports

watch_imports()
