"""What the guide claims, and what the measurements say of it. Every verdict follows from the figures beside it."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from backends.activation import catalogue, find
from bench.portrait.measure import LAYOUTS
from reports import formats
from reports.cards import exact
from reports.guide.evidence import DEEPEST, Evidence, Named

HOLDS, PARTLY, FAILS, OPEN = "holds", "holds in part", "does not hold", "no data"
GONE = 1e-3
"""Of a gradient: what is left is less than a thousandth."""
LIKE = 1.5
"""Costs by less than that factor apart are alike."""


class Claim(NamedTuple):
    """A sentence of the guide, the verdict, and the figures that it follows from."""

    said: str
    verdict: str
    figures: list[str]


def claims(of: Evidence) -> Iterator[Claim]:
    """In the guide's order."""
    yield differentiable(of)
    yield efficient(of)
    yield relu_differentiable(of)
    yield relu_reaches(of)
    yield relu_dies(of)
    yield spans("Sigmoid's output ranges from 0 to 1.", "sigmoid", 0.0, 1.0)
    yield heavy(of)
    yield vanishes(of, "Sigmoid's gradient vanishes for inputs too small or too high.", "sigmoid")
    yield distribution(of)
    yield outermost(of)
    yield spans("Tanh's output ranges from -1 to 1.", "tanh", -1.0, 1.0)
    yield like_sigmoid(of)
    yield hidden(of)
    yield binary(of)


def named(found: Named, say: Callable[[float], str]) -> str:
    """`0 on torch, jax; 0.5 on numpy`."""
    groups: dict[str, list[str]] = {}
    for name, value in found.items():
        groups.setdefault(say(value), []).append(name)
    return "; ".join(f"{said} on {', '.join(names)}" for said, names in groups.items()) or "no data"


def part(ratio: float) -> str:
    """A share of a gradient."""
    return f"{ratio:.2g}"


def share(of: Evidence, activation: str, weights: str) -> float:
    """What reaches the first layer of the deepest network; NaN without data."""
    return of.reaching(activation, weights).get(DEEPEST, math.nan)


def reached(of: Evidence, activation: str) -> str:
    """In a sentence."""
    shares = {weights: share(of, activation, weights) for weights in ("glorot", "he")}
    if any(math.isnan(s) for s in shares.values()):
        return f"{activation}: no data on deep networks"
    return (
        f"Through {DEEPEST} plain layers of {activation} a gradient keeps {part(shares['glorot'])} of its size with "
        f"Keras' default weights (Glorot), {part(shares['he'])} with He's"
    )


def differentiable(_of: Evidence) -> Claim:
    """Counted in the catalogue."""
    kinked = [entry.name for entry in catalogue().values() if entry.variants[0].kinks]
    figures = [
        f"{len(kinked)} of the {len(catalogue())} activations of Keras have inputs without a derivative: "
        f"{', '.join(kinked)}",
        "relu, the guide's own advice, is one of them; linear is the one that is linear",
    ]
    return Claim("A good activation is non-linear and differentiable.", PARTLY, figures)


def efficient(of: Evidence) -> Claim:
    """relu against a copy and against the cheapest third."""
    said, cost = "ReLU is computationally efficient.", of.cost("relu")
    if not cost:
        return Claim(said, OPEN, ["no run was named (--run)"])
    ranks = []
    for backend, ratio in cost.items():
        every = sorted(r for name in catalogue() if (r := of.cost(name).get(backend)) is not None)
        ranks.append((backend, 1 + sum(other < ratio for other in every), len(every)))
    cheap = all(rank <= count / 3 for _, rank, count in ranks)
    figures = [f"Time of a forward call against a copy of its input: {named(cost, formats.times)}"]
    figures += ["Place among all, the cheapest first: " + ", ".join(f"{r} of {n} on {b}" for b, r, n in ranks)]
    return Claim(said, HOLDS if cheap else PARTLY, figures)


def relu_differentiable(of: Evidence) -> Claim:
    """What each backend takes for the slope at 0."""
    slopes = of.at("relu", 0.0, "slope")
    figures = [f"At 0 its slope jumps from 0 to 1. What is returned there: {named(slopes, formats.number)}"]
    return Claim("ReLU is differentiable.", FAILS, figures)


def relu_reaches(of: Evidence) -> Claim:
    """By deep networks."""
    said = "ReLU does not suffer from vanishing gradients."
    shares = [share(of, "relu", weights) for weights in ("glorot", "he")]
    if any(math.isnan(s) for s in shares):
        return Claim(said, OPEN, [reached(of, "relu")])
    lost = sum(s < GONE for s in shares)
    figures = [
        reached(of, "relu"),
        "Half of the inputs pass nothing on; He's weights are twice as large to make up for it",
    ]
    return Claim(said, (HOLDS, PARTLY, FAILS)[lost], figures)


def relu_dies(of: Evidence) -> Claim:
    """By the share of dead inputs."""
    dead = of.dead("relu")
    said = "ReLU suffers from dying neurons: for negative inputs the derivative is zero."
    figures = [f"Of N(0, 1) inputs have a slope of exactly 0: {named(dead, formats.probability)}"]
    figures += [f"leaky_relu: {named(of.dead('leaky_relu'), formats.probability)}"]
    return Claim(said, verdict(dead, lambda y: y > 0), figures)


def verdict(found: Named, holds: Callable[[float], bool]) -> str:
    """Of a condition on every backend."""
    if not found:
        return OPEN
    held = [holds(value) for value in found.values()]
    return HOLDS if all(held) else PARTLY if any(held) else FAILS


def spans(said: str, activation: str, low: float, high: float) -> Claim:
    """By theorem."""
    own = exact.facts(find(activation).variants[0])
    assert own is not None
    right = (own.low, own.high) == (low, high)
    figures = [f"Proved for every float32 number: {formats.number(own.low)} to {formats.number(own.high)}"]
    return Claim(said, HOLDS if right else FAILS, figures)


def heavy(of: Evidence) -> Claim:
    """sigmoid against relu."""
    said, sigmoid, relu = "Sigmoid is computationally heavy.", of.cost("sigmoid"), of.cost("relu")
    ratios = {name: sigmoid[name] / relu[name] for name in sigmoid if name in relu}
    if not ratios:
        return Claim(said, OPEN, ["no run was named (--run)"])
    figures = [
        f"Time of a forward call against a copy of its input: {named(sigmoid, formats.times)}",
        f"Against relu: {named(ratios, formats.times)}",
    ]
    return Claim(said, verdict(ratios, lambda ratio: ratio > LIKE), figures)


def vanishes(of: Evidence, said: str, activation: str) -> Claim:
    """From which |x| on, and what of it reaches the first layer."""
    first = {dtype: of.vanished(activation, dtype) for dtype in LAYOUTS}
    figures = [
        f"Exactly 0 in {dtype} from |x| = {named(found, lambda x: formats.digits(x) if math.isfinite(x) else 'never')}"
        for dtype, found in first.items()
        if found
    ]
    ends = [x for found in first.values() for x in found.values()]
    outcome = OPEN if not ends else HOLDS if all(math.isfinite(x) for x in ends) else PARTLY
    return Claim(said, outcome, [*figures, reached(of, activation)])


def distribution(of: Evidence) -> Claim:
    """How far the sums are off, and whether a result is exactly 0."""
    said = "Softmax gives a probability distribution: values in (0, 1), sum 1."
    sums = of.sums()
    if not sums:
        return Claim(said, OPEN, ["the guide's calls were not made"])
    figures = []
    for dtype in LAYOUTS:
        mine = {own["backend"]: own for own in sorted(sums, key=lambda own: own["off"]) if own["dtype"] == dtype}
        worst = {name: own["off"] for name, own in mine.items()}
        lengths = sorted({own["length"] for own in sums})
        figures.append(
            f"{dtype}: the sum of a row of {lengths[0]:,} to {lengths[-1]:,} is off by at most "
            f"{named(worst, formats.digits)} epsilons of the format"
        )
    ends = sum(own["zeros"] + own["ones"] for own in sums)
    figures.append(f"{formats.count(ends, 'result')} of exactly 0 or 1 for N(0, 1) inputs")
    return Claim(said, PARTLY if ends or any(own["off"] > 0 for own in sums) else HOLDS, figures)


def outermost(of: Evidence) -> Claim:
    """Why not elsewhere."""
    left = share(of, "softmax", "glorot")
    outcome = OPEN if math.isnan(left) else HOLDS if left < GONE else PARTLY
    return Claim("Softmax is for the output layer of multi-class classification.", outcome, [reached(of, "softmax")])


def like_sigmoid(of: Evidence) -> Claim:
    """tanh: its slope is 0 far out too, but 1 about 0."""
    found = vanishes(of, "Tanh's gradient vanishes like sigmoid's.", "tanh")
    left, sigmoid = share(of, "tanh", "glorot"), share(of, "sigmoid", "glorot")
    if math.isnan(left) or math.isnan(sigmoid):
        return found
    outcome = found.verdict if left < GONE else PARTLY if found.verdict == HOLDS else FAILS
    return found._replace(verdict=outcome, figures=[*found.figures, reached(of, "sigmoid")])


def hidden(of: Evidence) -> Claim:
    """The guide's advice."""
    said = "No sigmoid or tanh in hidden layers; ReLU instead."
    shares = {name: share(of, name, "glorot") for name in ("sigmoid", "tanh", "relu")}
    if any(math.isnan(s) for s in shares.values()):
        return Claim(said, OPEN, ["no data on deep networks"])
    figures = [reached(of, name) for name in shares]
    right = shares["sigmoid"] < shares["relu"], shares["tanh"] < shares["relu"]
    return Claim(said, HOLDS if all(right) else PARTLY if any(right) else FAILS, figures)


def binary(of: Evidence) -> Claim:
    """The guide's advice; what it is silent about is that the slope of the loss passes through sigmoid's."""
    found = spans("Sigmoid for binary output.", "sigmoid", 0.0, 1.0)
    first = of.vanished("sigmoid", "float32")
    if not first:
        return found._replace(verdict=OPEN)
    figures = [
        f"But a loss of its results learns nothing where its slope is 0, from |x| = {named(first, formats.digits)}"
    ]
    return found._replace(figures=[*found.figures, *figures])
