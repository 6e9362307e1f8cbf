"""Reports of made-up runs, from the usual one to those that nobody wishes for."""

import json
from collections.abc import Callable
from pathlib import Path

from bench.cases import COPY
from tests.core.sample_run import Maker, Records, report

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
"""Each tries to become code in another place: script, element, attribute, expression, template, address, comment."""
LONG = "loooong" * 3000


def usual(maker: Maker) -> Records:
    """Three backends, two sizes and thread counts, three passes; one case without a time."""
    backends = ("numpy", "torch", "jax")
    settings: tuple[dict[str, int], ...] = ({}, {"size": 1000}, {"threads": 2})
    found = [r for n, own in enumerate(settings) for r in maker.passes(maker.times(backends, **own), 3, seed=n)]
    return [*found, maker.failed(maker.case("jax", "relu", "step"), "unsupported", "no such thing")]


def hostile(maker: Maker) -> Records:
    """Every text that a record may hold tries to become code."""
    found = maker.passes(maker.times(), 2)
    timed = [record for record in found if record["case"]["activation"] != COPY]
    for number, record in enumerate(timed):
        attack = ATTACKS[number % len(ATTACKS)]
        name = ("label", "backend", "direction", "mode", "activation", "device")[number % 6]
        record["case"] |= {name: attack, "id": f"{number}{attack}"}
    return found + [maker.failed(maker.case("torch", "elu", size=n + 2), "odd" + a, a) for n, a in enumerate(ATTACKS)]


def extreme(maker: Maker) -> Records:
    """NaN, infinities, missing fields, the shortest and the longest time, texts of 20,000 characters."""
    found = maker.passes(maker.times(), 2)
    found[1]["block_seconds"] = [float("nan")]
    found[2]["block_seconds"] = [float("inf")]
    for record, seconds in zip(found[3:], (1e-12, 1e9, 0.0, -1.0), strict=False):
        record["block_seconds"] = [seconds]
    for record in found[8:14]:
        record.update(dict.fromkeys(("host_seconds", "compile_seconds", "saved_bytes", "peak_bytes"), float("nan")))
    for record in found[14:20]:
        for name in ("host_seconds", "compile_seconds", "saved_bytes", "peak_bytes", "reason"):
            record.pop(name, None)
    found[20]["case"] |= {"label": LONG, "id": LONG}
    return [*found, maker.failed(maker.case("torch", "elu"), reason=LONG)]


SAMPLES: dict[str, Callable[[Maker], Records]] = {
    "usual": usual,
    "hostile": hostile,
    "extreme": extreme,
    "one-backend": lambda maker: maker.passes(maker.times(("torch",)), 2),
    "one-activation": lambda maker: [maker.timed(maker.case("numpy", "relu"), 1e-4)],
    "copies-alone": lambda maker: [maker.timed(maker.case("torch", COPY), 1e-4)],
    "failures-alone": lambda maker: [maker.failed(maker.case("torch", name)) for name in ("relu", "gelu")],
}


def write(folder: Path, name: str) -> Path:
    """The report of a sample; returns the page."""
    maker = Maker(folder / name)
    records = SAMPLES[name](maker)
    lines = (json.dumps(ATTACKS),) if name in ("hostile", "extreme") else ()
    more = {}
    if name == "hostile":
        said = dict.fromkeys(("backend", "activation", "check", "kind", "reason", "upstream", "low"), ATTACKS[0])
        backends = {"torch": {"version": ATTACKS[1]}, "numpy": 3}
        more = {"divergences": [said], "environment": {"machine": {"cpu": ATTACKS[2]}, "backends": backends}}
        more["selfcheck"] = {"rows": [{"what": ATTACKS[0], "asked": ATTACKS[1], "seen": ATTACKS[2]}]}
    assert report(maker.write(records, *lines, **more)) == 0
    return maker.folder / "report.html"
