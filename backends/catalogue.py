"""The 30 activations of Keras 3.15.1: one formula for each, with the only defaults of its parameters.

A formula takes a number context and one number (elementwise) or one row, a list of numbers
along the axis (rowwise, gated). It is the definition: exact in interval arithmetic, differentiable
by dual numbers, and therefore written without `abs` or `max` where the function is smooth.

Docstrings follow one pattern: a description, the formula in cases, and the derivative that each
framework takes at a kink. "Valid" there means any value between the two one-sided derivatives.
"""

from typing import Any

from backends.activation import Axes, Axis, Context, Flag, NonNegative, Number, Positive, activation

Row = list[Any]
KERAS = "https://keras.io/api/layers/activations"

# Klambauer et al. 2017, appendix: the fixed point (mean 0, variance 1) of the self-normalising map.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _clip(ctx: Context, x: Any, low: float, high: float) -> Any:
    inner = lambda: ctx.where(x > high, lambda: ctx.number(high), lambda: x)  # noqa: E731
    return ctx.where(x < low, lambda: ctx.number(low), inner)


def _sigmoid(ctx: Context, x: Any) -> Any:
    return ctx.where(x > 0, lambda: 1 / (1 + ctx.exp(-x)), lambda: ctx.exp(x) / (1 + ctx.exp(x)))


def _relu_kinks(negative_slope: float, max_value: float | None, threshold: float) -> tuple[float, ...]:
    if max_value is None:
        return () if negative_slope == 1 and threshold == 0 else (threshold,)
    if max_value <= threshold:  # a jump to max_value, unless that is 0
        return (threshold,) if negative_slope or max_value else ()
    clip_bounds = (max_value,) if threshold >= 0 else tuple(bound for bound in (0.0, max_value) if max_value)
    smooth = threshold <= 0 and negative_slope == (1.0 if threshold == 0 else 0.0)  # in value and derivative
    return clip_bounds if smooth else (threshold, *clip_bounds)


@activation(
    source="Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
    kinks=_relu_kinks,
    parameter_aliases={"alpha": "negative_slope"},  # Keras 2's spelling, as in the guide
    cases=(
        {},
        {"negative_slope": 0.7},
        {"max_value": 3.0},
        {"threshold": 7.0},
        {"threshold": -1.0},
        {"negative_slope": 0.25, "max_value": 6.0, "threshold": 1.0},
    ),
)
def relu(
    ctx: Context,
    x: Any,
    *,
    negative_slope: NonNegative = 0.0,
    max_value: NonNegative | None = None,
    threshold: Number = 0.0,
) -> Any:
    """Rectified linear unit with an optional leak, ceiling and threshold.

    f(x) = x for x > threshold, negative_slope (x - threshold) otherwise; the upper branch is
    clipped to [0, max_value] where a max_value is given.

    Keras documents `x >= threshold` but computes `x > threshold`, as here: relu(7, threshold=7) is 0.
    Derivative at 0: any value in [negative_slope, 1] is valid; Keras takes the left one.
    """

    def above() -> Any:
        if max_value == 0:
            return ctx.number(0.0)
        return x if max_value is None else _clip(ctx, x, 0.0, max_value)

    def below() -> Any:
        return negative_slope * (x - threshold) if negative_slope else ctx.number(0.0)

    return ctx.where(x > threshold, above, below)


@activation(
    source="Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models",
    kinks=lambda negative_slope: () if negative_slope == 1 else (0.0,),
    cases=({}, {"negative_slope": 0.0}, {"negative_slope": 2.0}),
)
def leaky_relu(ctx: Context, x: Any, *, negative_slope: NonNegative = 0.2) -> Any:
    """Rectified linear unit that leaks: f(x) = x for x > 0, negative_slope x otherwise.

    Derivative at 0: valid between negative_slope and 1; torch and TensorFlow take negative_slope, JAX 1.
    """
    return ctx.where(x > 0, lambda: x, lambda: negative_slope * x if negative_slope else ctx.number(0.0))


@activation(source="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10", kinks=lambda: (0.0, 6.0))
def relu6(ctx: Context, x: Any) -> Any:
    """Rectified linear unit with a ceiling: f(x) = min(max(x, 0), 6).

    Derivative at 0 and 6: any value in [0, 1] is valid; Keras takes 0.
    """
    return _clip(ctx, x, 0.0, 6.0)


@activation(
    source="Clevert et al. 2015, https://arxiv.org/abs/1511.07289",
    kinks=lambda alpha: () if alpha == 1 else (0.0,),
    cases=({}, {"alpha": 0.5}, {"alpha": 2.0}),
)
def elu(ctx: Context, x: Any, *, alpha: NonNegative = 1.0) -> Any:
    """Exponential linear unit: f(x) = x for x > 0, alpha (exp(x) - 1) otherwise.

    Derivative at 0: valid between alpha and 1; Keras takes alpha.
    """
    return ctx.where(x > 0, lambda: x, lambda: alpha * ctx.expm1(x))


@activation(source="Klambauer et al. 2017, https://arxiv.org/abs/1706.02515", kinks=lambda: (0.0,))
def selu(ctx: Context, x: Any) -> Any:
    """Scaled exponential linear unit: f(x) = s x for x > 0, s a (exp(x) - 1) otherwise.

    Derivative at 0: valid in [s, s a] = [1.051, 1.758]; torch and JAX take s a, TensorFlow s.
    """
    return ctx.where(x > 0, lambda: SELU_SCALE * x, lambda: SELU_SCALE * SELU_ALPHA * ctx.expm1(x))


@activation(
    source="Barron 2017, https://arxiv.org/abs/1704.07483",
    cases=({}, {"alpha": 0.5}, {"alpha": 2.0}),
)
def celu(ctx: Context, x: Any, *, alpha: Positive = 1.0) -> Any:
    """Continuously differentiable elu: f(x) = x for x > 0, alpha (exp(x / alpha) - 1) otherwise.

    No kink: the derivative at 0 is 1 for every alpha.
    """
    return ctx.where(x > 0, lambda: x, lambda: alpha * ctx.expm1(x / alpha))


@activation(source="Glorot et al. 2011, Deep sparse rectifier neural networks")
def softplus(ctx: Context, x: Any) -> Any:
    """Smooth relu: f(x) = log(1 + exp(x))."""
    return ctx.where(x > 0, lambda: x + ctx.log1p(ctx.exp(-x)), lambda: ctx.log1p(ctx.exp(x)))


@activation(source="Bergstra et al. 2009, Quadratic polynomials learn better image features")
def softsign(ctx: Context, x: Any) -> Any:
    """Rational sigmoid in (-1, 1): f(x) = x / (1 + |x|)."""
    # x occurs once, so that intervals of x stay tight
    return ctx.where(x > 0, lambda: 1 - 1 / (1 + x), lambda: 1 / (1 - x) - 1)


@activation(
    source="Donoho 1995, De-noising by soft-thresholding",
    kinks=lambda threshold: (-threshold, threshold) if threshold else (),
    cases=({}, {"threshold": 1.0}),
)
def soft_shrink(ctx: Context, x: Any, *, threshold: NonNegative = 0.5) -> Any:
    """Shrinkage towards zero by the threshold t: f(x) = x - t for x > t, x + t for x < -t, 0 otherwise.

    Derivative at -t and t: any value in [0, 1] is valid; Keras takes 0. At t = 0 this is the identity, whose
    derivative at 0 is 1.
    """
    if not threshold:
        return x
    inner = lambda: ctx.where(x < -threshold, lambda: x + threshold, lambda: ctx.number(0.0))  # noqa: E731
    return ctx.where(x > threshold, lambda: x - threshold, inner)


@activation(
    source="Donoho and Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage",
    kinks=lambda threshold: (-threshold, threshold) if threshold else (),
    cases=({}, {"threshold": 1.0}),
)
def hard_shrink(ctx: Context, x: Any, *, threshold: NonNegative = 0.5) -> Any:
    """Small inputs set to zero: f(x) = x for |x| > t, 0 otherwise.

    Jumps at -t and t, where the value is 0 and Keras takes the derivative 0. At t = 0 this is the identity, whose
    derivative at 0 is 1.
    """
    if not threshold:
        return x
    inner = lambda: ctx.where(x < -threshold, lambda: x, lambda: ctx.number(0.0))  # noqa: E731
    return ctx.where(x > threshold, lambda: x, inner)


@activation(
    source=KERAS,
    kinks=lambda threshold, **_: (threshold,),
    cases=({"threshold": 1.0, "default_value": 20.0}, {"threshold": -0.5, "default_value": -2.0}),
)
def threshold(ctx: Context, x: Any, *, threshold: Number, default_value: Number) -> Any:
    """Constant up to the threshold: f(x) = x for x > threshold, default_value otherwise.

    Jumps at the threshold, where the value is default_value and Keras takes the derivative 0.
    """
    return ctx.where(x > threshold, lambda: x, lambda: ctx.number(default_value))


@activation(source="https://docs.jax.dev/en/latest/_autosummary/jax.nn.sparse_plus.html")
def sparse_plus(ctx: Context, x: Any) -> Any:
    """Twin of softplus with zero tails: f(x) = 0 for x <= -1, (x + 1)^2 / 4 for x < 1, x otherwise."""
    inner = lambda: ctx.where(x < 1, lambda: (x + 1) ** 2 / 4, lambda: x)  # noqa: E731
    return ctx.where(x > -1, inner, lambda: ctx.number(0.0))


@activation(
    source="https://docs.jax.dev/en/latest/_autosummary/jax.nn.sparse_sigmoid.html",
    kinks=lambda: (-1.0, 1.0),
)
def sparse_sigmoid(ctx: Context, x: Any) -> Any:
    """Twin of sigmoid with exact tails: f(x) = 0 for x <= -1, (x + 1) / 2 for x < 1, 1 otherwise.

    Derivative at -1 and 1: any value in [0, 1/2] is valid; JAX takes 1/4.
    """
    inner = lambda: ctx.where(x < 1, lambda: (x + 1) / 2, lambda: ctx.number(1.0))  # noqa: E731
    return ctx.where(x > -1, inner, lambda: ctx.number(0.0))


@activation(source="Elfwing et al. 2017, https://arxiv.org/abs/1702.03118", aliases=("swish",))
def silu(ctx: Context, x: Any) -> Any:
    """Sigmoid-weighted linear unit: f(x) = x / (1 + exp(-x))."""
    return x * _sigmoid(ctx, x)


@activation(
    source="Barron 2021, https://arxiv.org/abs/2112.11687",
    kinks=lambda b: () if b else (0.0,),
    cases=({}, {"b": 1.0}),
)
def squareplus(ctx: Context, x: Any, *, b: NonNegative = 4.0) -> Any:
    """Algebraic softplus: f(x) = (x + sqrt(x^2 + b)) / 2. At b = 0 this is relu."""
    if not b:
        return ctx.where(x > 0, lambda: x, lambda: ctx.number(0.0))
    root = ctx.sqrt(x * x + b)
    # the sum cancels for x < 0: multiply by the conjugate there
    return ctx.where(x > 0, lambda: (x + root) / 2, lambda: b / (2 * (root - x)))


@activation(
    source="Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415",
    cases=({}, {"approximate": True}),
)
def gelu(ctx: Context, x: Any, *, approximate: Flag = False) -> Any:
    """Gaussian error linear unit: f(x) = x Phi(x) with Phi the standard normal distribution function.

    The approximation is x / 2 (1 + tanh u) = x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3).
    """
    if approximate:
        return x * _sigmoid(ctx, 2 * ctx.sqrt(2 / ctx.pi) * (x + 0.044715 * x**3))
    return x * ctx.erfc(-x / ctx.sqrt(ctx.number(2.0))) / 2


@activation(
    source="Dauphin et al. 2016, https://arxiv.org/abs/1612.08083",
    kind="gated",
    cases=({}, {"axis": 0}),
)
def glu(ctx: Context, x: Row, *, axis: Axis = -1) -> Row:
    """Gated linear unit: f([a, b]) = a sigmoid(b) with the axis split in half. An axis of odd length is an error."""
    half = len(x) // 2
    return [a * _sigmoid(ctx, b) for a, b in zip(x[:half], x[half:], strict=True)]


@activation(source=KERAS)
def tanh(ctx: Context, x: Any) -> Any:
    """Hyperbolic tangent: f(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return ctx.tanh(x)


@activation(source="https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html")
def tanh_shrink(ctx: Context, x: Any) -> Any:
    """Difference between x and its tanh: f(x) = x - tanh(x), about x^3 / 3 near 0."""
    return x - ctx.tanh(x)


@activation(source="Collobert 2004, Large scale machine learning", kinks=lambda: (-1.0, 1.0))
def hard_tanh(ctx: Context, x: Any) -> Any:
    """Piecewise linear tanh: f(x) = min(max(x, -1), 1).

    Derivative at -1 and 1: any value in [0, 1] is valid; torch takes 0, JAX and TensorFlow 1.
    """
    return _clip(ctx, x, -1.0, 1.0)


@activation(source=KERAS)
def sigmoid(ctx: Context, x: Any) -> Any:
    """Logistic function: f(x) = 1 / (1 + exp(-x))."""
    return _sigmoid(ctx, x)


@activation(source="Courbariaux et al. 2015, https://arxiv.org/abs/1511.00363", kinks=lambda: (-3.0, 3.0))
def hard_sigmoid(ctx: Context, x: Any) -> Any:
    """Piecewise linear sigmoid: f(x) = min(max((x + 3) / 6, 0), 1). Keras 2 used 0.2 x + 0.5.

    Derivative at -3 and 3: any value in [0, 1/6] is valid.
    """
    return _clip(ctx, (x + 3) / 6, 0.0, 1.0)


@activation(
    source="Howard et al. 2019, https://arxiv.org/abs/1905.02244",
    kinks=lambda: (-3.0, 3.0),
    aliases=("hard_swish",),
)
def hard_silu(ctx: Context, x: Any) -> Any:
    """Piecewise quadratic silu: f(x) = x min(max((x + 3) / 6, 0), 1).

    Derivative at -3: valid in [-1/2, 0]; at 3: valid in [1, 3/2].
    """
    inner = lambda: ctx.where(x < 3, lambda: x * (x + 3) / 6, lambda: x)  # noqa: E731
    return ctx.where(x > -3, inner, lambda: ctx.number(0.0))


@activation(source=KERAS)
def log_sigmoid(ctx: Context, x: Any) -> Any:
    """Logarithm of the logistic function: f(x) = -log(1 + exp(-x))."""
    return ctx.where(x > 0, lambda: -ctx.log1p(ctx.exp(-x)), lambda: x - ctx.log1p(ctx.exp(x)))


@activation(source=KERAS)
def exponential(ctx: Context, x: Any) -> Any:
    """Exponential function: f(x) = exp(x)."""
    return ctx.exp(x)


@activation(source=KERAS)
def linear(ctx: Context, x: Any) -> Any:
    """Identity: f(x) = x."""
    return x


@activation(source="Misra 2019, https://arxiv.org/abs/1908.08681")
def mish(ctx: Context, x: Any) -> Any:
    """Self-regularised smooth unit: f(x) = x tanh(softplus(x)).

    With e = exp(-|x|): tanh(softplus(x)) = (1 + 2 e) / (1 + 2 e + 2 e^2) for x > 0 and
    e (e + 2) / (e (e + 2) + 2) otherwise.
    """

    def positive() -> Any:
        e = ctx.exp(-x)
        return x * (1 + 2 * e) / (1 + 2 * e + 2 * e * e)

    def negative() -> Any:
        e = ctx.exp(x)
        return x * e * (e + 2) / (e * (e + 2) + 2)

    return ctx.where(x > 0, positive, negative)


@activation(
    source="Bridle 1990, Probabilistic interpretation of feedforward classification network outputs",
    kind="rowwise",
    cases=({}, {"axis": 0}, {"axis": (0, 1)}),
)
def softmax(ctx: Context, x: Row, *, axis: Axes = -1) -> Row:
    """Smooth map onto the probability simplex: f(x)_i = exp(x_i) / sum_j exp(x_j)."""
    top = max(x)
    exps = [ctx.exp(v - top) for v in x]
    total = sum(exps)
    return [e / total for e in exps]


@activation(source=KERAS, kind="rowwise", cases=({}, {"axis": 0}, {"axis": (0, 1)}))
def log_softmax(ctx: Context, x: Row, *, axis: Axes = -1) -> Row:
    """Logarithm of softmax: f(x)_i = x_i - log sum_j exp(x_j)."""
    top = max(x)
    total = ctx.log(sum(ctx.exp(v - top) for v in x))
    return [v - top - total for v in x]


@activation(
    source="Martins and Astudillo 2016, https://arxiv.org/abs/1602.02068",
    kind="rowwise",
    cases=({}, {"axis": 0}),
)
def sparsemax(ctx: Context, x: Row, *, axis: Axis = -1) -> Row:
    """Euclidean projection onto the probability simplex: f(x)_i = max(x_i - tau, 0) with sum 1.

    tau = (sum of the k largest - 1) / k with k the largest count for which 1 + k x_(k) > sum of the k largest.
    Keras 3.15.1 computes something else (keras#23425); the projection is the definition here.
    """
    total = tau = ctx.number(0.0)
    for k, v in enumerate(sorted(x, reverse=True), start=1):
        if not 1 + k * v > total + v:
            break
        total = total + v
        tau = (total - 1) / k
    return [v - tau if v > tau else ctx.number(0.0) for v in x]
