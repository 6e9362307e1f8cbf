"""A Dask worker that ends with the process that started it, however that process ends.

`python -m bench.accuracy.worker` takes the arguments of `dask spec`. Its standard input is a pipe from its parent that
carries nothing; the system closes it when the parent is gone.
"""

import contextlib
import os
import sys
import threading
from typing import NoReturn


def wait_for_closed_pipe() -> None:
    """Wait until the pipe is closed, then end this process and its children."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    end_process()


def end_process() -> NoReturn:
    """End this process and its children, whatever its threads are doing."""
    import psutil

    for child in psutil.Process().children(recursive=True):  # compile workers of a framework
        with contextlib.suppress(psutil.Error):
            child.kill()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=wait_for_closed_pipe, daemon=True).start()
    from distributed.cli.dask_spec import main

    main()
