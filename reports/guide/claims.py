"""The guide's claims and the verdict of the measurements on each. Every verdict follows from the figures beside it."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from backends.activation import catalogue, find
from bench.curves.measure import LAYOUTS
from reports import formats
from reports.cards import exact
from reports.guide.evidence import DEEPEST, ByBackend, Evidence
from reports.page.section import Mark

HOLDS, PARTLY, FAILS, OPEN = "holds", "holds in part", "does not hold", "no data"
MARKS: dict[str, Mark] = {HOLDS: "faster", FAILS: "fault", PARTLY: "soft", OPEN: "soft"}
GONE = 1e-3
"""The share of a gradient below which it has vanished: a thousandth."""
LIKE = 1.5
"""The factor below which two costs count as alike."""


class Claim(NamedTuple):
    """A sentence of the guide, the verdict, and the figures that it follows from."""

    statement: str
    verdict: str
    figures: list[str]

    @property
    def mark(self) -> Mark:
        """The meaning of the verdict."""
        return MARKS[self.verdict]


def claims(evidence: Evidence) -> Iterator[Claim]:
    """Yield the claims in the guide's order."""
    yield differentiable()
    yield efficient(evidence)
    yield relu_differentiable(evidence)
    yield relu_reaches(evidence)
    yield relu_dies(evidence)
    yield spans("Sigmoid's output ranges from 0 to 1.", "sigmoid", 0.0, 1.0)
    yield heavy(evidence)
    yield vanishes(evidence, "Sigmoid's gradient vanishes for inputs too small or too high.", "sigmoid")
    yield distribution(evidence)
    yield outermost(evidence)
    yield spans("Tanh's output ranges from -1 to 1.", "tanh", -1.0, 1.0)
    yield like_sigmoid(evidence)
    yield hidden(evidence)
    yield binary(evidence)


def join_backends(values: ByBackend, format_value: Callable[[float], str]) -> str:
    """Return values in words, such as `0 on torch, jax; 0.5 on numpy`."""
    groups: dict[str, list[str]] = {}
    for name, value in values.items():
        groups.setdefault(format_value(value), []).append(name)
    return "; ".join(f"{text} on {', '.join(names)}" for text, names in groups.items()) or "no data"


def part(ratio: float) -> str:
    """Return a share of a gradient in two digits."""
    return f"{ratio:.2g}"


def share(evidence: Evidence, activation: str, weights: str) -> float:
    """Return the share that reaches the first layer of the deepest network; NaN without data."""
    return evidence.reaching(activation, weights).get(DEEPEST, math.nan)


def reach_sentence(evidence: Evidence, activation: str) -> str:
    """Return the shares of a gradient that reach the first layer, in a sentence."""
    shares = {weights: share(evidence, activation, weights) for weights in ("glorot", "he")}
    if any(math.isnan(s) for s in shares.values()):
        return f"{activation}: no data on deep networks"
    return (
        f"Through {DEEPEST} plain layers of {activation} a gradient keeps {part(shares['glorot'])} of its size with "
        f"Keras' default weights (Glorot), {part(shares['he'])} with He's"
    )


def differentiable() -> Claim:
    """Count the activations with a kink in the catalogue."""
    kinked = [entry.name for entry in catalogue().values() if entry.variants[0].kinks]
    figures = [
        f"{len(kinked)} of the {len(catalogue())} activations of Keras have inputs without a derivative: "
        f"{', '.join(kinked)}",
        "relu, the guide's own advice, is one of them; linear is the one that is linear",
    ]
    return Claim("A good activation is non-linear and differentiable.", PARTLY, figures)


def efficient(evidence: Evidence) -> Claim:
    """Compare relu with a copy and with the cheapest third of the activations."""
    statement, cost = "ReLU is computationally efficient.", evidence.cost("relu")
    if not cost:
        return Claim(statement, OPEN, ["no run was named (--run)"])
    ranks = []
    for backend, ratio in cost.items():
        every = sorted(r for name in catalogue() if (r := evidence.cost(name).get(backend)) is not None)
        ranks.append((backend, 1 + sum(other < ratio for other in every), len(every)))
    cheap = all(rank <= count / 3 for _, rank, count in ranks)
    figures = [f"Time of a forward call against a copy of its input: {join_backends(cost, formats.times)}"]
    figures += ["Place among all, the cheapest first: " + ", ".join(f"{r} of {n} on {b}" for b, r, n in ranks)]
    return Claim(statement, HOLDS if cheap else PARTLY, figures)


def relu_differentiable(evidence: Evidence) -> Claim:
    """Return what each backend gives for the derivative at 0."""
    results = evidence.result_at("relu", 0.0, "derivative")
    given = join_backends(results, formats.number)
    figures = [f"At 0 its derivative jumps from 0 to 1. What is returned there: {given}"]
    return Claim("ReLU is differentiable.", FAILS, figures)


def relu_reaches(evidence: Evidence) -> Claim:
    """Judge the claim by the gradients of deep networks."""
    statement = "ReLU does not suffer from vanishing gradients."
    shares = [share(evidence, "relu", weights) for weights in ("glorot", "he")]
    if any(math.isnan(s) for s in shares):
        return Claim(statement, OPEN, [reach_sentence(evidence, "relu")])
    lost = sum(s < GONE for s in shares)
    figures = [
        reach_sentence(evidence, "relu"),
        "Half of the inputs pass nothing on; He's weights are twice as large to make up for it",
    ]
    return Claim(statement, (HOLDS, PARTLY, FAILS)[lost], figures)


def relu_dies(evidence: Evidence) -> Claim:
    """Judge the claim by the share of dead inputs."""
    dead = evidence.dead("relu")
    statement = "ReLU suffers from dying neurons: for negative inputs the derivative is zero."
    figures = [f"Of N(0, 1) inputs have a derivative of exactly 0: {join_backends(dead, formats.probability)}"]
    figures += [f"leaky_relu: {join_backends(evidence.dead('leaky_relu'), formats.probability)}"]
    return Claim(statement, verdict(dead, lambda y: y > 0), figures)


def verdict(values: ByBackend, holds: Callable[[float], bool]) -> str:
    """Return whether a condition holds on every backend, on some, or on none."""
    if not values:
        return OPEN
    results = [holds(value) for value in values.values()]
    return HOLDS if all(results) else PARTLY if any(results) else FAILS


def spans(statement: str, activation: str, low: float, high: float) -> Claim:
    """Judge a claim about a range by the proved one."""
    facts = exact.facts(find(activation).variants[0])
    assert facts is not None
    is_exact = (facts.low, facts.high) == (low, high)
    figures = [f"Proved for every float32 number: {formats.number(facts.low)} to {formats.number(facts.high)}"]
    return Claim(statement, HOLDS if is_exact else FAILS, figures)


def heavy(evidence: Evidence) -> Claim:
    """Compare sigmoid with relu."""
    statement, sigmoid, relu = "Sigmoid is computationally heavy.", evidence.cost("sigmoid"), evidence.cost("relu")
    ratios = {name: sigmoid[name] / relu[name] for name in sigmoid if name in relu}
    if not ratios:
        return Claim(statement, OPEN, ["no run was named (--run)"])
    figures = [
        f"Time of a forward call against a copy of its input: {join_backends(sigmoid, formats.times)}",
        f"Against relu: {join_backends(ratios, formats.times)}",
    ]
    return Claim(statement, verdict(ratios, lambda ratio: ratio > LIKE), figures)


def vanishes(evidence: Evidence, statement: str, activation: str) -> Claim:
    """Judge by the |x| from which derivatives are 0, and by the share of a gradient that reaches the first layer."""
    first = {dtype: evidence.vanished(activation, dtype) for dtype in LAYOUTS}
    figures = [
        f"Exactly 0 in {dtype} from |x| = {join_backends(starts_on, formats.digits)}"
        for dtype, starts_on in first.items()
        if starts_on
    ]
    starts = [x for starts_on in first.values() for x in starts_on.values()]
    outcome = OPEN if not starts else HOLDS if all(math.isfinite(x) for x in starts) else PARTLY
    return Claim(statement, outcome, [*figures, reach_sentence(evidence, activation)])


def distribution(evidence: Evidence) -> Claim:
    """Judge by the errors of the sums, and by whether a result is exactly 0 or 1."""
    statement = "Softmax gives a probability distribution: values in (0, 1), sum 1."
    sums = evidence.sums()
    if not sums:
        return Claim(statement, OPEN, ["the guide's calls were not made"])
    figures = []
    for dtype in LAYOUTS:
        worst = {name: off for name, off, part in sorted(sums, key=lambda row: row[1]) if part.dtype == dtype}
        lengths = sorted({part.length for _, _, part in sums})
        figures.append(
            f"{dtype}: the sum of a row of {lengths[0]:,} to {lengths[-1]:,} is off by at most "
            f"{join_backends(worst, formats.digits)} epsilons of the format"
        )
    saturated = sum(part.zeros + part.ones for _, _, part in sums)
    figures.append(f"{formats.count(saturated, 'result')} of exactly 0 or 1 for N(0, 1) inputs")
    return Claim(statement, PARTLY if saturated or any(off > 0 for _, off, _ in sums) else HOLDS, figures)


def outermost(evidence: Evidence) -> Claim:
    """Judge by the share of a gradient that softmax passes on as a hidden layer."""
    remaining = share(evidence, "softmax", "glorot")
    outcome = OPEN if math.isnan(remaining) else HOLDS if remaining < GONE else PARTLY
    return Claim(
        "Softmax is for the output layer of multi-class classification.", outcome, [reach_sentence(evidence, "softmax")]
    )


def like_sigmoid(evidence: Evidence) -> Claim:
    """Compare tanh with sigmoid: its derivative is 0 far out too, but 1 about 0."""
    claim = vanishes(evidence, "Tanh's gradient vanishes like sigmoid's.", "tanh")
    remaining, sigmoid = share(evidence, "tanh", "glorot"), share(evidence, "sigmoid", "glorot")
    if math.isnan(remaining) or math.isnan(sigmoid):
        return claim
    outcome = claim.verdict if remaining < GONE else PARTLY if claim.verdict == HOLDS else FAILS
    return claim._replace(verdict=outcome, figures=[*claim.figures, reach_sentence(evidence, "sigmoid")])


def hidden(evidence: Evidence) -> Claim:
    """Compare the gradients of the activations that the guide's advice names."""
    statement = "No sigmoid or tanh in hidden layers; ReLU instead."
    shares = {name: share(evidence, name, "glorot") for name in ("sigmoid", "tanh", "relu")}
    if any(math.isnan(s) for s in shares.values()):
        return Claim(statement, OPEN, ["no data on deep networks"])
    figures = [reach_sentence(evidence, name) for name in shares]
    is_less = shares["sigmoid"] < shares["relu"], shares["tanh"] < shares["relu"]
    return Claim(statement, HOLDS if all(is_less) else PARTLY if any(is_less) else FAILS, figures)


def binary(evidence: Evidence) -> Claim:
    """Judge the guide's advice, which leaves out that the derivative of the loss passes through sigmoid's."""
    claim = spans("Sigmoid for binary output.", "sigmoid", 0.0, 1.0)
    first = evidence.vanished("sigmoid", "float32")
    if not first:
        return claim._replace(verdict=OPEN)
    figures = [
        "But a loss of its results learns nothing where its derivative is 0, "
        f"from |x| = {join_backends(first, formats.digits)}"
    ]
    return claim._replace(figures=[*claim.figures, *figures])
