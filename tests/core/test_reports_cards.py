"""The cards: their page of made-up curves, the facts of the definitions, and the input that is refused."""

import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from markdown_it import MarkdownIt

from backends.activation import catalogue, find, parse_variant
from bench.core.cli import run_cli
from reports.__main__ import main
from reports.cards import content, costs, draw, exact, load, results
from reports.cards.pictures import picture_of
from reports.data import load as runs
from reports.data import tidy
from reports.page.section import Drawing
from tests.core.sample_curves import file, write
from tests.core.sample_run import RunFactory

RELU = exact.Facts(0.0, math.inf, 0.0, 1.0, 0.0, math.inf, False, True, False, True)


SHOWN = {name: find(name) for name in ("relu", "gelu", "mish", "selu")}


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Use relu's facts for all activations and show few cards: proofs and pictures of all take half a minute."""
    facts = mock.patch.object(exact, "facts", return_value=RELU)
    few = mock.patch.object(content, "catalogue", return_value=SHOWN)
    with facts, few:
        yield


def command(*arguments: object) -> int:
    """Run `python -m reports cards` in this process and return its exit status."""
    with mock.patch.object(sys, "argv", ["reports", "cards", *map(str, arguments)]):
        return run_cli(main)


def article(folder: Path, name: str) -> str:
    """Return the card of an activation on the page."""
    match = re.search(
        rf'<section class="card"[^>]* id="card-{name}">.*?(?=<section class="card"|</main>)',
        (folder / "cards.html").read_text(),
        re.S,
    )
    assert match
    return match[0]


def collection(folder: Path, *files: dict[str, Any]) -> load.CurveCollection:
    """Return the curves of these files."""
    return load.read(write(folder, *files))


def test_every_activation_has_a_card_and_nothing_is_fetched_or_run(tmp_path: Path, capsys: Any) -> None:
    """Both files are written, each card has a picture of value and one of derivative, and cards have no script."""
    with mock.patch.object(content, "catalogue", catalogue):
        assert command("--curves", write(tmp_path, file("numpy"), file("torch"))) == 0
    page, markdown = ((tmp_path / name).read_text() for name in ("cards.html", "cards.md"))

    assert re.findall(r'<section class="card"[^>]* id="card-(\w+)">', page) == list(catalogue())
    assert page.count("<svg") == 2 * len(catalogue())
    assert page.count("<script") == 1
    assert not re.search(r"(src|href)=[\"']?http:|@import|url\((?!#)", page)
    assert re.findall(r"^## (.*)$", markdown.replace("\\", ""), re.M) == list(catalogue())
    assert "cards.html" in capsys.readouterr().out


def test_a_picture_has_words_and_ids_of_its_own(tmp_path: Path) -> None:
    """Each picture has a label for screen readers, and no id occurs twice on the page."""
    assert command("--curves", write(tmp_path, file("numpy"))) == 0
    page = (tmp_path / "cards.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', page)

    assert page.count('role="img" aria-label="The ') == 2 * len(SHOWN)
    assert len(ids) == len(set(ids))


def test_costs_are_those_of_the_run(tmp_path: Path) -> None:
    """Costs are multiples of a copy by backend and mode, eager first; a missing activation is named."""
    factory = RunFactory(tmp_path / "run")
    run = factory.write(factory.records())
    cost_table = costs.table(tidy.table([runs.read(run)]))
    assert command("--curves", write(tmp_path, file("numpy")), "--run", run) == 0

    table = costs.table_of(cost_table, "gelu")
    assert table
    cells = list(table.cells())
    assert [row[0].text for row in cells] == ["numpy eager", "torch eager", "torch compiled"]
    assert [cell.text for cell in cells[0][1:]] == ["3.00\u00a0×", "6.00\u00a0×"]
    assert "3.00\u00a0×" in article(tmp_path, "gelu")
    assert "no data: the run holds no such case" in article(tmp_path, "mish")


def test_without_a_run_the_cost_says_why(tmp_path: Path) -> None:
    """The card says that no run was named, and shows no figure."""
    assert command("--curves", write(tmp_path, file("numpy"))) == 0

    assert "no data: no run was named" in article(tmp_path, "relu")


def test_a_failed_part_is_told_with_its_reason(tmp_path: Path) -> None:
    """The reason is in the picture, the facts and the tables, and the other backend's data stay."""
    failed = {"status": "error", "reason": "it broke <b>here</b>"}
    parts: dict[str, Any] = dict.fromkeys(("curve", "points", "normal", "native"), failed) | {"vanished": []}
    assert command("--curves", write(tmp_path, file("numpy"), file("torch", gelu=parts))) == 0
    text = article(tmp_path, "gelu")

    assert text.count("torch: no data (it broke &lt;b&gt;here&lt;/b&gt;)") == 2
    assert "50.0\u00a0% on numpy; no data (it broke" in text
    assert text.count("no data (its file says nothing of vanished)") == 8
    assert text.count("<svg") == 2
    assert "<b>" not in text


def test_a_variant_without_curves_has_no_picture(tmp_path: Path) -> None:
    """The card says `no data` and the reason."""
    content_of = file("numpy")
    del content_of["curves"]["mish"]
    content_of["curves"]["selu"] = {"id": "selu", "status": "error", "reason": "ended by SIGSEGV"}
    assert command("--curves", write(tmp_path, content_of)) == 0

    assert "<svg" not in article(tmp_path, "mish") + article(tmp_path, "selu")
    assert "no data (its curves were not recorded)" in article(tmp_path, "mish")
    assert "no data (ended by SIGSEGV)" in article(tmp_path, "selu")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    """A backend's name, its version and a call are escaped in the page and in Markdown."""
    evil = file('<img src=x onerror="1">', relu={"native": {"status": "ok", "call": "<script>|`", "differs": False}})
    evil |= {"version": "</title>|@all", "cpu": "[x](javascript:1)"}
    assert command("--curves", write(tmp_path, evil, file("numpy"))) == 0
    page, markdown = ((tmp_path / name).read_text() for name in ("cards.html", "cards.md"))

    assert "<img" not in page
    assert page.count("<script") == 1
    assert "&lt;script&gt;" in page
    assert "</title>|" not in page
    rendered = MarkdownIt("commonmark").enable("table").render(markdown)
    assert re.search(r"<(img|script|a href=.javascript)", rendered) is None
    assert "[x](" not in markdown
    assert "&lt;script&gt;|`" in rendered


def test_another_parameter_case_has_a_card_once_it_is_recorded(tmp_path: Path) -> None:
    """The call has its parameters; a case that cannot be parsed is left out."""
    content_of = file("numpy")
    content_of["curves"] |= {
        "relu[max_value=3.0]": content_of["curves"]["relu"],
        "cube[x=1]": content_of["curves"]["relu"],
    }
    variants = content.variants(collection(tmp_path, content_of))

    assert [variant.id for variant in variants] == [*SHOWN, "relu[max_value=3.0]"]
    assert content.call(variants[-1]) == 'backends.call("torch", "relu", x, max_value=3.0)'


def test_lines_alike_are_drawn_as_one(tmp_path: Path) -> None:
    """Equal lines are one line; different ones have separate colours and are named in words."""
    differing = file("torch")
    differing["curves"]["relu"]["curve"]["derivative"] = [0.5] * 6
    curves = collection(tmp_path, file("numpy"), differing, file("jax"))
    value, derivative = (
        next(block for block in picture_of(find("relu").variants[0], curves, name) if isinstance(block, Drawing))
        for name in ("value", "derivative")
    )

    assert "on numpy, torch, jax: one line" in value.alt
    assert "a line each: numpy, jax; torch" in derivative.alt


def test_a_line_breaks_at_a_kink() -> None:
    """No line joins the two sides of a kink."""
    line = draw.Line(("numpy",), [-1.0, -1e-6, 1e-6, 1.0], [0.0, 0.0, 1.0, 1.0])
    unbroken, broken = (draw.svg(draw.picture([line], kinks, []), "x") for kinks in ([], [0.0]))

    assert broken.count('stroke-width="2"') == unbroken.count('stroke-width="2"') + 1


def test_values_that_are_no_numbers_are_not_drawn() -> None:
    """NaN and infinities leave the picture whole."""
    line = draw.Line(("numpy",), [-1.0, 0.0, 1.0], [math.nan, math.inf, 1.0])

    assert "NaN" not in draw.svg(draw.picture([line], [], []), "x")


def test_vanishing_points_in_words(tmp_path: Path) -> None:
    """Each side has a text, and it is `never` where the last derivative is not zero."""
    table = results.vanished(find("relu").variants[0], collection(tmp_path, file("numpy")))

    assert [row[1].text for row in table.cells()] == ["x ≤ −1.50", "never; NaN: x ≥ 1.00e30"]


def test_what_is_valid_at_a_kink_is_not_marked(tmp_path: Path) -> None:
    """A derivative between the sides is valid; 0 at NaN is marked, and the result of NaN alone is shown."""
    table = results.points(find("relu").variants[0], collection(tmp_path, file("numpy")))
    rows = {row[0].text: row[1:] for row in table.cells()}

    assert [(cell.mark, cell.note) for cell in rows["0"]] == [("", ""), ("", "")]
    assert [cell.mark for cell in rows["NaN"]] == ["", "fault"]
    assert [cell.note for cell in rows["NaN"]] == ["", "alone: 1"]


def test_a_differing_default_says_where_and_what_to_pass(tmp_path: Path) -> None:
    """The card names the input, both results and the parameters to pass."""
    difference = {"x": -6.0, "native": -0.06, "keras": -1.2}
    native = {
        "status": "ok",
        "call": "f(x)",
        "as_keras": "f(x, a=0.2)",
        "differs": True,
        "same_as_keras": True,
        "at": difference,
    }
    recording = collection(tmp_path, file("torch", leaky_relu={"native": native})).recordings[0]
    row = results.native(recording, find("leaky_relu").variants[0])

    assert row.verdict == "differs: -0.06 at -6, Keras has -1.2"
    assert row.keras_call == "Keras': f(x, a=0.2)"


def test_signature_words_and_formula_are_the_catalogue_s() -> None:
    """The signature has defaults where there are any, and required parameters without."""
    assert (
        content.signature(find("threshold").variants[0]) == "keras.activations.threshold(x, threshold, default_value)"
    )
    assert content.aliases(find("silu").variants[0]) == "swish"
    for entry in catalogue().values():
        words, formula, _ = content.described(entry.variants[0])
        assert words.endswith(".")
        assert formula.startswith("f(")


@pytest.mark.parametrize(
    ("name", "low", "high", "falls", "odd"),
    [
        ("relu", 0.0, math.inf, False, False),
        ("hard_shrink", -math.inf, math.inf, False, True),
        ("threshold", 1.0, math.inf, True, False),
        ("hard_silu", -0.375, math.inf, True, False),
        ("sparsemax", 0.0, 1.0, False, False),
        ("log_softmax", -math.inf, 0.0, False, False),
        ("sigmoid", 0.0, 1.0, False, False),
    ],
)
def test_facts_follow_from_the_definition(name: str, low: float, high: float, falls: bool, odd: bool) -> None:
    """Range, monotony and symmetry are exact; a jump downwards counts as a fall."""
    variant = parse_variant(name)
    facts = exact.elementwise(variant) if variant.activation.kind == "elementwise" else exact.row(variant)

    assert (facts.low, facts.high) == pytest.approx((low, high), abs=1e-6)
    assert (facts.falls, facts.rises, facts.odd) == (falls, True, odd)


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"schema": 99}'])
def test_a_store_without_curvess_is_refused_in_one_line(tmp_path: Path, broken: str, capsys: Any) -> None:
    """The line names the folder and the command that records curves."""
    (tmp_path / "numpy.json").write_text(broken)

    assert command("--curves", tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert str(tmp_path) in error
    assert "nox -s curves" in error


def test_a_damaged_file_beside_a_whole_one_is_named(tmp_path: Path, capsys: Any) -> None:
    """The damaged file is named on the page and on the terminal."""
    write(tmp_path, file("numpy"))
    (tmp_path / "torch.json").write_text("{")

    assert command("--curves", tmp_path) == 0
    assert "torch.json holds no curves" in capsys.readouterr().err
    assert "torch.json holds no curves" in (tmp_path / "cards.html").read_text()
