"""The guide's claims, measured: verdicts follow from figures, and missing data is shown as such."""

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from backends.activation import catalogue
from bench.curves import depth, guide
from reports.cards import load
from reports.guide import calls, choosing, claims, render
from reports.guide.evidence import Evidence
from reports.page.section import Table
from tests.core import sample_curves
from tests.core.sample_curves import OK

PRINTED = {example.call: list(map(float, example.printed or example.x)) for example in guide.EXAMPLES}


def guided() -> dict[str, Any]:
    """Return the guide's part of a file, in which every call gives what the guide printed."""
    calls = [{"call": e.call, **OK, "values": PRINTED[e.call]} for e in guide.EXAMPLES]
    sums = {"dtype": "float32", "length": 10, **OK, "off": 2.0, "zeros": 0, "ones": 0, "results": 100}
    return {"id": guide.ID, "calls": calls, "sums": [sums]}


def deep(last: float) -> dict[str, Any]:
    """Return networks whose deepest one passes on this ratio, with either kind of weights."""
    ratios = [*[0.5] * (len(depth.DEPTHS) - 1), last]
    return {"depth": OK | {"depths": list(depth.DEPTHS), "glorot": ratios, "he": ratios}}


def evidence(tmp_path: Path, costs: pd.DataFrame | None = None, **changed: dict[str, Any]) -> Evidence:
    """Return the evidence of one backend."""
    content = sample_curves.file("torch", **changed)
    content["curves"][guide.ID] = guided()
    return Evidence(load.read(sample_curves.write(tmp_path / "store", content)), costs)


def find_claim(source: Evidence, start: str) -> claims.Claim:
    """Return the claim that starts with this text."""
    return next(claim for claim in claims.claims(source) if claim.statement.startswith(start))


def costs(**ratios: float) -> pd.DataFrame:
    """Return the costs of a forward call of each activation."""
    rows = [
        {"label": n, "backend": "torch", "mode": "eager", "direction": "forward", "x_copy": r}
        for n, r in ratios.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("last", "verdict"), [(0.5, claims.HOLDS), (1e-9, claims.FAILS)])
def test_a_gradient_that_reaches_the_first_layer_decides(tmp_path: Path, last: float, verdict: str) -> None:
    """The verdict on relu's claim follows from the deepest network."""
    claim = find_claim(evidence(tmp_path, relu=deep(last)), "ReLU does not suffer")

    assert claim.verdict == verdict
    assert f"keeps {last:.2g} of its size" in claim.figures[0]


@pytest.mark.parametrize(("sigmoid", "verdict"), [(3.0, claims.HOLDS), (1.1, claims.FAILS)])
def test_heavy_is_against_relu(tmp_path: Path, sigmoid: float, verdict: str) -> None:
    """An activation that takes less than 1.5 times as long as relu is not heavy."""
    claim = find_claim(evidence(tmp_path, costs(relu=1.0, sigmoid=sigmoid)), "Sigmoid is computationally heavy")

    assert claim.verdict == verdict


def test_cheap_is_the_cheapest_third(tmp_path: Path) -> None:
    """An activation is cheap if it is in the cheapest third."""
    cheap = find_claim(evidence(tmp_path, costs(relu=1.0, tanh=2.0, gelu=3.0)), "ReLU is computationally")
    dear = find_claim(evidence(tmp_path, costs(relu=3.0, tanh=2.0, gelu=1.0)), "ReLU is computationally")

    assert (cheap.verdict, dear.verdict) == (claims.HOLDS, claims.PARTLY)
    assert "1 of 3 on torch" in cheap.figures[1]


def test_without_data_there_is_no_verdict(tmp_path: Path) -> None:
    """Claims that were not measured are OPEN."""
    source = evidence(tmp_path)

    for start in ("ReLU is computationally", "Sigmoid is computationally", "ReLU does not", "No sigmoid or tanh"):
        assert find_claim(source, start).verdict == claims.OPEN


def test_derivatives_at_zero_are_those_returned(tmp_path: Path) -> None:
    """The claim on relu's differentiability fails, and the derivative at 0 is the backend's."""
    claim = find_claim(evidence(tmp_path), "ReLU is differentiable")

    assert claim.verdict == claims.FAILS
    assert claim.figures[0].endswith("0.5 on torch")


def test_printed_digits_are_held_to_the_exact_value(tmp_path: Path) -> None:
    """The guide's sigmoid(-5) is 140 ulp off, and so is a backend with the same result."""
    tables = {section.title: section.blocks[-1] for section in calls.sections(evidence(tmp_path).collection)}
    table = tables["sigmoid(x)"]
    assert isinstance(table, Table)
    _, printed, torch, exact = next(row for row in table.cells() if row[0].text == "-5")

    assert 139 <= float(printed.note.removesuffix(" ulp")) <= 141
    assert (torch.text, torch.note) == (printed.text, printed.note)
    assert exact.text == "0.00669285092"


def test_every_activation_can_be_chosen(tmp_path: Path) -> None:
    """Each activation has a row of numbers, which the table sorts by; a missing one is called so."""
    rows = choosing.rows(evidence(tmp_path, costs(relu=1.5), relu=deep(0.25), elu=deep(math.inf)))
    relu, elu = (
        {column.heading: cell for column, cell in zip(choosing.COLUMNS, row, strict=True)}
        for row in list(Table(rows, choosing.COLUMNS).cells())[:4:3]
    )

    assert list(rows["activation"]) == list(catalogue())
    assert (relu["forward"].text, relu["forward"].order) == ("1.50\u00a0×", 1.5)
    assert relu["backward"].text == "no data"
    assert (relu["Glorot"].text, relu["vanished"].text) == ("0.25", "1.50")
    assert (elu["Glorot"].text, elu["Glorot"].order) == ("overflows", math.inf)


def test_hostile_files_are_shown_as_text(tmp_path: Path) -> None:
    """Markup in names, texts in place of numbers, and missing parts are shown as text."""
    content = sample_curves.file("<script>alert(1)</script>", relu={"depth": OK | {"depths": [1], "glorot": ["x"]}})
    content["curves"][guide.ID] = {"id": guide.ID, "calls": [{"status": "error", "reason": "<b>no</b>"}], "sums": []}
    content["curves"]["tanh"] |= {
        "vanished": 3,
        "depth": OK | {"depths": 7, "glorot": []},
        "points": OK | {"at": [1]},
    }
    content["curves"]["sigmoid"] = [1]
    page = render.chapter(load.read(sample_curves.write(tmp_path / "store", content)), None).body

    assert "<script>alert" not in page
    assert "<b>no" not in page
    assert "no data" in page


def test_the_command(tmp_path: Path) -> None:
    """The command writes both files and names them; without curves it ends with status 2 and one line."""
    content = sample_curves.file("torch", relu=deep(0.5))
    content["curves"][guide.ID] = guided()
    store = sample_curves.write(tmp_path / "store", content)
    result = run("--curves", str(store), "--output", str(tmp_path / "out"))
    refusal = run("--curves", str(tmp_path / "none"))

    assert result.returncode == 0, result.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"guide.html", "guide.md"}
    assert refusal.returncode == 2
    assert re.fullmatch(r"error: .*none holds no curves; nox -s curves records them\n", refusal.stderr)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m reports guide` and return its result."""
    return subprocess.run(
        [sys.executable, "-m", "reports", "guide", *arguments], capture_output=True, text=True, check=False
    )


def test_depth_is_the_product_of_derivatives() -> None:
    """A network of linear layers passes on about all of a gradient, softmax next to nothing."""
    linear = depth._network("numpy", catalogue()["linear"].variants[0], 1.0, 0)
    softmax = depth._network("numpy", catalogue()["softmax"].variants[0], 1.0, 0)

    assert all(0.5 < ratio < 2 for ratio in linear)
    assert linear[0] == pytest.approx(1.0)
    assert softmax[2] < 1e-6
    assert all(math.isfinite(ratio) for ratio in softmax)


def test_the_guides_calls_of_numpy() -> None:
    """The guide's calls run on NumPy, and softmax's sums are within some roundings of 1."""
    relu = guide.run_example("numpy", guide.EXAMPLES[1])
    sums = guide.softmax_sums("numpy", "float64", 1000)

    assert relu["values"][:2] == pytest.approx([-3.5, -5.6])
    assert 0 < sums["off"] < 100
    assert (sums["zeros"], sums["ones"]) == (0, 0)
