"""activation-bench as an installed package: the command `activation-bench`, and its functions for notebooks.

The command runs in a child interpreter that finds the folders beside this one first, as `backends`, `bench` and
`reports`: they import each other under these names, which belong to other packages in the caller's process.
"""

from activation_bench.api import CommandFailed, accuracy, bench, chart

__all__ = ["CommandFailed", "accuracy", "bench", "chart"]
