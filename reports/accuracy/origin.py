"""The processors on which the atlas was judged, in words, beside a run on another processor."""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from bench.core import setting
from reports import formats
from reports.data import gpu
from reports.data.load import Run

VENDORS = {"amd": "AMD", "intel": "Intel", "hygon": "Hygon", "arm": "Arm", "apple": "Apple", "nvidia": "NVIDIA"}
SETS = {"avx512": "AVX-512", "avx2": "AVX2", "avx": "AVX", "sse2": "SSE2", "neon": "Neon", "sve": "SVE"}
MORE = {"avx512_fp16": "AVX-512 and its float16", "avx512_bf16": "AVX-512 and its bfloat16"}
"""Instruction sets that extend another one."""
Processor = tuple[str, str]
"""The vendor and instruction set, as a setting names them."""


def sentence(judged: pd.DataFrame | None, runs: Iterable[Run]) -> str:
    """Say where the atlas was judged and where the runs are from; empty where that is one kind of processor."""
    made = processors(judged) if judged is not None else []
    runs = list(runs)
    gpus = list(dict.fromkeys(filter(None, map(gpu.described, runs))))
    if made and gpus:
        return formats.text(
            f"Judged on {join_processors(made)}; this run is on {', '.join(gpus)}, where results differ."
        )
    here = sorted({processor for run in runs if (processor := of_run(run))})
    if not made or not here or made == here:
        return ""
    return formats.text(
        f"Judged on {join_processors(made)}; this run is on {join_processors(here)}, where some results may differ."
    )


def differences(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[str]:
    """Yield a line where the two sides of a comparison are of different kinds of processor."""
    sides = [processors(rows) for rows in (old, new)]
    if sides[0] != sides[1]:
        yield (
            f"Two settings: OLD was judged on {join_processors(sides[0])}, NEW on {join_processors(sides[1])}; "
            "a difference may be the processor's."
        )


def processors(rows: pd.DataFrame) -> list[Processor]:
    """Return the kinds of processor in a table of subjects or records."""
    kinds = rows[["vendor", "instruction_set"]].drop_duplicates()
    return sorted(
        (str(vendor), str(instruction_set)) for vendor, instruction_set in zip(*map(kinds.get, kinds), strict=True)
    )


def of_run(run: Run) -> Processor | None:
    """Return the kind of processor that a run says it was made on, None where it does not say."""
    machine = run.machine
    model = machine.cpu or ""
    vendor = setting.VENDORS.get(machine.cpu_vendor or "") or next(
        (short for short, words in VENDORS.items() if words.lower() in model.lower()), None
    )
    if vendor is None or machine.machine is None:
        return None
    return vendor, setting.widest(machine.cpu_flags, machine.machine)


def join_processors(kinds: Sequence[Processor]) -> str:
    """Return processors in words, such as `AMD with AVX-512 and its bfloat16`, several joined by `and on`."""
    return " and on ".join(
        f"{VENDORS.get(v, f'a processor of {v} vendor')} with {instruction_set_words(s)}" for v, s in kinds
    )


def instruction_set_words(instruction_set: str) -> str:
    """Return an instruction set in the reader's words."""
    return MORE.get(instruction_set, SETS.get(instruction_set, instruction_set))
