"""The settings that workers report before a sweep, and the setting that is required of them all."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bench.accuracy import cluster, work
from bench.accuracy.plan import SweepSetting
from bench.accuracy.work import Failure, Mismatch
from bench.core.facts import PROBE_SECONDS
from bench.core.faults import BadInput
from bench.core.text import error_line


@dataclass
class Answers:
    """The answers of the workers of one backend, by address."""

    futures: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, SweepSetting | Failure] = field(default_factory=dict)
    departed: str = ""
    """The address of a worker that left without an answer: Dask ends one that cannot import the task it is given."""


def ask(
    client: Any, names: Iterable[str], judging: str, timeout: float
) -> dict[str, dict[str, SweepSetting | Failure]]:
    """Return the setting of each worker of these backends, by backend and address.

    Raises BadInput if a backend has no worker within `timeout` seconds, or has one that does not answer.
    """
    answers, start = {name: Answers() for name in names}, time.monotonic()
    while True:
        present, waited = cluster.workers(client), time.monotonic() - start
        for name, backend_answers in answers.items():
            listen(client, name, judging, backend_answers, present.get(name, []))
        missing = [name for name in answers if not present.get(name)]
        if missing and waited > timeout:
            departed = answers[missing[0]].departed
            hint = f"; {departed} came and left: is this project on its PYTHONPATH?" if departed else ""
            raise BadInput(f"no worker with the resource {missing[0]!r} within {timeout:g} s{hint}")
        silent = [
            address
            for name, backend_answers in answers.items()
            for address in present.get(name, [])
            if address not in backend_answers.settings
        ]
        if not missing and not silent:
            return {
                name: {address: backend_answers.settings[address] for address in present[name]}
                for name, backend_answers in answers.items()
            }
        if waited > timeout + PROBE_SECONDS:
            raise BadInput(f"worker {silent[0]} does not answer")
        time.sleep(0.1)


def listen(client: Any, backend: str, judging: str, backend_answers: Answers, present: list[str]) -> None:
    """Ask each new worker for its setting, and collect the answers that have arrived."""
    for address in present:
        if address not in backend_answers.settings and address not in backend_answers.futures:
            placed = {"workers": [address], "resources": {backend: 1}, "priority": 10, "pure": False}
            backend_answers.futures[address] = client.submit(work.identity, backend, judging, **placed)
    for address, future in list(backend_answers.futures.items()):
        if future.done() or address not in present:
            del backend_answers.futures[address]
            backend_answers.departed = address if address not in present else backend_answers.departed
        if future.status == "finished":
            backend_answers.settings[address] = future.result()
        elif future.status == "error":
            raise BadInput(f"worker {address} cannot be asked: {error_line(future.exception())}")


def required_settings(
    answers: dict[str, dict[str, SweepSetting | Failure]], expected: dict[str, str], requested: Iterable[str]
) -> tuple[dict[str, SweepSetting], list[str]]:
    """Return the setting required of every worker of each backend, and the reasons for leaving backends out.

    Raises BadInput for a worker with another setting, for a backend that is broken, and for an absent backend that was
    requested by name.
    """
    required, left_out = dict[str, SweepSetting](), []
    for backend, settings in answers.items():
        absent = [
            setting.reason
            for setting in settings.values()
            if isinstance(setting, Failure) and setting.status == "absent"
        ]
        if len(absent) == len(settings) and backend not in requested:
            left_out.append(absent[0])
            continue
        for address, setting in settings.items():
            expected_setting = required.get(backend)
            if isinstance(setting, SweepSetting) and expected_setting is None:
                version = expected.get(backend, setting.setting.version)
                expected_setting = required[backend] = setting._replace(
                    setting=replace(setting.setting, version=version)
                )
            if setting != expected_setting:
                raise BadInput(refusal(Mismatch(address, setting), backend, expected_setting))
    return required, left_out


def refusal(mismatch: Mismatch, backend: str, required: SweepSetting | None) -> str:
    """Return the message that refuses a worker, with its setting and the required one."""
    if isinstance(mismatch.setting, Failure):
        return f"backend {backend!r} cannot be loaded on worker {mismatch.address}: {mismatch.setting.reason}"
    return f"worker {mismatch.address} has {backend} {mismatch.setting}, and {required} was asked for"
