"""Notes on runs that measured on a GPU, and the names of the GPUs."""

from collections.abc import Iterable, Iterator

import pandas as pd

from bench.core.machine import Machine
from reports import formats
from reports.data import tables
from reports.data.load import Run

DISPATCH_SHARE = 0.5
"""Share of the time of a copy; where the dispatch cost is higher, a copy says little about memory."""


def measured(run: Run) -> bool:
    """Return whether the run has a case on the GPU."""
    return any(record.case.device == "gpu" for record in (*run.records, *run.missing))


def names(machine: Machine) -> list[str]:
    """Return the names of the GPUs of a machine, whether names alone are recorded or more about each."""
    recorded = machine.gpu or ()
    gpus = (recorded,) if isinstance(recorded, str) else recorded
    return [formats.short(gpu.get("name", "") if isinstance(gpu, dict) else gpu, 60) for gpu in gpus]


def described(run: Run) -> str:
    """Return the GPU of a run that measured on one, as in `NVIDIA H200`; empty for a run on the CPU alone."""
    if not measured(run):
        return ""
    return ", ".join(dict.fromkeys(filter(None, names(run.machine)))) or "a GPU that the run does not name"


def notes(runs: Iterable[Run], table: pd.DataFrame) -> list[str]:
    """Return the notes beside times of a GPU; empty for runs on the CPU alone."""
    gpus = list(dict.fromkeys(filter(None, map(described, runs))))
    if not gpus:
        return []
    return [
        formats.text(
            f"These are times of the GPU: {', '.join(gpus)}. What is said of accuracy, beside the outputs of these "
            "runs, was judged on CPUs: the atlas, the declared divergences, Keras' own backends."
        ),
        *map(formats.text, dispatch_notes(table)),
    ]


def dispatch_notes(table: pd.DataFrame) -> Iterator[str]:
    """Yield a note where a copy of the first setting costs about as much as a call that computes nothing."""
    panel = next((panel for panel in tables.panels(table) if panel.device == "gpu"), None)
    if panel is None:
        return
    rows = panel.rows[panel.rows["mode"] == "eager"]
    shares = (rows["dispatch_seconds"] / rows["copy_seconds"]).groupby(rows["backend"], sort=False).median().dropna()
    if len(shares) and shares.max() > DISPATCH_SHARE:
        by_backend = ", ".join(f"{name} {formats.digits(share)}" for name, share in shares.items())
        yield (
            f"An eager call that computes nothing takes this part of the time of a copy of "
            f"{formats.size(panel.size)} elements: {by_backend}. Near 1 both are the price of a call, and multiples "
            "of a copy tell little of memory."
        )
