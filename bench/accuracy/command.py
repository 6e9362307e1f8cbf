"""What `python -m bench.accuracy` does: check, agree with the workers, compute what is missing, sum up."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import results
from bench.accuracy import agree, certificate, cluster, compact, display, form, inventory, plan, store, summary, tls
from bench.accuracy.inventory import Inventory
from bench.accuracy.plan import Asked, Choice
from bench.accuracy.run import Sweep
from bench.accuracy.shards import Shard
from bench.accuracy.tls import TlsFiles
from bench.accuracy.work import JUDGE, Failed, Found
from bench.command import FAILED, say
from bench.faults import BadInput

MOST_SHOWN = 20  # lines of failures
MOST_NAMED = 3  # subjects in a line


@dataclass(frozen=True)
class Options:
    """How a sweep runs, beside what it is about."""

    store: Path
    scheduler: str | None = None
    pythons: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    """Versions of frameworks."""
    timeout: float = 30.0
    """Seconds without a worker of a backend."""
    repeat: bool = False
    """Whether shards that are there are computed again."""
    dashboard: bool = True
    """Whether the scheduler has Dask's dashboard, if it is our own."""
    device: str = "cpu"
    """Of workers of our own; those of another scheduler were started with theirs."""
    judging: str = JUDGE
    credentials: TlsFiles = field(default_factory=TlsFiles)
    """Of the user's cluster."""
    shard_timeout: float = 1800.0
    """Seconds until a shard is given up and its worker ended."""


def sweep(choice: Choice, options: Options) -> int:
    """Compute what the store has not; the exit status."""
    planned = plan.plan(choice)
    try:
        certificate.refuse_stale(choice.variants())
    except certificate.StaleError as error:
        raise BadInput(str(error)) from None
    try:
        options.store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot write results to {options.store}: {error.strerror or error}") from None
    with results.owned(options.store):
        store.tidy(options.store)
        pythons = cluster.pythons(tuple(planned), options.pythons)
        where = (options.scheduler, pythons, options.store, options.timeout)
        connected = cluster.connected(
            *where, dashboard=options.dashboard, credentials=options.credentials, device=options.device
        )
        with connected as client:
            if options.scheduler and (warning := tls.warning(options.scheduler)):
                say(warning)
            if options.dashboard and client.dashboard_link:
                say(f"dashboard at {client.dashboard_link}")
            asked = agreement(client, planned, choice, options)
            planned = {name: planned[name] for name in asked}
            stock = inventory.read(options.store)
            compact.compact(stock)
            tally = run(client, planned, asked, stock, options)
            compact.compact(stock)
        return conclude(tally, itertools.chain(*planned.values()), asked, stock, options)


def agreement(client: Any, planned: dict[str, list[Shard]], choice: Choice, options: Options) -> dict[str, Asked]:
    """What is asked of the workers of each backend."""
    try:
        answers = agree.ask(client, planned, options.judging, options.timeout)
    except BadInput as error:
        absent = str(error).partition("'")[2].partition("'")[0]
        own = "" if options.scheduler else cluster.last_words(options.store, absent)
        raise BadInput(f"{error}{own}") from None
    asked, left_out = agree.agreed(answers, options.expected, choice.backends or ())
    for reason in left_out:
        say(f"left out: {reason}")
    if not asked:
        raise BadInput("no backend is left")
    for backend, has in asked.items():
        say(f"{backend} {has} on {len(answers[backend])} worker{'s' * (len(answers[backend]) > 1)}")
    return asked


def run(
    client: Any, planned: dict[str, list[Shard]], asked: dict[str, Asked], stock: Inventory, options: Options
) -> summary.Tally:
    """Compute what is missing, or all of it."""
    for path in stock.damaged:
        store.set_aside(path)
        say(f"set aside: {path} is damaged; what it held is computed again if it is asked for")
    for error in stock.foreign:
        say(f"passed over: {error}")
    missing = {
        backend: [s for s in shards if options.repeat or not stock.holds(s, asked[backend])]
        for backend, shards in planned.items()
    }
    totals = {b: (inputs(planned[b]), inputs(planned[b]) - inputs(missing[b])) for b in planned if planned[b]}
    todo, all_of_them = sum(map(len, missing.values())), sum(map(len, planned.values()))
    say(f"{all_of_them - todo} of {all_of_them} shards are there; results in {options.store}")
    tally = summary.Tally()
    with display.display(totals) as shown:
        try:
            sweep = Sweep(client, missing, asked, keeper(tally, shown, asked, stock), options.shard_timeout)
            sweep.run(options.judging, options.timeout)
        except KeyboardInterrupt:
            say("\ninterrupted: the same command goes on with it")
            raise
    return tally


def inputs(shards: list[Shard]) -> int:
    """Of all of them."""
    return sum(shard.inputs for shard in shards)


def keeper(
    tally: summary.Tally, shown: display.Display, asked: dict[str, Asked], stock: Inventory
) -> Callable[[Shard, Found | Failed], None]:
    """What is done with each shard as it ends: first of all, it is kept."""

    def keep(shard: Shard, found: Found | Failed) -> None:
        if isinstance(found, Found):
            try:
                table = form.table_of(found.records)
                stock.add({store.write(stock.folder, shard, asked[shard.subject.backend], table): table})
            except (ValueError, TypeError) as error:  # a value that its column cannot hold
                found = Failed("error", f"its records cannot be kept: {cluster.said(error)}")
        tally.add(shard, found)
        what = found.status if isinstance(found, Failed) else f"binades {shard.first}-{shard.last}"
        shown.advance(shard.subject.backend, shard.inputs, f"{shard.subject.id}: {what}")

    return keep


def conclude(
    tally: summary.Tally, shards: Iterable[Shard], asked: dict[str, Asked], stock: Inventory, options: Options
) -> int:
    """Say what came of it; the exit status."""
    table, repeated = stock.summary(shards, asked)
    summary.show(tally, table)
    for line in repeated:
        say(f"not deterministic, every result is kept: {line}")
    for line in itertools.islice(failures(tally), MOST_SHOWN):
        say(f"failed: {line}")
    say(f"results in {options.store}, logs in {options.store / 'logs'}")
    return FAILED if tally.failed or repeated else 0


def failures(tally: summary.Tally) -> Iterator[str]:
    """What failed, by backend and reason, the most frequent first, with the subjects that it happened to."""
    kinds: dict[tuple[str, str, str], Counter[str]] = {}
    for shard, why in tally.failed:
        kinds.setdefault((shard.subject.backend, why.status, why.reason), Counter())[shard.subject.id] += 1
    for (backend, status, reason), whose in sorted(kinds.items(), key=lambda kind: -kind[1].total()):
        count, more = whose.total(), f" and {len(whose) - MOST_NAMED} more" if len(whose) > MOST_NAMED else ""
        named = ", ".join(itertools.islice(whose, MOST_NAMED))
        yield f"{backend}, {count} shard{'s' * (count > 1)}, {status}: {reason} ({named}{more})"
