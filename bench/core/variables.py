"""Environment variables that change results or speed: those of the user, and those that a run sets instead.

Only variables with prefixes of frameworks and their libraries are recorded, so that nothing else of an environment,
which may contain secrets, is ever written down.
"""

import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.core import environment

PREFIXES = (
    *("XLA_", "TF_", "JAX_", "TORCH", "PYTORCH_", "ATEN_", "NPY_", "TRITON_"),
    *("ONEDNN_", "DNNL_", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "NUMEXPR_"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE", "GLIBC_TUNABLES"),
)
MESSAGE_VARIABLES = ("TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL")
"""The variables that affect only printed messages."""
SECRET = re.compile("TOKEN|SECRET|PASSWORD|CREDENTIAL|KEY", re.IGNORECASE)
LONGEST = 300  # letters of a value that are kept; XLA_FLAGS with ten flags has 400
MOST_VARIABLES = 100
RESULT_TUNABLES = "glibc.cpu."
"""The prefix of those GLIBC_TUNABLES that change which mathematical functions the C library uses."""
LONGEST_MARK = 80


def framework_variables(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of frameworks and their libraries in an environment, by default that of this process."""
    environ = os.environ if variables is None else variables
    names = sorted(n for n in environ if n.startswith(PREFIXES) and n not in MESSAGE_VARIABLES and len(n) <= LONGEST)
    return {name: redact(name, environ[name]) for name in names[:MOST_VARIABLES]}


def redact(name: str, value: str) -> str:
    """Return a value as it is recorded: bounded, without the home folder, and hidden if the name suggests a secret."""
    if SECRET.search(name):
        return "(not recorded)"
    text = value.replace(str(Path.home()), "~").encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} letters)"


def replacements(backends: Iterable[str], threads: Iterable[int]) -> dict[str, Any]:
    """Return the user's values that workers do not see, each with the workers' value and the backends concerned."""
    entries: dict[str, Any] = {}
    recorded = framework_variables()
    for backend in backends:
        for count in threads:
            used = environment.worker_variables(count) | environment.backend_variables(backend, Path("<run>/programs"))
            for name in (name for name in recorded if used[name] != os.environ[name]):
                values = {"given": recorded[name], "used": redact(name, used[name])}
                entry = entries.setdefault(name, {**values, "backends": []})
                entry["backends"] = list(dict.fromkeys([*entry["backends"], backend]))
    return entries


def notes(entries: Mapping[str, Any], backends: Iterable[str]) -> Iterator[str]:
    """Yield a line for the user about each variable of `replacements`."""
    names = list(backends)
    for name, entry in entries.items():
        where = "" if entry["backends"] == names else f" of {', '.join(entry['backends'])}"
        yield f"{name}={entry['given']} is not what is measured: workers{where} have {name}={entry['used']}"


def mark(names: Iterable[str], variables: Mapping[str, str] | None = None) -> str:
    """Return the variables of these names that are set, such as `ATEN_CPU_CAPABILITY=avx2`; empty where none is.

    The text is safe in a file name; a long one is cut and made unique by a checksum.
    """
    environ = os.environ if variables is None else variables
    parts = [f"{name}={environ[name]}" for name in names if environ.get(name)]
    tunables = environ.get("GLIBC_TUNABLES", "").split(":")
    parts += [tunable for tunable in tunables if tunable.startswith(RESULT_TUNABLES)]
    text = re.sub(r"[^\w.,=+-]", "_", "+".join(parts))
    if len(text) <= LONGEST_MARK:
        return text
    return f"{text[:LONGEST_MARK]}.{zlib.crc32('+'.join(parts).encode('utf-8', 'backslashreplace')):08x}"
