"""The steps of `python -m bench accuracy`: check, query the workers, compute missing shards, and report."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.accuracy import agree, certificate, cluster, compact, display, form, inventory, plan, store, summary, tls
from bench.accuracy.inventory import Inventory
from bench.accuracy.plan import Choice, SweepSetting
from bench.accuracy.run import Sweep
from bench.accuracy.shards import Shard
from bench.accuracy.tls import TlsFiles
from bench.accuracy.work import JUDGE, Failure, ShardResult
from bench.core import results
from bench.core.cli import FAILED, echo
from bench.core.faults import BadInput
from bench.core.text import error_line

MAX_FAILURE_LINES = 20
MAX_SUBJECTS_PER_LINE = 3


@dataclass(frozen=True)
class Options:
    """The options of how a sweep runs, not of what it computes."""

    store: Path
    scheduler: str | None = None
    pythons: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    """Framework versions that the workers are required to have, by backend."""
    timeout: float = 30.0
    """The seconds after which a backend without a worker is given up."""
    repeat: bool = False
    """Whether shards that the store holds are computed again."""
    dashboard: bool = True
    """Whether a scheduler started here has Dask's dashboard."""
    device: str = "cpu"
    """The device of workers started here; workers of another scheduler were started with theirs."""
    judging: str = JUDGE
    credentials: TlsFiles = field(default_factory=TlsFiles)
    """The TLS files of the user's cluster."""
    shard_timeout: float = 1800.0
    """The seconds after which a shard is given up and its worker ended."""


def sweep(choice: Choice, options: Options) -> int:
    """Compute the shards that the store lacks, and return the exit status."""
    planned = plan.plan(choice)
    try:
        certificate.refuse_stale(choice.variants())
    except certificate.StaleError as error:
        raise BadInput(str(error)) from None
    try:
        options.store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot write results to {options.store}: {error.strerror or error}") from None
    with results.hold_folder(options.store):
        store.tidy(options.store)
        pythons = cluster.pythons(tuple(planned), options.pythons)
        arguments = (options.scheduler, pythons, options.store, options.timeout)
        connected = cluster.connect(
            *arguments, dashboard=options.dashboard, credentials=options.credentials, device=options.device
        )
        with connected as client:
            if options.scheduler and (warning := tls.warning(options.scheduler)):
                echo(warning)
            if options.dashboard and client.dashboard_link:
                echo(f"dashboard at {client.dashboard_link}")
            settings = query_workers(client, planned, choice, options)
            planned = {name: planned[name] for name in settings}
            stock = inventory.read(options.store)
            compact.compact(stock)
            tally = run(client, planned, settings, stock, options)
            compact.compact(stock)
        return conclude(tally, itertools.chain(*planned.values()), settings, stock, options)


def query_workers(
    client: Any, planned: dict[str, list[Shard]], choice: Choice, options: Options
) -> dict[str, SweepSetting]:
    """Return the setting required of the workers of each backend."""
    try:
        answers = agree.ask(client, planned, options.judging, options.timeout)
    except BadInput as error:
        absent = str(error).partition("'")[2].partition("'")[0]
        log_line = "" if options.scheduler else cluster.last_log_line(options.store, absent)
        raise BadInput(f"{error}{log_line}") from None
    settings, left_out = agree.required_settings(answers, options.expected, choice.backends or ())
    for reason in left_out:
        echo(f"left out: {reason}")
    if not settings:
        raise BadInput("no backend is left")
    for backend, sweep_setting in settings.items():
        echo(f"{backend} {sweep_setting} on {len(answers[backend])} worker{'s' * (len(answers[backend]) > 1)}")
    return settings


def run(
    client: Any, planned: dict[str, list[Shard]], settings: dict[str, SweepSetting], stock: Inventory, options: Options
) -> summary.Tally:
    """Compute the missing shards, or all of them if they are to be repeated."""
    for path in stock.damaged:
        store.set_aside(path)
        echo(f"set aside: {path} is damaged; what it held is computed again if it is asked for")
    for error in stock.foreign:
        echo(f"passed over: {error}")
    missing = {
        backend: [s for s in shards if options.repeat or not stock.holds(s, settings[backend])]
        for backend, shards in planned.items()
    }
    totals = {b: (inputs(planned[b]), inputs(planned[b]) - inputs(missing[b])) for b in planned if planned[b]}
    missing_count, shard_count = sum(map(len, missing.values())), sum(map(len, planned.values()))
    echo(f"{shard_count - missing_count} of {shard_count} shards are there; results in {options.store}")
    tally = summary.Tally()
    with display.display(totals) as progress:
        try:
            sweep = Sweep(
                client, missing, settings, shard_recorder(tally, progress, settings, stock), options.shard_timeout
            )
            sweep.run(options.judging, options.timeout)
        except KeyboardInterrupt:
            echo("\ninterrupted: the same command goes on with it")
            raise
    return tally


def inputs(shards: list[Shard]) -> int:
    """Return the number of inputs in these shards."""
    return sum(shard.inputs for shard in shards)


def shard_recorder(
    tally: summary.Tally, progress: display.Display, settings: dict[str, SweepSetting], stock: Inventory
) -> Callable[[Shard, ShardResult | Failure], None]:
    """Return the function that receives each shard's result: it stores the records first."""

    def record(shard: Shard, result: ShardResult | Failure) -> None:
        if isinstance(result, ShardResult):
            try:
                table = form.table_of(result.records)
                stock.add({store.write(stock.folder, shard, settings[shard.subject.backend], table): table})
            except (ValueError, TypeError) as error:  # a value that its column cannot hold
                result = Failure("error", f"its records cannot be kept: {error_line(error)}")
        tally.add(shard, result)
        outcome = result.status if isinstance(result, Failure) else f"binades {shard.first}-{shard.last}"
        progress.advance(shard.subject.backend, shard.inputs, f"{shard.subject.id}: {outcome}")

    return record


def conclude(
    tally: summary.Tally, shards: Iterable[Shard], settings: dict[str, SweepSetting], stock: Inventory, options: Options
) -> int:
    """Print the summary, and return the exit status."""
    table, repeated = stock.summary(shards, settings)
    summary.show(tally, table)
    for line in repeated:
        echo(f"not deterministic, every result is kept: {line}")
    for line in itertools.islice(failures(tally), MAX_FAILURE_LINES):
        echo(f"failed: {line}")
    echo(f"results in {options.store}, logs in {options.store / 'logs'}")
    return FAILED if tally.failed or repeated else 0


def failures(tally: summary.Tally) -> Iterator[str]:
    """Yield a line per backend and reason of failure, the most frequent first, with the subjects concerned."""
    kinds: dict[tuple[str, str, str], Counter[str]] = {}
    for shard, failure in tally.failed:
        kinds.setdefault((shard.subject.backend, failure.status, failure.reason), Counter())[shard.subject.id] += 1
    for (backend, status, reason), subjects in sorted(kinds.items(), key=lambda kind: -kind[1].total()):
        count = subjects.total()
        more = f" and {len(subjects) - MAX_SUBJECTS_PER_LINE} more" if len(subjects) > MAX_SUBJECTS_PER_LINE else ""
        subject_list = ", ".join(itertools.islice(subjects, MAX_SUBJECTS_PER_LINE))
        yield f"{backend}, {count} shard{'s' * (count > 1)}, {status}: {reason} ({subject_list}{more})"
