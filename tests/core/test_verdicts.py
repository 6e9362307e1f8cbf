"""The statistics of the gate: each rule, and by seeded simulation its false alarms and its power."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bench.speed.verdicts import FRESH_REPLICATES, Pair, Verdict, Word, intervals, judge, noise_floor, settle, suspects

NAN, INF = math.nan, math.inf
BASE = (1.00, 1.02, 0.99, 1.01, 0.98)
"""Five times whose logarithms have a mean of about 0 and a standard deviation of 1.6 %."""
NOISE = np.array([0.002, -0.006, 0.004, 0.001, -0.003])

Rng = np.random.Generator


def pair(head: Sequence[float], base: Sequence[float] = BASE, key: str = "a", group: str = "g") -> Pair:
    """Return a paired case."""
    return Pair(key, group, tuple(base), tuple(head), paired=True)


def changed(ratio: float, scale: float = 1.0, key: str = "a", group: str = "g") -> Pair:
    """Return a paired case whose head takes `ratio` times as long, give or take 0.4 % × scale."""
    return pair((np.array(BASE) * ratio * np.exp(scale * NOISE)).tolist(), key=key, group=group)


def judge_first(*pairs: Pair, margin: float = 0.05, floor: float = 0.0) -> Verdict:
    """Return the verdict on the first of these pairs."""
    return judge(pairs, margin=margin, floor=floor)[0]


def like(rng: Rng, cases: int, passes: int = 5, sd: float = 0.02, group: str = "g") -> list[Pair]:
    """Return unchanged paired cases of one group."""
    sides = np.exp(sd * rng.standard_normal((cases, 2, passes))).tolist()
    return [pair(head, base, f"like{i}", group) for i, (base, head) in enumerate(sides)]


class TestWords:
    """Tests of the rules that choose between the four verdicts."""

    @pytest.mark.parametrize(("ratio", "word"), [(1.05, "SLOWER"), (1 / 1.05, "FASTER"), (1.0, "SAME")])
    def test_clear_cases(self, ratio: float, word: Word) -> None:
        """A change of 5 % is recognised in 0.4 % noise, and so is no change."""
        verdict = judge_first(changed(ratio))

        assert verdict.word == word
        assert verdict.ratio == pytest.approx(ratio, rel=1e-3)
        assert verdict.low < verdict.ratio < verdict.high

    def test_noise_is_uncertain(self) -> None:
        """An interval wider than the margin shows neither a change nor sameness."""
        assert judge_first(changed(1.0, scale=20)).word == "UNCERTAIN"

    def test_sameness_is_shown_for_a_margin(self) -> None:
        """What is the same at 5 % is uncertain at 0.4 %: not being significant is not being the same."""
        assert judge_first(changed(1.0), margin=0.05).word == "SAME"
        assert judge_first(changed(1.0), margin=0.004).word == "UNCERTAIN"

    def test_the_floor_is_above_significance(self) -> None:
        """A significant change below the noise floor is SAME, above it SLOWER, though within the margin."""
        assert judge_first(changed(1.03)).p < 0.01
        assert judge_first(changed(1.03), floor=0.04).word == "SAME"
        assert judge_first(changed(1.03), floor=0.02).word == "SLOWER"

    def test_an_unknown_floor_is_none(self) -> None:
        """A NaN, which `noise_floor` returns for runs of one pass, hides nothing."""
        assert judge_first(changed(1.05), floor=NAN) == judge_first(changed(1.05))

    def test_many_cases_need_more(self) -> None:
        """The p of the same data grows by Holm's factor with the number of cases, the interval does not."""
        cases = [changed(r, key=str(r), group=str(r)) for r in (1.04, 1.02, 1.01, 1.0)]
        alone = [judge_first(case).p for case in cases]
        together = judge(cases, margin=0.05)

        steps = np.maximum.accumulate([4 * alone[0], 3 * alone[1], 2 * alone[2], alone[3]])
        assert [v.p for v in together] == pytest.approx(np.minimum(steps, 1).tolist())
        assert [v.low for v in together] == [judge_first(case).low for case in cases]

    def test_sides_are_symmetric(self) -> None:
        """Exchanging base and head inverts the ratio and keeps p."""
        case = changed(1.02)
        there, back = judge_first(case), judge_first(pair(case.base, case.head))

        assert (back.ratio, back.low, back.high, back.p) == pytest.approx(
            (1 / there.ratio, 1 / there.high, 1 / there.low, there.p)
        )

    def test_order_does_not_matter(self) -> None:
        """The verdict on a case does not depend on its position."""
        cases = [*like(np.random.default_rng(1), 9), changed(1.05)]

        assert judge(cases[::-1], margin=0.05)[::-1] == judge(cases, margin=0.05)


class TestTests:
    """Tests that single cases get the textbook's t-tests, as in SciPy."""

    def test_paired(self) -> None:
        """A single paired case gets the t-test of the differences."""
        case = changed(1.01)
        expected = stats.ttest_rel(np.log(case.head), np.log(case.base))
        verdict = judge_first(case)

        assert verdict.p == pytest.approx(expected.pvalue)
        assert (verdict.low, verdict.high) == pytest.approx(np.exp(expected.confidence_interval(0.95)).tolist())

    def test_unpaired(self) -> None:
        """A single unpaired case of unequal lengths gets Student's t-test of two samples."""
        case = Pair("a", "g", BASE, (1.05, 1.02, 1.06))
        expected = stats.ttest_ind(np.log(case.head), np.log(case.base))
        verdict = judge_first(case)

        assert verdict.p == pytest.approx(expected.pvalue)
        assert (verdict.low, verdict.high) == pytest.approx(np.exp(expected.confidence_interval(0.95)).tolist())

    def test_pairing_removes_what_both_share(self) -> None:
        """Passes that are 30 % slower on both sides hide nothing from a paired test."""
        drift = np.exp(np.linspace(0, 0.3, 5))
        case = changed(1.02)
        drifted = pair((np.array(case.head) * drift).tolist(), (np.array(case.base) * drift).tolist())

        assert judge_first(drifted).p == pytest.approx(judge_first(case).p)
        assert judge_first(Pair("a", "g", drifted.base, drifted.head)).p > 0.5


class TestPooling:
    """Tests that a case borrows its spread from similar cases."""

    def test_like_cases_narrow_the_interval(self) -> None:
        """Among 20 cases of one spread the interval has many degrees of freedom instead of four."""
        lenders = like(np.random.default_rng(2), 20)
        wide = [math.log(judge_first(case).high / judge_first(case).low) for case in lenders]
        narrow = [math.log(v.high / v.low) for v in judge(lenders, margin=0.05)]

        assert np.mean(narrow) < 0.85 * np.mean(wide)
        assert np.std(narrow) < 0.5 * np.std(wide)

    def test_other_groups_lend_nothing(self) -> None:
        """Cases of another group do not change the interval."""
        lenders = like(np.random.default_rng(3), 20, group="other")

        assert judge_first(changed(1.0), *lenders).low == judge_first(changed(1.0)).low

    def test_the_noisy_one_stays_noisy(self) -> None:
        """A case with ten times the spread of its group does not get their spread, which would make it a change."""
        lenders = like(np.random.default_rng(4), 20)
        noisy = pair(np.exp([0.3, -0.05, 0.35, -0.1, 0.2]).tolist(), key="noisy")

        assert judge_first(noisy, *lenders).p > 0.5

    def test_the_noisy_ones_do_not_spoil_the_rest(self) -> None:
        """Two of 20 cases with ten times the spread widen a quiet case's interval by less than a third."""
        quiet, noisy = like(np.random.default_rng(5), 20), like(np.random.default_rng(6), 2, sd=0.2)
        without, beside = judge(quiet, margin=0.05), judge([*quiet[:-2], *noisy], margin=0.05)
        widths = [[math.log(v.high / v.low) for v in verdicts[:18]] for verdicts in (without, beside)]

        assert np.mean(widths[1]) < 4 / 3 * np.mean(widths[0])

    def test_the_first_look_lends_to_the_second(self) -> None:
        """`like` narrows the interval of a single suspect, and is no member of its family."""
        lenders, singles = like(np.random.default_rng(7), 20), like(np.random.default_rng(8), 20)
        pooled = [judge([case], margin=0.05, like=lenders)[0] for case in singles]
        widths = [math.log(v.high / v.low) for v in (*pooled, *map(judge_first, singles))]

        assert np.mean(widths[:20]) < 0.85 * np.mean(widths[20:])
        assert min(v.p for v in pooled) < 0.2

    def test_one_pass_has_its_group(self) -> None:
        """A case of one pass takes its spread from its group, and is uncertain without one."""
        single = pair((1.5,), (1.0,), key="single")

        assert judge_first(single, *like(np.random.default_rng(9), 20)).word == "SLOWER"
        assert judge_first(single).word == "UNCERTAIN"
        assert judge_first(single).ratio == pytest.approx(1.5)
        assert math.isnan(judge_first(single).low)


class TestPoorData:
    """Tests that any data of a run gets a verdict; pytest makes a warning an error."""

    @pytest.mark.parametrize("paired", [True, False])
    @pytest.mark.parametrize("side", [(), (NAN,), (NAN, NAN, NAN), (0.0, 0.0), (INF, INF), (-1.0, -1.0)], ids=str)
    def test_a_side_without_figures(self, side: tuple[float, ...], paired: bool) -> None:
        """The case is uncertain with NaN for all numbers, is no suspect, and does not count in the family."""
        empty = Pair("empty", "g", BASE, side, paired)
        fine = changed(1.02)
        verdicts = judge([empty, fine], margin=0.05)

        assert verdicts[0].word == "UNCERTAIN"
        assert all(map(math.isnan, (verdicts[0].ratio, verdicts[0].low, verdicts[0].high, verdicts[0].p)))
        assert suspects(verdicts[:1]) == ()
        assert verdicts[1] == judge_first(fine)

    def test_no_cases(self) -> None:
        """Without cases there are no verdicts and no intervals."""
        assert judge([], margin=0.05) == ()
        assert intervals({}) == {}

    def test_nan_holds_a_lost_pass(self) -> None:
        """The partner of a lost pass of a paired case is left out, wherever it is."""
        case = changed(1.02)
        incomplete = pair((case.head[0], NAN, *case.head[2:]))

        assert judge_first(incomplete) == judge_first(pair((case.head[0], *case.head[2:]), (BASE[0], *BASE[2:])))

    def test_a_paired_side_may_be_shorter(self) -> None:
        """Passes beyond the shorter side have no partner and do not count."""
        case = changed(1.02)

        assert judge_first(pair(case.head[:3])) == judge_first(pair(case.head[:3], BASE[:3]))

    @pytest.mark.parametrize("paired", [True, False])
    @pytest.mark.parametrize(("ratio", "word"), [(1.0, "SAME"), (1.05, "SLOWER")])
    def test_no_spread_at_all(self, ratio: float, word: Word, paired: bool) -> None:
        """Equal figures are judged by the clock's resolution, alone and in their group."""
        flat = [Pair(str(i), "g", (1.0,) * 5, (ratio,) * 5, paired) for i in range(3)]

        assert {v.word for v in judge(flat, margin=0.05)} == {word}
        assert judge_first(flat[0]).word == word

    def test_one_silent_case_among_others(self) -> None:
        """A case without any spread does not make its group look quiet."""
        lenders = like(np.random.default_rng(10), 8)
        flat = pair((1.0,) * 5, (1.0,) * 5, key="flat")
        widths = [math.log(v.high / v.low) for v in judge([*lenders, flat], margin=0.05)]

        assert min(widths[:-1]) > 0.01

    def test_absurd_figures_do_not_overflow(self) -> None:
        """Times from 1e-300 to 1e300 seconds give an almost infinite interval, and no exception."""
        verdict = judge_first(pair((1e-300, 1e300, 1.0)))

        assert verdict.word == "UNCERTAIN"
        assert verdict.high > 1e20

    def test_two_passes_convict_nobody(self) -> None:
        """Two passes that agree on 20 % prove nothing by themselves: a t of one degree of freedom."""
        assert judge_first(pair((1.2, 1.21), (1.0, 1.0))).word == "UNCERTAIN"


class TestSecondLook:
    """Tests of the second measurement of suspects, which decides."""

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
        """Suspects are changes, the uncertain, and cases that only Holm's factor made SAME."""
        assert suspects(self.VERDICTS) == ("slower", "faster", "wide", "leaning", "one pass")

    def test_the_fresh_look_decides(self) -> None:
        """A fresh verdict replaces the first one in place, whatever it is; the others stay."""
        fresh = (Verdict("wide", "SLOWER", 1.1, 1.05, 1.15, 0.001), Verdict("slower", "SAME", 1.0, 0.99, 1.01, 1.0))
        words = {v.key: v.word for v in settle(self.VERDICTS, fresh)}

        assert list(words) == [v.key for v in self.VERDICTS]
        assert (words["slower"], words["faster"], words["wide"]) == ("SAME", "FASTER", "SLOWER")


class TestNoiseFloor:
    """Tests of the difference between identical code inside one run."""

    @pytest.mark.parametrize("passes", [[], [()], [(1.0,)], [(1.0, NAN)], [(NAN, NAN)]], ids=str)
    def test_needs_two_passes(self, passes: list[tuple[float, ...]]) -> None:
        """The floor is NaN if no case has two passes."""
        assert math.isnan(noise_floor(passes))

    def test_of_two_passes(self) -> None:
        """For two passes 4 % apart the floor is smaller by √2, as for two runs of two passes."""
        assert noise_floor([(1.0, 1.04)]) == pytest.approx(1.04 ** math.sqrt(0.5) - 1)

    @pytest.mark.parametrize("passes", [2, 3, 5])
    def test_covers_identical_runs(self, passes: int) -> None:
        """About 95 % of the cases of two identical runs differ by less, in geometric means."""
        rng = np.random.default_rng(11)
        base, head = 0.02 * rng.standard_normal((2, 4000, passes))
        differences = np.expm1(np.abs(base.mean(axis=1) - head.mean(axis=1)))

        assert np.mean(differences < noise_floor(np.exp(base).tolist())) == pytest.approx(0.96, abs=0.025)


class TestIntervals:
    """Tests of the intervals of one run."""

    def test_around_the_median(self) -> None:
        """The middle is the median of the passes, and inside of its interval."""
        interval = intervals({"g": {"a": (1.0, 3.0, 2.0)}})["a"]

        assert interval.middle == pytest.approx(2.0)
        assert interval.low < 2.0 < interval.high

    def test_what_cannot_be_told(self) -> None:
        """One pass without a group has a NaN interval, and no pass also a NaN middle."""
        estimates = intervals({"g": {"one": (2.0,)}, "h": {"none": (), "lost": (NAN,)}})

        assert estimates["one"].middle == pytest.approx(2.0)
        assert math.isnan(estimates["one"].low)
        assert math.isnan(estimates["none"].middle)
        assert math.isnan(estimates["lost"].high)

    @pytest.mark.parametrize("passes", [2, 3, 5, 10])
    @pytest.mark.parametrize("cases", [1, 3, 20])
    def test_coverage(self, passes: int, cases: int) -> None:
        """The true value is inside in at least 93 % of cases, pooled or single."""
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


def make_look(rng: Rng, slower: float, noisy: int) -> Look:
    """Return a way to measure 60 paired cases in three groups; case 0 is `slower`.

    Cases have a standard deviation of 1.2 to 2.1 %, the last `noisy` 4.6 %. Every pass is also shifted by 1 %.
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


def judge_suite(look: Look) -> dict[str, Word]:
    """Judge five passes, then the suspects again, as the project does."""
    first = look(KEYS, 5)
    floor = noise_floor([side for case in first for side in (case.base, case.head)])
    verdicts = judge(first, margin=0.05, floor=floor)
    if suspect_keys := suspects(verdicts):
        fresh = judge(look(suspect_keys, FRESH_REPLICATES["standard"]), margin=0.05, floor=floor, like=first)
        verdicts = settle(verdicts, fresh)
    return {v.key: v.word for v in verdicts}


def threshold(look: Look) -> dict[str, Word]:
    """Judge medians 5 % apart as a change, as many a pipeline does."""
    ratios = {case.key: np.median(case.head) / np.median(case.base) for case in look(KEYS, 5)}
    return {key: "SLOWER" if r > 1.05 else "FASTER" if r < 1 / 1.05 else "SAME" for key, r in ratios.items()}


def plain_t(look: Look, family: int = CASES) -> dict[str, Word]:
    """Judge by a t-test for each case, Bonferroni for the family and no second look, as a textbook does."""
    cases = look(KEYS, 5)
    test: Any = stats.ttest_rel(np.log([case.head for case in cases]), np.log([case.base for case in cases]), axis=1)
    rows = zip(KEYS, test.statistic, test.pvalue, strict=True)
    return {key: "SAME" if p > 0.01 / family else "SLOWER" if t > 0 else "FASTER" for key, t, p in rows}


def careless_t(look: Look) -> dict[str, Word]:
    """Judge by the plain t-test without regard to the number of cases."""
    return plain_t(look, family=1)


def alarms(method: Method, noisy: int, trials: int) -> float:
    """Return the share of suites of identical code with any alarm."""
    rng = np.random.default_rng(13)
    suites = (method(make_look(rng, 0.0, noisy)) for _ in range(trials))
    return sum(bool({"SLOWER", "FASTER"} & set(words.values())) for words in suites) / trials


def power(method: Method, trials: int) -> float:
    """Return the share of suites in which the one case that is 5 % slower is SLOWER."""
    rng = np.random.default_rng(14)
    return sum(method(make_look(rng, 0.05, 0))["0"] == "SLOWER" for _ in range(trials)) / trials


def passes_the_criteria(method: Method, trials: int) -> tuple[bool, bool]:
    """Return whether a method is silent on identical code (1 %; 150 suites may show 2) and finds 5 % (95 %)."""
    return max(alarms(method, noisy, trials) for noisy in (0, 6)) <= 0.02, power(method, trials) >= 0.95


class TestBySimulation:
    """Tests of false alarms and power, and that the criteria can be failed."""

    def test_ours(self) -> None:
        """The project's method is silent and finds the change."""
        assert passes_the_criteria(judge_suite, 150) == (True, True)

    @pytest.mark.parametrize(
        ("impostor", "silent", "sharp"),
        [(threshold, False, False), (plain_t, True, False), (careless_t, False, False)],
    )
    def test_impostors(self, impostor: Method, silent: bool, sharp: bool) -> None:
        """A threshold alarms and misses, a plain t-test misses, an unadjusted one alarms."""
        assert passes_the_criteria(impostor, 50) == (silent, sharp)

    def test_identical_code_is_the_same(self) -> None:
        """At least 95 of 100 suites of identical code are all SAME."""
        rng = np.random.default_rng(15)
        suites = [set(judge_suite(make_look(rng, 0.0, 0)).values()) for _ in range(100)]

        assert sum(words == {"SAME"} for words in suites) >= 95
