"""The commands of `python -m bench`, one file per verb: `python -m bench VERB` runs `main` of the file VERB.py.

These files import only what parses and checks options; what measures is imported when a command runs.
"""
