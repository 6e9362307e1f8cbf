"""verdict.md and verdict.json: fit for a pull request, whatever is in the records."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from reports import comparison, ends, formats, outcome, verdict
from tests.core.sample_run import Maker, Records, command, slower

LIMIT = 60_000
HOSTILE = "| </details> <img src=x> **loud** `code` [link](http://example.org) @someone #1 $x$ ~~no~~ _it_ \x1b[31m"


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


def many(maker: Maker, cases: int, spread: float, factor: float = 1.0, label: str = "relu") -> Records:
    """Two passes of each side of so many cases, told apart by their labels."""
    case = maker.case("torch", "relu", mode="compiled" if spread > 0.05 else "eager")  # noisy ones are a group apart
    (base,) = maker.passes({case: 1e-4}, 1, spread=0, side="base")
    found = []
    for number in range(cases):
        own = base["case"] | {"label": f"{label}{number}", "id": f"case {number} {label}"}
        for n in range(2):
            for side, slow in (("base", 1.0), ("head", factor)):
                wobble = 1 + spread * math.sin(7.0 * number + 3.0 * n + (1.7 if side == "head" else 0))
                found.append(
                    base | {"case": own, "side": side, "pass_number": n, "block_seconds": [1e-4 * slow * wobble]}
                )
    return found


def test_5000_cases_fit_into_a_comment(maker: Maker) -> None:
    """Whatever their verdicts and however long their names; what is left out is counted, and is in verdict.json."""
    name = "a_rather_long_name_of_an_activation|*" * 8
    kinds = {"SLOWER": (0.001, 2.0), "UNCERTAIN": (0.1, 1.0), "SAME": (0.001, 1.0)}
    cases = [
        many(maker, number, *kinds[word], f"{name}{word}")
        for word, number in zip(kinds, (1700, 1700, 1600), strict=True)
    ]
    folder = maker.write_sides([record for records in cases for record in records])

    assert command("compare", folder) == 1
    said, counts = (folder / "verdict.md").read_text(), json.loads((folder / "verdict.json").read_text())["counts"]
    assert len(said) < LIMIT
    assert said.count("<details>") == said.count("</details>")
    assert counts["cases"] == 5_000
    assert min(counts[word] for word in kinds) > 1_000
    assert len(re.findall(r"1,\d\d\d (?:more in|of them in)", said)) == 3


def test_failures_by_the_thousand_fit_into_a_comment(maker: Maker) -> None:
    """Reasons may be long, and many."""
    records = many(maker, 1_000, 0.001)
    for record in records:
        if record["side"] == "head":
            record |= {"status": "error", "reason": HOSTILE * 20, "block_seconds": []}
    folder = maker.write_sides(records)

    assert command("compare", folder) == 1
    assert len((folder / "verdict.md").read_text()) < LIMIT


def test_hostile_texts_stay_text(maker: Maker, capsys: Any) -> None:
    """Markup of either kind, a mention, a link, a formula: in a label, a reason, a side's label, a backend's name."""
    times = maker.times(("torch",))
    head = slower(times, 0.5, activation="gelu")
    records = [*maker.passes(times, 5, side="base"), *maker.passes(head, 5, seed=1, side="head")]
    for record in records:
        if record["case"]["label"] == "gelu":
            record["case"] |= {"label": HOSTILE, "backend": HOSTILE, "direction": HOSTILE}
    records.append(maker.failed(maker.case("torch", "relu"), "error", HOSTILE, side="head"))
    folder = maker.write_sides(records, base=HOSTILE, head=HOSTILE)

    assert command("compare", folder) == 1
    said = (folder / "verdict.md").read_text()
    assert not re.search(r"(?<!\\)<(?!/?(details|summary|sub)\b)", said)
    assert len(re.findall(r"(?<!\\)</details>", said)) == said.count("<details>")
    for mark in ("**loud", "`code", "[link", "#1", "$x", "~~no", "_it", "@s", "://"):
        assert not re.search(r"(?<!\\)" + re.escape(mark), said), mark
    table = [line for line in said.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} <= {5, 6, 7, 8}
    assert "\x1b[31m" not in said + capsys.readouterr().out
    assert command(folder) == 0
    page = re.sub(r"<script>.*?</script>", "", (folder / "report.html").read_text(), flags=re.DOTALL)
    assert "<img" not in page


def test_the_comment_says_it_in_words_first(maker: Maker) -> None:
    """The answer, then what changed, then the rest folded; the changed case stands in the table, the others do not."""
    times = maker.times(("torch",))
    head = slower(times, 0.2, activation="gelu", direction="forward", mode="eager")
    sides = [*maker.passes(times, 5, side="base"), *maker.passes(head, 5, seed=1, side="head")]
    folder = maker.write_sides(sides, base="torch==2.12.0", head="torch==2.13.0")

    assert command("compare", folder) == 1
    said = (folder / "verdict.md").read_text()
    assert said.startswith("### Did it get slower?\n\n**Yes: 1 of 12 cases got slower")
    assert "torch==2.12.0 → torch==2.13.0 (torch 1.2.3 → 1.3.0), float32 · 1e6 elements · cpu · 1 thread." in said
    changed, folded = said.split("<details>", 1)
    assert "| gelu forward | torch eager | 150 µs |" in changed
    assert "relu" not in changed
    assert "| relu forward | torch eager | 100 µs |" in folded.replace("101", "100").replace("99.9", "100")


def test_the_summaries_count_the_cases_of_a_backend(maker: Maker) -> None:
    """gelu got slower on numpy alone, forward and backward: the geometric mean of 1.5, 1 and 1."""
    times = maker.times()
    head = slower(times, 0.5, activation="gelu", backend="numpy")
    folder = maker.write_sides(
        [*maker.passes(times, 5, spread=1e-4, side="base"), *maker.passes(head, 5, spread=1e-4, side="head")]
    )

    assert command("compare", folder) == 1
    said = (folder / "verdict.md").read_text()
    assert "| numpy eager forward | 1 | – | – | 2 | +14.5\u00a0% |" in said
    assert "| torch compiled backward | – | – | – | 3 | 0.0\u00a0% |" in said
    assert "| gelu | 2 | – | – | 4 | +14.5\u00a0% |" in said


def test_uncertain_cases_are_set_small(maker: Maker) -> None:
    """Apart from what changed, and in the same table."""
    folder = maker.write_sides(many(maker, 4, 0.3))

    assert command("compare", folder) == 0
    said = (folder / "verdict.md").read_text()
    assert said.count("| <sub>relu") == 4
    assert "**Not that it shows: of 4 cases none is certainly slower, but 4 are uncertain" in said


def test_the_file_for_programs_holds_no_number_that_json_has_not(maker: Maker) -> None:
    """A single pass has no interval: null, and the case is uncertain."""
    times = maker.times(("torch",))
    folder = maker.write_sides([*maker.passes(times, 1, side="base"), *maker.passes(times, 1, side="head")])

    assert command("compare", folder) == 0
    found = json.loads((folder / "verdict.json").read_text(), parse_constant=pytest.fail)
    assert {case["word"] for case in found["cases"]} == {"UNCERTAIN"}
    assert found["cases"][0]["low"] is None
    assert "nan" not in (folder / "verdict.md").read_text()


def test_every_status_has_a_sentence_that_answers(maker: Maker) -> None:
    """Yes, no, or that it cannot be told."""
    times = maker.times(("torch",))
    folder = maker.write_sides([*maker.passes(times, 3, side="base"), *maker.passes(times, 3, side="head")])
    found = comparison.compare(*ends.of((folder,)))

    assert outcome.of(found).answer.startswith("No: ")
    assert verdict.as_data(found, outcome.of(found))["reason"] == outcome.of(found).answer


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.052, "+5.2\u00a0%"),
        (0.9, "−10.0\u00a0%"),
        (1.0, "0.0\u00a0%"),
        (0.9999, "0.0\u00a0%"),
        (3.0, "+200\u00a0%"),
        (99.0, "+9,800\u00a0%"),
    ],
)
def test_a_ratio_is_told_as_a_change(ratio: float, said: str) -> None:
    """With its sign, but for what rounds to nothing."""
    assert formats.change(ratio) == said


def test_ordinary_names_stay_as_they_are_in_markdown() -> None:
    """Escapes where Markdown would act, and nowhere else."""
    assert formats.markdown("leaky_relu float32 1e6") == "leaky_relu float32 1e6"
    assert formats.markdown("gelu[approximate=True]") == r"gelu\[approximate=True\]"
