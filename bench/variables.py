"""Environment variables that change results or speed: what the user has set, and what a run sets in their place.

Variables are told by the prefixes of frameworks and their libraries alone, so that nothing else of an environment,
where secrets live, is ever written down.
"""

import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench import environment

PREFIXES = (
    *("XLA_", "TF_", "JAX_", "TORCH", "PYTORCH_", "ATEN_", "NPY_", "TRITON_"),
    *("ONEDNN_", "DNNL_", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "NUMEXPR_"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE", "GLIBC_TUNABLES"),
)
QUIET = ("TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL")
"""Of what is printed alone."""
SECRET = re.compile("TOKEN|SECRET|PASSWORD|CREDENTIAL|KEY", re.IGNORECASE)
LONGEST = 300  # letters of a value that are kept; XLA_FLAGS with ten flags have 400
MOST = 100
RESULT_TUNABLES = "glibc.cpu."
"""Of GLIBC_TUNABLES, what changes which of its mathematical functions the C library takes."""
LONGEST_MARK = 80


def given(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what an environment, this process' own if none is named, sets of frameworks and their libraries."""
    found = os.environ if variables is None else variables
    names = sorted(n for n in found if n.startswith(PREFIXES) and n not in QUIET and len(n) <= LONGEST)
    return {name: shown(name, found[name]) for name in names[:MOST]}


def shown(name: str, value: str) -> str:
    """Return a value as it is written down: bounded, no home folder in it, and nothing where the name is a secret's."""
    if SECRET.search(name):
        return "(not recorded)"
    text = value.replace(str(Path.home()), "~").encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} letters)"


def replaced(backends: Iterable[str], threads: Iterable[int]) -> dict[str, Any]:
    """Return the user's values that workers do not see, each with that of the workers and which backends' these are."""
    found: dict[str, Any] = {}
    mine = given()
    for backend in backends:
        for count in threads:
            used = environment.worker_variables(count) | environment.asked_variables(backend, Path("<run>/programs"))
            for name in (name for name in mine if used[name] != os.environ[name]):
                entry = found.setdefault(name, {"given": mine[name], "used": shown(name, used[name]), "backends": []})
                entry["backends"] = list(dict.fromkeys([*entry["backends"], backend]))
    return found


def notes(found: Mapping[str, Any], backends: Iterable[str]) -> Iterator[str]:
    """Yield what of `replaced` the user is told, a line for each variable."""
    everybody = list(backends)
    for name, entry in found.items():
        where = "" if entry["backends"] == everybody else f" of {', '.join(entry['backends'])}"
        yield f"{name}={entry['given']} is not what is measured: workers{where} have {name}={entry['used']}"


def mark(names: Iterable[str], variables: Mapping[str, str] | None = None) -> str:
    """Return `ATEN_CPU_CAPABILITY=avx2` for those of the names that are set; empty where none is.

    Safe in a file name; a long one is cut and told from others by its checksum.
    """
    found = os.environ if variables is None else variables
    parts = [f"{name}={found[name]}" for name in names if found.get(name)]
    tunables = found.get("GLIBC_TUNABLES", "").split(":")
    parts += [tunable for tunable in tunables if tunable.startswith(RESULT_TUNABLES)]
    text = re.sub(r"[^\w.,=+-]", "_", "+".join(parts))
    if len(text) <= LONGEST_MARK:
        return text
    return f"{text[:LONGEST_MARK]}.{zlib.crc32('+'.join(parts).encode('utf-8', 'backslashreplace')):08x}"
