"""A Dask worker that ends with whoever started it, however that ends: `python -m bench.accuracy.leash` and what follows
`dask spec`.

Its standard input is a pipe from its starter that carries nothing; the system closes it when the starter is gone.
"""

import contextlib
import os
import sys
import threading


def wait_for_the_end() -> None:
    """End this process and what it started once the pipe is closed."""
    import psutil

    while os.read(sys.stdin.fileno(), 1):
        pass
    for child in psutil.Process().children(recursive=True):  # compile workers of a framework
        with contextlib.suppress(psutil.Error):
            child.kill()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    from distributed.cli.dask_spec import main

    main()
