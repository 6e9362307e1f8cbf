"""A Dask worker that ends with whoever started it, however that ends: `python -m bench.accuracy.leash` and what follows
`dask spec`.

Its standard input is a pipe from its starter that carries nothing; the system closes it when the starter is gone.
"""

import contextlib
import os
import sys
import threading
from typing import NoReturn


def wait_for_the_end() -> None:
    """End this process and what it started once the pipe is closed."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    end_process()


def end_process() -> NoReturn:
    """End this process and what it started, whatever its threads are at."""
    import psutil

    for child in psutil.Process().children(recursive=True):  # compile workers of a framework
        with contextlib.suppress(psutil.Error):
            child.kill()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    from distributed.cli.dask_spec import main

    main()
