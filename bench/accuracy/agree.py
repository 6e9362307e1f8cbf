"""What the workers say of themselves before a sweep, and what it is therefore asked of all of them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bench.accuracy import cluster, work
from bench.accuracy.plan import Asked
from bench.accuracy.work import Failed, Other
from bench.facts import PROBE_SECONDS
from bench.faults import BadInput


@dataclass
class Answers:
    """Of the workers of one backend, by address."""

    asking: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Asked | Failed] = field(default_factory=dict)
    left: str = ""
    """A worker that left without an answer: Dask ends one that cannot import what it is told to run."""


def ask(client: Any, names: Iterable[str], judging: str, timeout: float) -> dict[str, dict[str, Asked | Failed]]:
    """What each worker of these backends has.

    BadInput where a backend has no worker within `timeout` seconds, or one that does not answer.
    """
    answers, start = {name: Answers() for name in names}, time.monotonic()
    while True:
        there, waited = cluster.workers(client), time.monotonic() - start
        for name, mine in answers.items():
            listen(client, name, judging, mine, there.get(name, []))
        missing = [name for name in answers if not there.get(name)]
        if missing and waited > timeout:
            left = answers[missing[0]].left
            hint = f"; {left} came and left: is this project on its PYTHONPATH?" if left else ""
            raise BadInput(f"no worker with the resource {missing[0]!r} within {timeout:g} s{hint}")
        silent = [a for name, mine in answers.items() for a in there.get(name, []) if a not in mine.known]
        if not missing and not silent:
            return {name: {a: mine.known[a] for a in there[name]} for name, mine in answers.items()}
        if waited > timeout + PROBE_SECONDS:
            raise BadInput(f"worker {silent[0]} does not answer")
        time.sleep(0.1)


def listen(client: Any, backend: str, judging: str, mine: Answers, there: list[str]) -> None:
    """Ask who is new, and hear who has answered."""
    for address in there:
        if address not in mine.known and address not in mine.asking:
            placed = {"workers": [address], "resources": {backend: 1}, "priority": 10, "pure": False}
            mine.asking[address] = client.submit(work.identity, backend, judging, **placed)
    for address, future in list(mine.asking.items()):
        if future.done() or address not in there:
            del mine.asking[address]
            mine.left = address if address not in there else mine.left
        if future.status == "finished":
            mine.known[address] = future.result()
        elif future.status == "error":
            raise BadInput(f"worker {address} cannot be asked: {cluster.said(future.exception())}")


def agreed(
    answers: dict[str, dict[str, Asked | Failed]], expected: dict[str, str], named: Iterable[str]
) -> tuple[dict[str, Asked], list[str]]:
    """What every worker of a backend has to have, and why some backends are left out.

    BadInput for a worker that has something else, for a backend that is broken, and for one that is absent though it
    is among those that were named.
    """
    found, left_out = dict[str, Asked](), []
    for backend, told in answers.items():
        absent = [has.reason for has in told.values() if isinstance(has, Failed) and has.status == "absent"]
        if len(absent) == len(told) and backend not in named:
            left_out.append(absent[0])
            continue
        for address, has in told.items():
            wanted = found.get(backend)
            if isinstance(has, Asked) and wanted is None:
                version = expected.get(backend, has.setting.version)
                wanted = found[backend] = has._replace(setting=replace(has.setting, version=version))
            if has != wanted:
                raise BadInput(refusal(Other(address, has), backend, wanted))
    return found, left_out


def refusal(other: Other, backend: str, asked: Asked | None) -> str:
    """Who has what instead of what."""
    if isinstance(other.has, Failed):
        return f"backend {backend!r} cannot be loaded on worker {other.address}: {other.has.reason}"
    return f"worker {other.address} has {backend} {other.has}, and {asked} was asked for"
