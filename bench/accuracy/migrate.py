"""Migration of records of older schemas to the current one.

Schema 1 had one column `build` in the place of the setting: `cpu-avx512-1f0e9b22`, the device, the instruction set as
far as it was known, and a digest of the project's code. It does not name the processor's vendor: its records keep their
build and have an unknown vendor, so that no sweep takes them for results of its own setting.
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
"""The columns of each schema that can be read."""
CPU_BUILDS = {"torch": "cpu"}
"""The builds that frameworks name for a CPU; the other frameworks of schema 1 have one build, `release`."""


def migrate_table(table: Any, schema: int) -> Any:
    """Return a table of a schema in FORMS in the current schema."""
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


def set_processor(table: Any, vendor: str, instruction_set: str) -> Any:
    """Return a table migrated from schema 1 with this processor in its setting and without digests of code."""
    builds = [CPU_BUILDS.get(name, "release") for name in table["backend"].to_pylist()]
    columns = {"build": builds, "vendor": [vendor] * len(table), "instruction_set": [instruction_set] * len(table)}
    for name, values in columns.items():
        table = table.set_column(FORM.get_field_index(name), FORM.field(name), pa.array(values, pa.string()))
    return table
