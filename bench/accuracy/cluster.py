"""The Dask cluster that a sweep runs on: one that it starts itself, or the user's. No framework is imported here.

A worker serves a backend by a resource of the backend's name. The workers of a cluster started here run in their
backend's interpreter, are restarted when they die, and end with this process.
"""

import asyncio
import contextlib
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.accuracy import tls
from bench.accuracy.affinity import CORE
from bench.accuracy.device import VARIABLE
from bench.accuracy.tls import TlsFiles
from bench.core import environment
from bench.core.faults import BadInput
from bench.core.text import error_line, one_line

RESTART_SECONDS = 0.5
DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.deploy.lost-worker-timeout": "1000 days",  # workers started here are restarted
}
LOGGERS = ("distributed", "bokeh", "tornado")


@contextlib.contextmanager
def connect(
    scheduler: str | None,
    pythons: dict[str, str],
    store: Path,
    timeout: float,
    *,
    dashboard: bool,
    credentials: TlsFiles,
    device: str,
) -> Iterator[Any]:
    """Yield a client of the cluster at this address or, without one, of a new local cluster with a worker per backend.

    Raises BadInput if no scheduler answers within `timeout` seconds.
    """
    (store / "logs").mkdir(exist_ok=True)
    from distributed import Client

    with redirect_logs(store / "logs" / "client.log"), contextlib.ExitStack() as stack, warnings.catch_warnings():
        # of a dashboard's occupied port or of other versions: faults that matter are raised below
        warnings.simplefilter("ignore")
        try:
            if scheduler:
                cluster, security = scheduler, credentials.security(scheduler)
            else:
                cluster = stack.enter_context(local_cluster(pythons, store, dashboard=dashboard, device=device))
                security = cluster.security
            client = Client(cluster, timeout=timeout, set_as_default=False, security=security)
        except (OSError, ValueError, TimeoutError) as error:
            fault = f"no scheduler answers at {scheduler}" if scheduler else "the cluster does not start"
            raise BadInput(f"{fault}: {error_line(error)}") from None
        yield stack.enter_context(client)


@contextlib.contextmanager
def redirect_logs(log: Path) -> Iterator[None]:
    """Send Dask's log to a file, and let a task end its worker no more than twice."""
    import dask.config
    import distributed  # noqa: F401  # adds the handlers that are replaced below

    handler = logging.FileHandler(log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in LOGGERS:
            logging.getLogger(name).handlers[:] = [handler] if name in LOGGERS else []
            logging.getLogger(name).propagate = name not in LOGGERS
    logging.raiseExceptions = False  # a full disk has no room for the log
    try:
        with dask.config.set(DASK_SETTINGS):
            yield
    finally:
        for name in LOGGERS:
            logging.getLogger(name).handlers.clear()
        handler.close()


def local_cluster(pythons: dict[str, str], store: Path, *, dashboard: bool, device: str) -> Any:
    """Return a scheduler in this process and a worker per backend, closed with it and closed to other users."""
    from distributed import Scheduler, SpecCluster

    security = tls.temporary_security()
    local = {"host": "127.0.0.1", "dashboard": dashboard, "dashboard_address": "127.0.0.1:8787"}
    shared = {"store": store, "device": device, "credentials": tls.worker_variables(security)}
    spec = {
        name: {"cls": worker_class(), "options": {"python": python, "core": core, "backend": name, **shared}}
        for core, (name, python) in enumerate(pythons.items())
    }
    options = {**local, "protocol": tls.PROTOCOL, "security": security}
    return SpecCluster(spec, {"cls": Scheduler, "options": options}, security=security)


def worker_class() -> Any:
    """Return the class of a worker in another environment, defined here because it needs Dask."""
    from distributed.deploy.subprocess import Subprocess

    class WorkerProcess(Subprocess):  # type: ignore[misc]  # Dask has no types
        """A worker process started from a backend's interpreter, and again whenever it ends."""

        def __init__(
            self,
            scheduler: str,
            *,
            name: str,
            python: str,
            core: int,
            backend: str,
            store: Path,
            credentials: dict[str, str],
            device: str,
        ) -> None:
            super().__init__()
            options = {
                **{"nthreads": 1, "name": name, "resources": {backend: 1}, "memory_limit": 0, "dashboard": False},
                **{"host": "127.0.0.1", "death_timeout": 60},
            }
            spec = json.dumps({"cls": "distributed.Worker", "opts": options})
            self.command = (python, "-P", "-m", "bench.accuracy.worker", scheduler, "--spec", spec)
            programs = environment.backend_variables(backend, store / "programs" / backend)
            placement = {CORE: str(core), VARIABLE: device}
            self.variables = environment.worker_variables(1) | programs | credentials | placement
            self.log = store / "logs" / f"{backend}.log"

        async def _start(self) -> None:
            await self.launch()
            self.restarts = asyncio.create_task(self.restart_forever())

        async def launch(self) -> None:
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command,
                    cwd=environment.ROOT,
                    env=self.variables,
                    stdin=asyncio.subprocess.PIPE,  # a worker ends when this pipe is closed
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # so that an interrupt reaches this process alone
                )

        async def restart_forever(self) -> None:
            """Start the process again whenever it ends."""
            while True:
                await self.process.wait()
                await asyncio.sleep(RESTART_SECONDS)
                await self.launch()

        async def close(self) -> None:
            self.restarts.cancel()
            await super().close()

    return WorkerProcess


def workers(client: Any) -> dict[str, list[str]]:
    """Return the addresses of the workers that serve each backend."""
    addresses: dict[str, list[str]] = {}
    for address, worker in client.scheduler_info(n_workers=-1)["workers"].items():
        for resource in worker["resources"]:
            addresses.setdefault(resource, []).append(address)
    return addresses


def last_log_line(store: Path, backend: str) -> str:
    """Return the last line in the log of a worker started here, which tells why it did not join."""
    log = store / "logs" / f"{backend}.log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f": {one_line(lines[-1])}" if lines else ""


def pythons(names: tuple[str, ...], interpreters: dict[str, str]) -> dict[str, str]:
    """Return the interpreter of each backend: the given one, or this process' own."""
    return {name: interpreters.get(name, sys.executable) for name in names}
