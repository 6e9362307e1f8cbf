"""The Dask cluster that a sweep runs on: one of its own, or somebody's. No framework is imported here.

A worker serves a backend by a resource of the backend's name. Those of a cluster of our own are started from their
backend's interpreter, come back when they die, and end with this process.
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

from bench import environment
from bench.accuracy import tls
from bench.accuracy.seat import CORE
from bench.accuracy.tls import TlsFiles
from bench.faults import BadInput
from bench.text import one_line

RESTART_SECONDS = 0.5
SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.deploy.lost-worker-timeout": "1000 days",  # ours come back
}
LOGGERS = ("distributed", "bokeh", "tornado")


@contextlib.contextmanager
def connected(
    scheduler: str | None,
    pythons: dict[str, str],
    store: Path,
    timeout: float,
    *,
    dashboard: bool,
    credentials: TlsFiles,
) -> Iterator[Any]:
    """A client of the cluster at this address or, without one, of a cluster of our own with a worker per backend.

    BadInput where nobody answers within `timeout` seconds.
    """
    (store / "logs").mkdir(exist_ok=True)
    from distributed import Client

    with quiet(store / "logs" / "client.log"), contextlib.ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # a dashboard's port that is taken, versions of others: told below where it counts
        try:
            if scheduler:
                cluster, security = scheduler, credentials.security(scheduler)
            else:
                cluster = stack.enter_context(own(pythons, store, dashboard=dashboard))
                security = cluster.security
            client = Client(cluster, timeout=timeout, set_as_default=False, security=security)
        except (OSError, ValueError, TimeoutError) as error:
            raise BadInput(f"no scheduler answers at {scheduler}: {said(error)}") from None
        yield stack.enter_context(client)


@contextlib.contextmanager
def quiet(log: Path) -> Iterator[None]:
    """Dask's words go to a file, and a task that ends its worker twice does not end it a third time."""
    import dask.config
    import distributed  # noqa: F401  # gives its loggers their handlers, which go now

    handler = logging.FileHandler(log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in LOGGERS:
            logging.getLogger(name).handlers[:] = [handler] if name in LOGGERS else []
            logging.getLogger(name).propagate = name not in LOGGERS
    logging.raiseExceptions = False  # a full disk has no room for a log either
    try:
        with dask.config.set(SETTINGS):
            yield
    finally:
        for name in LOGGERS:
            logging.getLogger(name).handlers.clear()
        handler.close()


def own(pythons: dict[str, str], store: Path, *, dashboard: bool) -> Any:
    """A scheduler in this process and a worker per backend, closed with it; nobody else can speak to them."""
    from distributed import Scheduler, SpecCluster

    security = tls.temporary()
    local = {"host": "127.0.0.1", "dashboard": dashboard, "dashboard_address": "127.0.0.1:8787"}
    shared = {"store": store, "credentials": tls.worker_variables(security)}
    spec = {
        name: {"cls": worker_class(), "options": {"python": python, "core": core, "backend": name, **shared}}
        for core, (name, python) in enumerate(pythons.items())
    }
    options = {**local, "protocol": tls.PROTOCOL, "security": security}
    return SpecCluster(spec, {"cls": Scheduler, "options": options}, security=security)


def worker_class() -> Any:
    """Of a worker in another environment, made when Dask is there."""
    from distributed.deploy.subprocess import Subprocess

    class Leashed(Subprocess):  # type: ignore[misc]  # Dask has no types
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
        ) -> None:
            super().__init__()
            options = {
                **{"nthreads": 1, "name": name, "resources": {backend: 1}, "memory_limit": 0, "dashboard": False},
                **{"host": "127.0.0.1", "death_timeout": 60},
            }
            spec = json.dumps({"cls": "distributed.Worker", "opts": options})
            self.command = (python, "-P", "-m", "bench.accuracy.leash", scheduler, "--spec", spec)
            programs = environment.asked_variables(backend, store / "programs" / backend)
            self.variables = environment.worker_variables(1) | programs | credentials | {CORE: str(core)}
            self.log = store / "logs" / f"{backend}.log"

        async def _start(self) -> None:
            await self.launch()
            self.keeper = asyncio.create_task(self.keep())

        async def launch(self) -> None:
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command,
                    cwd=environment.ROOT,
                    env=self.variables,
                    stdin=asyncio.subprocess.PIPE,  # its leash
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # an interrupt comes to us alone
                )

        async def keep(self) -> None:
            """Start it again as often as it ends."""
            while True:
                await self.process.wait()
                await asyncio.sleep(RESTART_SECONDS)
                await self.launch()

        async def close(self) -> None:
            self.keeper.cancel()
            await super().close()

    return Leashed


def workers(client: Any) -> dict[str, list[str]]:
    """Addresses of the workers that serve each backend."""
    found: dict[str, list[str]] = {}
    for address, about in client.scheduler_info(n_workers=-1)["workers"].items():
        for resource in about["resources"]:
            found.setdefault(resource, []).append(address)
    return found


def last_words(store: Path, backend: str) -> str:
    """The end of the log of a worker of our own, to say why it did not come."""
    log = store / "logs" / f"{backend}.log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f": {one_line(lines[-1])}" if lines else ""


def said(error: BaseException) -> str:
    """The first line of an error, or its kind."""
    return one_line((str(error).strip().splitlines() or [type(error).__name__])[0])


def pythons(names: tuple[str, ...], given: dict[str, str]) -> dict[str, str]:
    """The interpreter of each backend; this one where none was given."""
    return {name: given.get(name, sys.executable) for name in names}
