"""activation-bench as an installed package: the command `activation-bench`, with all other code in folders beside it.

The command runs in a child interpreter that finds these folders first, as `backends`, `bench` and `reports`: they
import each other under these names, which belong to other packages in the caller's process.
"""
