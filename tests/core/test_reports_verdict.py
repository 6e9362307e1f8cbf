"""The files verdict.md and verdict.json: they fit a pull request whatever the records hold."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from reports import formats
from reports.comparison import comparison, outcome, sides, verdict
from tests.core.sample_run import Records, RunFactory, command, slower
from tests.core.test_reports import unscripted

LIMIT = 60_000
HOSTILE = "| </details> <img src=x> **loud** `code` [link](http://example.org) @someone #1 $x$ ~~no~~ _it_ \x1b[31m"


@pytest.fixture
def factory(tmp_path: Path) -> RunFactory:
    """Return a factory for one run's folder."""
    return RunFactory(tmp_path / "run")


def many(factory: RunFactory, cases: int, spread: float, factor: float = 1.0, label: str = "relu") -> Records:
    """Return two passes of each side of this many cases, which differ by their labels."""
    # noisy cases are a separate group
    case = factory.case("torch", "relu", mode="compiled" if spread > 0.05 else "eager")
    (base,) = factory.passes({case: 1e-4}, 1, spread=0, side="base")
    records = []
    for number in range(cases):
        key = base["case"] | {"label": f"{label}{number}", "id": f"case {number} {label}"}
        for n in range(2):
            for side, ratio in (("base", 1.0), ("head", factor)):
                wobble = 1 + spread * math.sin(7.0 * number + 3.0 * n + (1.7 if side == "head" else 0))
                records.append(
                    base | {"case": key, "side": side, "replicate": n, "block_seconds": [1e-4 * ratio * wobble]}
                )
    return records


def test_5000_cases_fit_into_a_comment(factory: RunFactory) -> None:
    """The size is limited for all verdicts and long names; omitted cases are counted, and are in verdict.json."""
    name = "a_rather_long_name_of_an_activation|*" * 8
    kinds = {"SLOWER": (0.001, 2.0), "UNCERTAIN": (0.1, 1.0), "SAME": (0.001, 1.0)}
    cases = [
        many(factory, number, *kinds[word], f"{name}{word}")
        for word, number in zip(kinds, (1700, 1700, 1600), strict=True)
    ]
    folder = factory.write_sides([record for records in cases for record in records])

    assert command("compare", folder) == 1
    markdown, counts = (folder / "verdict.md").read_text(), json.loads((folder / "verdict.json").read_text())["counts"]
    assert len(markdown) < LIMIT
    assert markdown.count("<details>") == markdown.count("</details>")
    assert counts["cases"] == 5_000
    assert min(counts[word] for word in kinds) > 1_000
    assert len(re.findall(r"1,\d\d\d more: ", markdown)) == 3


def test_failures_by_the_thousand_fit_into_a_comment(factory: RunFactory) -> None:
    """Many long reasons fit."""
    records = many(factory, 1_000, 0.001)
    for record in records:
        if record["side"] == "head":
            record |= {"status": "error", "reason": HOSTILE * 20, "block_seconds": []}
    folder = factory.write_sides(records)

    assert command("compare", folder) == 1
    assert len((folder / "verdict.md").read_text()) < LIMIT


def test_hostile_texts_stay_text(factory: RunFactory, capsys: Any) -> None:
    """Markup, a mention, a link or a formula in labels, reasons, sides or backends' names stays text."""
    times = factory.times(("torch",))
    head = slower(times, 0.5, activation="gelu")
    records = [*factory.passes(times, 5, side="base"), *factory.passes(head, 5, seed=1, side="head")]
    for record in records:
        if record["case"]["label"] == "gelu":
            record["case"] |= {"label": HOSTILE, "backend": HOSTILE, "direction": HOSTILE}
    records.append(factory.failed(factory.case("torch", "relu"), "error", HOSTILE, side="head"))
    folder = factory.write_sides(records, base=HOSTILE, head=HOSTILE)

    assert command("compare", folder) == 1
    markdown = (folder / "verdict.md").read_text()
    assert not re.search(r"(?<!\\)<(?!/?(details|summary|sub)\b)", markdown)
    assert len(re.findall(r"(?<!\\)</details>", markdown)) == markdown.count("<details>")
    for mark in ("**loud", "`code", "[link", "#1", "$x", "~~no", "_it", "@s", "://"):
        assert not re.search(r"(?<!\\)" + re.escape(mark), markdown), mark
    table = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} <= {5, 6, 7, 8}
    assert "\x1b[31m" not in markdown + capsys.readouterr().out
    assert command(folder) == 0
    assert "<img" not in unscripted(folder)


def test_the_comment_says_it_in_words_first(factory: RunFactory) -> None:
    """The comment has the answer, a table of changed cases only, then the rest folded."""
    times = factory.times(("torch",))
    head = slower(times, 0.2, activation="gelu", direction="forward", mode="eager")
    records = [*factory.passes(times, 5, side="base"), *factory.passes(head, 5, seed=1, side="head")]
    folder = factory.write_sides(records, base="torch==2.12.0", head="torch==2.13.0")

    assert command("compare", folder) == 1
    markdown = (folder / "verdict.md").read_text()
    assert markdown.startswith("### Did it get slower?\n\n**Yes: 1 of 12 cases got slower")
    assert "torch==2.12.0 → torch==2.13.0 · torch 1.2.3 → 1.3.0 · float32 · 1e6 elements · cpu · 1 thread" in markdown
    changed, folded = markdown.split("<details>", 1)
    assert "| gelu forward | torch eager | 150 µs |" in changed
    assert "relu" not in changed
    assert "| relu forward | torch eager | 100 µs |" in folded.replace("101", "100").replace("99.9", "100")


def test_the_summaries_count_the_cases_of_a_backend(factory: RunFactory) -> None:
    """Gelu got slower on numpy only, forward and backward: the geometric mean of 1.5, 1 and 1."""
    times = factory.times()
    head = slower(times, 0.5, activation="gelu", backend="numpy")
    folder = factory.write_sides(
        [*factory.passes(times, 5, spread=1e-4, side="base"), *factory.passes(head, 5, spread=1e-4, side="head")]
    )

    assert command("compare", folder) == 1
    markdown = (folder / "verdict.md").read_text()
    assert "| numpy eager forward | 1 | – | – | 2 | +14.5\u00a0% |" in markdown
    assert "| torch compiled backward | – | – | – | 3 | 0.0\u00a0% |" in markdown
    assert "| gelu | 2 | – | – | 4 | +14.5\u00a0% |" in markdown


def test_uncertain_cases_are_folded(factory: RunFactory) -> None:
    """Uncertain cases are folded, separate from those that changed."""
    folder = factory.write_sides(many(factory, 4, 0.3))

    assert command("compare", folder) == 0
    markdown = (folder / "verdict.md").read_text()
    assert markdown.index("<summary>Uncertain: 4</summary>") < markdown.index("| relu")
    assert len(re.findall(r"\n\| relu\d forward", markdown)) == 4
    assert "**Not that it shows: of 4 cases none is certainly slower, but 4 are uncertain" in markdown


def test_the_file_for_programs_holds_no_number_that_json_has_not(factory: RunFactory) -> None:
    """A single pass has no interval: its bounds are null, and the case is uncertain."""
    times = factory.times(("torch",))
    folder = factory.write_sides([*factory.passes(times, 1, side="base"), *factory.passes(times, 1, side="head")])

    assert command("compare", folder) == 0
    content = json.loads((folder / "verdict.json").read_text(), parse_constant=pytest.fail)
    assert {case["word"] for case in content["cases"]} == {"UNCERTAIN"}
    assert content["cases"][0]["low"] is None
    assert "nan" not in (folder / "verdict.md").read_text()


def test_every_status_has_a_sentence_that_answers(factory: RunFactory) -> None:
    """The sentence begins with the answer, and verdict.json has the same one."""
    times = factory.times(("torch",))
    folder = factory.write_sides([*factory.passes(times, 3, side="base"), *factory.passes(times, 3, side="head")])
    result = comparison.compare(*sides.read_sides((folder,)))

    assert outcome.decide(result).answer.startswith("No: ")
    assert verdict.as_data(result, outcome.decide(result))["reason"] == outcome.decide(result).answer


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.052, "+5.2\u00a0%"),
        (0.9, "−10.0\u00a0%"),
        (1.0, "0.0\u00a0%"),
        (0.9999, "0.0\u00a0%"),
        (3.0, "+200\u00a0%"),
        (99.0, "+9,800\u00a0%"),
    ],
)
def test_a_ratio_is_told_as_a_change(ratio: float, text: str) -> None:
    """The change has its sign, unless it rounds to zero."""
    assert formats.change(ratio) == text


def test_ordinary_names_stay_as_they_are_in_markdown() -> None:
    """Only characters that Markdown would interpret are escaped."""
    assert formats.markdown("leaky_relu float32 1e6") == "leaky_relu float32 1e6"
    assert formats.markdown("gelu[approximate=True]") == r"gelu\[approximate=True\]"
