"""The former spelling of `python -m bench curves`."""

import sys

from bench.core.cli import refuse_moved

if __name__ == "__main__":
    sys.exit(refuse_moved("bench.portrait", "curves"))
