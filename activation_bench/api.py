"""The commands as Python functions that return DataFrames, for notebooks: `import activation_bench as ab`.

Each runs the command in a child process, so that no framework is imported into the caller's. Importing this module
needs only the standard library; a function needs the packages of the extra `reports`.
"""

import signal
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activation_bench import launch

if TYPE_CHECKING:
    import pandas as pd

Value = str | int | float | bool | Path | Sequence[str | int | float] | Mapping[str, str | Path]
"""The value of an option: True for a flag, a sequence for a comma list, a mapping for a repeated NAME=VALUE."""
FAILED, WRONG = 1, 12
"""The exit statuses of a run whose table is sound: a row of it says which case failed or was wrong, and why."""


class CommandFailed(RuntimeError):
    """Raised with the line that a command ended with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
        """The exit status of the command."""


def bench(**options: Value) -> "pd.DataFrame":
    """Time activations as `activation-bench run` does, and return a row per case.

    `options` are those of the command: `bench(backend="numpy", activation=["relu", "gelu"], profile="smoke")`. The
    columns are those of a report's table.csv; a failed case has a status, a reason and no time. The run is kept in
    ./results. Raises CommandFailed if nothing was measured.
    """
    import pandas as pd

    results = Path(str(options.pop("results", "results")))
    name = str(options.pop("run", f"{datetime.now():%Y%m%d-%H%M%S-%f}"))
    place: dict[str, Value] = {"results": results, "run": name, "no_report": True}
    call("run", *arguments(options | place), accepted=(0, FAILED, WRONG))
    with tempfile.TemporaryDirectory() as scratch:
        call("report", "table", str(results / name), f"--output={scratch}")
        return pd.read_parquet(Path(scratch, "table.parquet"))


def accuracy(**options: Value) -> "pd.DataFrame":
    """Judge results at every input as `activation-bench accuracy` does, and return a row per subject of the store.

    `options` are those of the command: `accuracy(backend="numpy", activation="gelu", shards="1/63")`. The columns are
    those of accuracy.csv. The store, ./results/accuracy, keeps earlier sweeps, which have their rows too.
    """
    import pandas as pd

    store = str(options.pop("store", Path("results", "accuracy")))
    call("accuracy", *arguments(options | {"store": store}), accepted=(0, FAILED))
    with tempfile.TemporaryDirectory() as scratch:
        call("report", "accuracy", store, f"--output={scratch}")
        return pd.read_csv(Path(scratch, "accuracy.csv"))


def chart(table: "pd.DataFrame") -> Any:
    """Return the heat map of a table that `bench` returned: the time against a copy, as an Altair chart."""
    import altair as alt

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "table.parquet")
        table.to_parquet(path, index=False)
        return alt.Chart.from_json(call("report", "chart", str(path)))


def arguments(options: Mapping[str, Value]) -> Iterator[str]:
    """Yield the options of a command line: `max_minutes=3` becomes `--max-minutes=3`."""
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            yield from [option] * value
        elif isinstance(value, Mapping):
            yield from (f"{option}={key}={item}" for key, item in value.items())
        elif isinstance(value, str | int | float | Path):
            yield f"{option}={value}"
        else:
            yield f"{option}={','.join(map(str, value))}"


def call(*command: str, accepted: Collection[int] = (0,)) -> str:
    """Run a command of `activation-bench` and return its output; raise CommandFailed for any other exit status.

    An interrupt is handed on once, and the command saves its results.
    """
    with subprocess.Popen(
        launch.command(*command),
        env=launch.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # a terminal's interrupt would reach the command a second time
    ) as process:
        try:
            out, err = process.communicate()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
    if process.returncode not in accepted:
        lines = err.strip().splitlines() or out.strip().splitlines() or [f"exit status {process.returncode}"]
        raise CommandFailed(lines[-1].removeprefix("error: "), process.returncode)
    return out
