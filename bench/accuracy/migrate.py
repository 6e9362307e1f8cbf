"""Records of older schemas, read as today's.

Schema 1 had one column `build` in the place of the setting: `cpu-avx512-1f0e9b22`, the device, the instruction set as
far as it was told apart, and a digest of our code. Who made the processor it does not say: what is read of it keeps its
build and is of an unknown vendor, so that no sweep takes it for its own.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.accuracy.form import FORM, KEYS

TEXTS_1 = ("activation", "direction", "dtype", "backend", "version", "build", "mode", "truth")
FORM_1 = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS_1),
        *((name, pa.int64()) for name in ("stride", "binade")),
        *(column for column in FORM if column.name not in KEYS),
    ]
)
FORMS = {1: FORM_1, 2: FORM}
"""The columns of each schema that is read."""
CPU_BUILDS = {"torch": "cpu"}
"""What schema 1's frameworks call their build for a CPU; the others have one build, `release`."""


def migrated(table: Any, schema: int) -> Any:
    """Return a table of one of FORMS in today's form."""
    if schema == 1:
        sets = [(*build.split("-"), "unknown")[1] for build in table["build"].to_pylist()]
        columns = {name: table[name] for name in table.column_names}
        columns |= {
            "instruction_set": sets,
            "vendor": ["unknown"] * len(table),
            "truth": pc.cast(table["truth"], "int64"),
        }
        columns |= dict.fromkeys(("threads", "revision"), [1] * len(table))
        table = pa.table({name: columns[name] for name in FORM.names}, FORM)
    return table.cast(FORM)


def placed(table: Any, vendor: str, instruction_set: str) -> Any:
    """Return a table migrated from schema 1 as computed on this kind of processor, digests of code dropped."""
    builds = [CPU_BUILDS.get(name, "release") for name in table["backend"].to_pylist()]
    columns = {"build": builds, "vendor": [vendor] * len(table), "instruction_set": [instruction_set] * len(table)}
    for name, values in columns.items():
        table = table.set_column(FORM.get_field_index(name), FORM.field(name), pa.array(values, pa.string()))
    return table
