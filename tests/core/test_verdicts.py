"""The statistics of the gate: each rule, and by seeded simulation how often it alarms and how much it finds."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bench.verdicts import (
    FRESH_PASSES,
    Pair,
    Verdict,
    Word,
    intervals,
    judge,
    noise_floor,
    settle,
    suspects,
)

NAN, INF = math.nan, math.inf
BASE = (1.00, 1.02, 0.99, 1.01, 0.98)
"""Mean of logarithms about 0, standard deviation 1.6 %."""
NOISE = np.array([0.002, -0.006, 0.004, 0.001, -0.003])

Rng = np.random.Generator


def pair(head: Sequence[float], base: Sequence[float] = BASE, key: str = "a", group: str = "g") -> Pair:
    """A paired case."""
    return Pair(key, group, tuple(base), tuple(head), paired=True)


def changed(ratio: float, scale: float = 1.0, key: str = "a", group: str = "g") -> Pair:
    """A paired case whose head takes `ratio` times as long, give or take 0.4 % × scale."""
    return pair((np.array(BASE) * ratio * np.exp(scale * NOISE)).tolist(), key=key, group=group)


def only(*pairs: Pair, margin: float = 0.05, floor: float = 0.0) -> Verdict:
    """The verdict of the first of them."""
    return judge(pairs, margin=margin, floor=floor)[0]


def like(rng: Rng, cases: int, passes: int = 5, sd: float = 0.02, group: str = "g") -> list[Pair]:
    """Unchanged paired cases of one group."""
    sides = np.exp(sd * rng.standard_normal((cases, 2, passes))).tolist()
    return [pair(head, base, f"like{i}", group) for i, (base, head) in enumerate(sides)]


class TestWords:
    """What decides between the four."""

    @pytest.mark.parametrize(("ratio", "word"), [(1.05, "SLOWER"), (1 / 1.05, "FASTER"), (1.0, "SAME")])
    def test_clear_cases(self, ratio: float, word: Word) -> None:
        """A change of 5 % in 0.4 % noise is told, and so is none."""
        found = only(changed(ratio))

        assert found.word == word
        assert found.ratio == pytest.approx(ratio, rel=1e-3)
        assert found.low < found.ratio < found.high

    def test_noise_is_uncertain(self) -> None:
        """An interval that is wider than the margin is neither a change nor sameness."""
        assert only(changed(1.0, scale=20)).word == "UNCERTAIN"

    def test_sameness_is_shown_for_a_margin(self) -> None:
        """What is the same at 5 % is uncertain at 0.4 %: not being significant is not being the same."""
        assert only(changed(1.0), margin=0.05).word == "SAME"
        assert only(changed(1.0), margin=0.004).word == "UNCERTAIN"

    def test_the_floor_is_above_significance(self) -> None:
        """A significant change below the noise floor is SAME, above it SLOWER, though within the margin."""
        assert only(changed(1.03)).p < 0.01
        assert only(changed(1.03), floor=0.04).word == "SAME"
        assert only(changed(1.03), floor=0.02).word == "SLOWER"

    def test_an_unknown_floor_is_none(self) -> None:
        """nan, what `noise_floor` says of runs of one pass, hides nothing."""
        assert only(changed(1.05), floor=NAN) == only(changed(1.05))

    def test_many_cases_need_more(self) -> None:
        """The p of the same data grows by Holm's factor with the number of cases, the interval does not."""
        cases = [changed(r, key=str(r), group=str(r)) for r in (1.04, 1.02, 1.01, 1.0)]
        alone = [only(case).p for case in cases]
        together = judge(cases, margin=0.05)

        steps = np.maximum.accumulate([4 * alone[0], 3 * alone[1], 2 * alone[2], alone[3]])
        assert [v.p for v in together] == pytest.approx(np.minimum(steps, 1).tolist())
        assert [v.low for v in together] == [only(case).low for case in cases]

    def test_sides_are_symmetric(self) -> None:
        """Exchanging base and head inverts the ratio and keeps p."""
        case = changed(1.02)
        there, back = only(case), only(pair(case.base, case.head))

        assert (back.ratio, back.low, back.high, back.p) == pytest.approx(
            (1 / there.ratio, 1 / there.high, 1 / there.low, there.p)
        )

    def test_order_does_not_matter(self) -> None:
        """A case is told the same wherever it stands."""
        cases = [*like(np.random.default_rng(1), 9), changed(1.05)]

        assert judge(cases[::-1], margin=0.05)[::-1] == judge(cases, margin=0.05)


class TestTests:
    """With nothing to pool, the textbook's t-tests, as SciPy has them."""

    def test_paired(self) -> None:
        """One case alone, paired, is the t-test of the differences."""
        case = changed(1.01)
        theirs = stats.ttest_rel(np.log(case.head), np.log(case.base))
        ours = only(case)

        assert ours.p == pytest.approx(theirs.pvalue)
        assert (ours.low, ours.high) == pytest.approx(np.exp(theirs.confidence_interval(0.95)).tolist())

    def test_unpaired(self) -> None:
        """One case alone, unpaired and of unequal length, is Student's t-test of two samples."""
        case = Pair("a", "g", BASE, (1.05, 1.02, 1.06))
        theirs = stats.ttest_ind(np.log(case.head), np.log(case.base))
        ours = only(case)

        assert ours.p == pytest.approx(theirs.pvalue)
        assert (ours.low, ours.high) == pytest.approx(np.exp(theirs.confidence_interval(0.95)).tolist())

    def test_pairing_removes_what_both_share(self) -> None:
        """Passes that are 30 % slower on both sides hide nothing from a paired test."""
        drift = np.exp(np.linspace(0, 0.3, 5))
        case = changed(1.02)
        shaken = pair((np.array(case.head) * drift).tolist(), (np.array(case.base) * drift).tolist())

        assert only(shaken).p == pytest.approx(only(case).p)
        assert only(Pair("a", "g", shaken.base, shaken.head)).p > 0.5


class TestPooling:
    """A case borrows its spread from cases like it."""

    def test_like_cases_narrow_the_interval(self) -> None:
        """Among 20 cases of one spread the interval is that of many degrees of freedom, not of four."""
        lenders = like(np.random.default_rng(2), 20)
        wide = [math.log(only(case).high / only(case).low) for case in lenders]
        narrow = [math.log(v.high / v.low) for v in judge(lenders, margin=0.05)]

        assert np.mean(narrow) < 0.85 * np.mean(wide)
        assert np.std(narrow) < 0.5 * np.std(wide)

    def test_other_groups_lend_nothing(self) -> None:
        """Cases of another group leave the interval alone."""
        others = like(np.random.default_rng(3), 20, group="other")

        assert only(changed(1.0), *others).low == only(changed(1.0)).low

    def test_the_noisy_one_stays_noisy(self) -> None:
        """A case with ten times the spread of its like is not lent their quiet: it would be taken for a change."""
        lenders = like(np.random.default_rng(4), 20)
        noisy = pair(np.exp([0.3, -0.05, 0.35, -0.1, 0.2]).tolist(), key="noisy")

        assert only(noisy, *lenders).p > 0.5

    def test_the_noisy_ones_do_not_spoil_the_rest(self) -> None:
        """Two cases of 20 with ten times the spread leave a quiet one's interval within a third of what it was."""
        quiet, spare = like(np.random.default_rng(5), 20), like(np.random.default_rng(6), 2, sd=0.2)
        without, beside = judge(quiet, margin=0.05), judge([*quiet[:-2], *spare], margin=0.05)
        widths = [[math.log(v.high / v.low) for v in found[:18]] for found in (without, beside)]

        assert np.mean(widths[1]) < 4 / 3 * np.mean(widths[0])

    def test_the_first_look_lends_to_the_second(self) -> None:
        """`like` narrows the interval of a lone suspect, and is no member of its family."""
        lenders, lone = like(np.random.default_rng(7), 20), like(np.random.default_rng(8), 20)
        lent = [judge([case], margin=0.05, like=lenders)[0] for case in lone]
        widths = [math.log(v.high / v.low) for v in (*lent, *map(only, lone))]

        assert np.mean(widths[:20]) < 0.85 * np.mean(widths[20:])
        assert min(v.p for v in lent) < 0.2

    def test_one_pass_has_its_group(self) -> None:
        """A case of one pass takes all of its spread from its like, and alone is uncertain."""
        single = pair((1.5,), (1.0,), key="single")

        assert only(single, *like(np.random.default_rng(9), 20)).word == "SLOWER"
        assert only(single).word == "UNCERTAIN"
        assert only(single).ratio == pytest.approx(1.5)
        assert math.isnan(only(single).low)


class TestPoorData:
    """Whatever a run leaves behind gets a verdict; pytest makes a warning an error."""

    @pytest.mark.parametrize("paired", [True, False])
    @pytest.mark.parametrize("side", [(), (NAN,), (NAN, NAN, NAN), (0.0, 0.0), (INF, INF), (-1.0, -1.0)], ids=str)
    def test_a_side_without_figures(self, side: tuple[float, ...], paired: bool) -> None:
        """Is uncertain with nan for all numbers, is no suspect, and is not counted in the family."""
        empty = Pair("empty", "g", BASE, side, paired)
        fine = changed(1.02)
        found = judge([empty, fine], margin=0.05)

        assert found[0].word == "UNCERTAIN"
        assert all(map(math.isnan, (found[0].ratio, found[0].low, found[0].high, found[0].p)))
        assert suspects(found[:1]) == ()
        assert found[1] == only(fine)

    def test_no_cases(self) -> None:
        """Nothing compared is nothing told."""
        assert judge([], margin=0.05) == ()
        assert intervals({}) == {}

    def test_nan_holds_a_lost_pass(self) -> None:
        """In a paired case the partner of a lost pass is left out, wherever it stands."""
        case = changed(1.02)
        lost = pair((case.head[0], NAN, *case.head[2:]))

        assert only(lost) == only(pair((case.head[0], *case.head[2:]), (BASE[0], *BASE[2:])))

    def test_a_paired_side_may_be_shorter(self) -> None:
        """Passes beyond the shorter side have no partner and do not count."""
        case = changed(1.02)

        assert only(pair(case.head[:3])) == only(pair(case.head[:3], BASE[:3]))

    @pytest.mark.parametrize("paired", [True, False])
    @pytest.mark.parametrize(("ratio", "word"), [(1.0, "SAME"), (1.05, "SLOWER")])
    def test_no_spread_at_all(self, ratio: float, word: Word, paired: bool) -> None:
        """Equal figures are told by the clock's resolution, alone and among their like."""
        flat = [Pair(str(i), "g", (1.0,) * 5, (ratio,) * 5, paired) for i in range(3)]

        assert {v.word for v in judge(flat, margin=0.05)} == {word}
        assert only(flat[0]).word == word

    def test_one_silent_case_among_others(self) -> None:
        """A case without any spread does not make its like look quiet."""
        lenders = like(np.random.default_rng(10), 8)
        flat = pair((1.0,) * 5, (1.0,) * 5, key="flat")
        widths = [math.log(v.high / v.low) for v in judge([*lenders, flat], margin=0.05)]

        assert min(widths[:-1]) > 0.01

    def test_absurd_figures_do_not_overflow(self) -> None:
        """Times from 1e-300 to 1e300 seconds give an interval without end, and no exception."""
        found = only(pair((1e-300, 1e300, 1.0)))

        assert found.word == "UNCERTAIN"
        assert found.high > 1e20

    def test_two_passes_convict_nobody(self) -> None:
        """Two passes that agree on 20 % prove nothing by themselves: a t of one degree of freedom."""
        assert only(pair((1.2, 1.21), (1.0, 1.0))).word == "UNCERTAIN"


class TestSecondLook:
    """Suspects are measured again, and that decides."""

    VERDICTS = (
        Verdict("slower", "SLOWER", 1.1, 1.05, 1.15, 0.001),
        Verdict("faster", "FASTER", 0.9, 0.85, 0.95, 0.001),
        Verdict("same", "SAME", 1.01, 0.99, 1.03, 0.9),
        Verdict("wide", "UNCERTAIN", 1.01, 0.9, 1.1, 0.9),
        Verdict("leaning", "SAME", 1.02, 1.01, 1.03, 0.3),
        Verdict("one pass", "UNCERTAIN", 1.02, NAN, NAN, NAN),
        Verdict("missing", "UNCERTAIN", NAN, NAN, NAN, NAN),
    )

    def test_who_is_suspect(self) -> None:
        """A change, the uncertain, and what Holm acquitted though its own interval leaves out 1."""
        assert suspects(self.VERDICTS) == ("slower", "faster", "wide", "leaning", "one pass")

    def test_the_fresh_look_decides(self) -> None:
        """It replaces the first one in place, acquittals included; the others stay."""
        fresh = (Verdict("wide", "SLOWER", 1.1, 1.05, 1.15, 0.001), Verdict("slower", "SAME", 1.0, 0.99, 1.01, 1.0))
        words = {v.key: v.word for v in settle(self.VERDICTS, fresh)}

        assert list(words) == [v.key for v in self.VERDICTS]
        assert (words["slower"], words["faster"], words["wide"]) == ("SAME", "FASTER", "SLOWER")


class TestNoiseFloor:
    """How far identical code is apart inside one run."""

    @pytest.mark.parametrize("passes", [[], [()], [(1.0,)], [(1.0, NAN)], [(NAN, NAN)]], ids=str)
    def test_needs_two_passes(self, passes: list[tuple[float, ...]]) -> None:
        """nan, where no case has two passes."""
        assert math.isnan(noise_floor(passes))

    def test_of_two_passes(self) -> None:
        """Two passes 4 % apart: two runs of two passes would be √2 less apart."""
        assert noise_floor([(1.0, 1.04)]) == pytest.approx(1.04 ** math.sqrt(0.5) - 1)

    @pytest.mark.parametrize("passes", [2, 3, 5])
    def test_covers_identical_runs(self, passes: int) -> None:
        """About 95 % of the cases of two identical runs differ by less, in geometric means."""
        rng = np.random.default_rng(11)
        base, head = 0.02 * rng.standard_normal((2, 4000, passes))
        apart = np.expm1(np.abs(base.mean(axis=1) - head.mean(axis=1)))

        assert np.mean(apart < noise_floor(np.exp(base).tolist())) == pytest.approx(0.96, abs=0.025)


class TestIntervals:
    """The headline of one run."""

    def test_around_the_median(self) -> None:
        """The middle is the median of the passes, inside of its interval."""
        found = intervals({"g": {"a": (1.0, 3.0, 2.0)}})["a"]

        assert found.middle == pytest.approx(2.0)
        assert found.low < 2.0 < found.high

    def test_what_cannot_be_told(self) -> None:
        """One pass and nothing to pool leaves the interval nan, no pass the middle too."""
        found = intervals({"g": {"one": (2.0,)}, "h": {"none": (), "lost": (NAN,)}})

        assert found["one"].middle == pytest.approx(2.0)
        assert math.isnan(found["one"].low)
        assert math.isnan(found["none"].middle)
        assert math.isnan(found["lost"].high)

    @pytest.mark.parametrize("passes", [2, 3, 5, 10])
    @pytest.mark.parametrize("cases", [1, 3, 20])
    def test_coverage(self, passes: int, cases: int) -> None:
        """The truth lies inside in at least 93 % of cases, pooled or alone."""
        rng = np.random.default_rng(12)
        logs = 0.02 * rng.standard_normal((1000 // cases, cases, passes))
        groups = {
            str(g): {f"{g}-{c}": row for c, row in enumerate(rows)} for g, rows in enumerate(np.exp(logs).tolist())
        }

        assert np.mean([x.low < 1 < x.high for x in intervals(groups).values()]) > 0.93


CASES = 60
KEYS = tuple(map(str, range(CASES)))
Look = Callable[[Sequence[str], int], list[Pair]]
Method = Callable[[Look], dict[str, Word]]


def laboratory(rng: Rng, slower: float, noisy: int) -> Look:
    """A way to measure 60 cases in three groups, paired: case 0 `slower`, sd 1.2 to 2.1 %, the last `noisy` 4.6 %.

    Every pass is also shifted as a whole, by 1 %.
    """
    sd = np.exp(rng.uniform(math.log(0.012), math.log(0.021), CASES))
    sd[CASES - noisy :] = 0.046
    true = np.zeros(CASES)
    true[0] = math.log1p(slower)

    def look(keys: Sequence[str], passes: int) -> list[Pair]:
        chosen = [int(key) for key in keys]
        draw = sd[chosen, None, None] * rng.standard_normal((len(keys), 2, passes)) + 0.01 * rng.standard_normal(passes)
        draw[:, 1] += true[chosen, None]
        sides = zip(keys, np.exp(draw).tolist(), strict=True)
        return [Pair(key, str(int(key) % 3), tuple(base), tuple(head), True) for key, (base, head) in sides]

    return look


def ours(look: Look) -> dict[str, Word]:
    """Five passes, suspects again."""
    first = look(KEYS, 5)
    floor = noise_floor([side for case in first for side in (case.base, case.head)])
    found = judge(first, margin=0.05, floor=floor)
    if again := suspects(found):
        fresh = judge(look(again, FRESH_PASSES["standard"]), margin=0.05, floor=floor, like=first)
        found = settle(found, fresh)
    return {v.key: v.word for v in found}


def threshold(look: Look) -> dict[str, Word]:
    """The impostor in many a pipeline: medians 5 % apart are a change."""
    ratios = {case.key: np.median(case.head) / np.median(case.base) for case in look(KEYS, 5)}
    return {key: "SLOWER" if r > 1.05 else "FASTER" if r < 1 / 1.05 else "SAME" for key, r in ratios.items()}


def plain_t(look: Look, family: int = CASES) -> dict[str, Word]:
    """The impostor of the textbook: a t-test for each case alone, Bonferroni for the family, no second look."""
    cases = look(KEYS, 5)
    found: Any = stats.ttest_rel(np.log([case.head for case in cases]), np.log([case.base for case in cases]), axis=1)
    rows = zip(KEYS, found.statistic, found.pvalue, strict=True)
    return {key: "SAME" if p > 0.01 / family else "SLOWER" if t > 0 else "FASTER" for key, t, p in rows}


def careless_t(look: Look) -> dict[str, Word]:
    """The impostor that forgets how many cases there are."""
    return plain_t(look, family=1)


def alarms(method: Method, noisy: int, trials: int) -> float:
    """The share of suites of identical code with any alarm."""
    rng = np.random.default_rng(13)
    found = (method(laboratory(rng, 0.0, noisy)) for _ in range(trials))
    return sum(bool({"SLOWER", "FASTER"} & set(words.values())) for words in found) / trials


def power(method: Method, trials: int) -> float:
    """The share of suites in which the one case that is 5 % slower is told SLOWER."""
    rng = np.random.default_rng(14)
    return sum(method(laboratory(rng, 0.05, 0))["0"] == "SLOWER" for _ in range(trials)) / trials


def passes_the_criteria(method: Method, trials: int) -> tuple[bool, bool]:
    """Whether it stays silent on identical code (1 %, of which 150 suites may show 2), and finds 5 % (95 %)."""
    return max(alarms(method, noisy, trials) for noisy in (0, 6)) <= 0.02, power(method, trials) >= 0.95


class TestBySimulation:
    """False alarms and power, and that the criteria can be failed."""

    def test_ours(self) -> None:
        """Silent and sharp."""
        assert passes_the_criteria(ours, 150) == (True, True)

    @pytest.mark.parametrize(
        ("impostor", "silent", "sharp"),
        [(threshold, False, False), (plain_t, True, False), (careless_t, False, False)],
    )
    def test_impostors(self, impostor: Method, silent: bool, sharp: bool) -> None:
        """A threshold alarms and misses, a plain t-test misses, an unadjusted one alarms."""
        assert passes_the_criteria(impostor, 50) == (silent, sharp)

    def test_identical_code_is_the_same(self) -> None:
        """Suites of identical code come out all SAME, nearly always."""
        rng = np.random.default_rng(15)
        found = [set(ours(laboratory(rng, 0.0, 0)).values()) for _ in range(100)]

        assert sum(words == {"SAME"} for words in found) >= 95
