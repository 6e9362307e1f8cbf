"""Reports of made-up runs, from an ordinary one to the worst possible."""

import json
from collections.abc import Callable
from pathlib import Path

from bench.core.cases import COPY
from tests.core.sample_run import Records, RunFactory, report

ATTACKS = (
    "</script><script>hacked=1;alert(1)</script>",
    "<img src=x onerror=hacked=1>",
    '"><svg onload=hacked=1>',
    "' onmouseover='hacked=1' x='",
    "'+(hacked=1)+'",
    "${hacked=1}{{7*7}}",
    "javascript:hacked=1",
    "]]><!--<script>",
)
"""Texts that try to become code as a script, element, attribute, expression, template, address or comment."""
LONG = "loooong" * 3000


def usual(factory: RunFactory) -> Records:
    """Return three backends, two sizes and thread counts, three passes; one case without a time."""
    backends = ("numpy", "torch", "jax")
    settings: tuple[dict[str, int], ...] = ({}, {"size": 1000}, {"threads": 2})
    records = [
        r for n, options in enumerate(settings) for r in factory.passes(factory.times(backends, **options), 3, seed=n)
    ]
    return [*records, factory.failed(factory.case("jax", "relu", "step"), "unsupported", "no such thing")]


def hostile(factory: RunFactory) -> Records:
    """Return records in which every text tries to become code."""
    records = factory.passes(factory.times(), 2)
    timed = [record for record in records if record["case"]["activation"] != COPY]
    for number, record in enumerate(timed):
        attack = ATTACKS[number % len(ATTACKS)]
        name = ("label", "backend", "direction", "mode", "activation", "device")[number % 6]
        record["case"] |= {name: attack, "id": f"{number}{attack}"}
    return records + [
        factory.failed(factory.case("torch", "elu", size=n + 2), "odd" + a, a) for n, a in enumerate(ATTACKS)
    ]


def extreme(factory: RunFactory) -> Records:
    """Return NaN, infinities, missing fields, the shortest and the longest time, texts of 20,000 characters."""
    records = factory.passes(factory.times(), 2)
    records[1]["block_seconds"] = [float("nan")]
    records[2]["block_seconds"] = [float("inf")]
    for record, seconds in zip(records[3:], (1e-12, 1e9, 0.0, -1.0), strict=False):
        record["block_seconds"] = [seconds]
    for record in records[8:14]:
        record.update(dict.fromkeys(("host_seconds", "compile_seconds", "saved_bytes", "peak_bytes"), float("nan")))
    for record in records[14:20]:
        for name in ("host_seconds", "compile_seconds", "saved_bytes", "peak_bytes", "reason"):
            record.pop(name, None)
    records[20]["case"] |= {"label": LONG, "id": LONG}
    return [*records, factory.failed(factory.case("torch", "elu"), reason=LONG)]


SAMPLES: dict[str, Callable[[RunFactory], Records]] = {
    "usual": usual,
    "hostile": hostile,
    "extreme": extreme,
    "one-backend": lambda factory: factory.passes(factory.times(("torch",)), 2),
    "one-activation": lambda factory: [factory.timed(factory.case("numpy", "relu"), 1e-4)],
    "copies-alone": lambda factory: [factory.timed(factory.case("torch", COPY), 1e-4)],
    "failures-alone": lambda factory: [factory.failed(factory.case("torch", name)) for name in ("relu", "gelu")],
}


def write(folder: Path, name: str) -> Path:
    """Write the report of a sample and return the path of its page."""
    factory = RunFactory(folder / name)
    records = SAMPLES[name](factory)
    lines = (json.dumps(ATTACKS),) if name in ("hostile", "extreme") else ()
    more = {}
    if name == "hostile":
        divergence = dict.fromkeys(("backend", "activation", "check", "kind", "reason", "upstream", "low"), ATTACKS[0])
        backends = {"torch": {"version": ATTACKS[1]}, "numpy": 3}
        more = {"divergences": [divergence], "environment": {"machine": {"cpu": ATTACKS[2]}, "backends": backends}}
        more["selfcheck"] = {"rows": [{"what": ATTACKS[0], "asked": ATTACKS[1], "seen": ATTACKS[2]}]}
    assert report(factory.write(records, *lines, **more)) == 0
    return factory.folder / "report.html"
