"""The normal distribution's tail for gelu, to about one ulp, and exponentials of squares and cubes.

Q(q) = exp(-q^2 / 2) M(q), and gelu's derivative at -q is exp(-q^2 / 2) (ROOT - q) S(q). M and S are smooth and
positive. The rational functions here have positive coefficients and interpolate M and S at Chebyshev points of
(q - 4) / (q + 4) on [0, 15] for float32, [0, 40] for float64 and, as "near", [0, NEAR] for float32. Their relative
errors are below 2^-31, 2^-58 and 2^-26.
"""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import polynomial

NEAR = 6.0
Coefficients = tuple[tuple[float, ...], tuple[float, ...]]

M = {
    "near": (
        (0.4999999929, 0.3092766798, 0.0924573472, 0.01116697673, 1.275831312e-06),
        (1.0, 1.416436971, 0.8150780948, 0.2303719499, 0.02809017998),
    ),
    "float32": (
        (0.4999999999, 0.5143189953, 0.2567381744, 0.07396835606, 0.0122562529, 0.0009555232088),
        (1.0, 1.826522535, 1.47083071, 0.6741887814, 0.1878105937, 0.03072173485, 0.002395143391),
    ),
    "float64": (
        (
            0.5,
            0.8271826026699026,
            0.6783918019176627,
            0.3563636068023978,
            0.13154403773894915,
            0.035489400429845996,
            0.007077350580471884,
            0.0010313590966463829,
            0.00010550308358398397,
            6.888404471046807e-06,
            2.206141608820234e-07,
        ),
        (
            1.0,
            2.4522497661426708,
            2.8133958314729957,
            1.997328948160584,
            0.9772321662020907,
            0.3469489002533238,
            0.09150943538676712,
            0.01800363808275911,
            0.002602500542560114,
            0.00026501001006286486,
            1.7266669414247884e-05,
            5.52997693450757e-07,
        ),
    ),
}
S = {
    "near": (
        (0.6650779939, 0.7223446016, 0.3485683289, 0.08417193952, 0.008648960792),
        (1.0, 1.351718109, 0.736443701, 0.194712274, 0.02167901958),
    ),
    "float32": (
        (0.6650779953, 0.8734244521, 0.5241275924, 0.1743853547, 0.03219513681, 0.002683224739),
        (1.0, 1.578879355, 1.060747081, 0.383178582, 0.0756446683, 0.006725849081),
    ),
    "float64": (
        (
            0.6650779951314343,
            1.3324346873143316,
            1.2845742799656885,
            0.7749935658083741,
            0.32231303858257127,
            0.09639736415657894,
            0.021011866153587157,
            0.003304439732140703,
            0.00036042091923811566,
            2.4786056212380507e-05,
            8.245314291321602e-07,
        ),
        (
            1.0,
            2.2690393416041306,
            2.387457655446895,
            1.5373916841710475,
            0.6727077923231771,
            0.20964010032140282,
            0.04729857993422214,
            0.007664378208278201,
            0.0008587996823261084,
            6.057563126126448e-05,
            2.0667937935844727e-06,
        ),
    ),
}
# the root of gelu's derivative, in two parts
ROOT, ROOT_REST = 0.7517915246935645, -1.4956759177009883e-17
# the tanh form's exponent is LINEAR x + CUBIC x^3; the heads are short enough for exact products with 13-bit numbers
LINEAR_HEAD, LINEAR_REST = 1.5957691216044623, 1.2684411348486127e-12
CUBIC_HEAD, CUBIC_REST = 0.07135009765625, 4.718616350245272e-06
LINEAR, CUBIC = LINEAR_HEAD + LINEAR_REST, CUBIC_HEAD + CUBIC_REST


def ratio(q: Array, table: dict[str, Coefficients]) -> Array:
    """Return M or S at q in [0, 40], computed in the dtype of q and divided in float64."""
    numerator, denominator = table[q.dtype.name]
    return np.divide(polynomial(q, numerator), polynomial(q, denominator), dtype=np.float64)


def near_gauss(q: Array) -> Array:
    """Return exp(-q^2 / 2) for float32, computed in float64: rounding the square to float32 would show."""
    wide = q.astype(np.float64)
    wide *= wide
    wide *= -0.5
    return np.exp(wide, out=wide).astype(np.float32)


def near_cubic_exp(x: Array) -> Array:
    """Return cubic_exp in float32 where it is a normal number of float32; x is in float64 and overwritten."""
    square = x * x
    square *= CUBIC
    square += LINEAR
    x *= square
    return np.exp(x, out=x).astype(np.float32)


def gauss(q: Array, *, exact: bool) -> Array:
    """Return exp(-q^2 / 2) in float64; `exact` also corrects the rounding of the square."""
    if not exact:
        return np.exp(-0.5 * q * q)
    near = np.rint(q * 2.0**20) * 2.0**-20  # its square is exact
    rest = 0.5 * (near - q) * (near + q)  # below 2^-15, so that two terms of its exponential suffice
    e = np.exp(-0.5 * near * near)
    return e + e * (rest + 0.5 * rest * rest)


def cubic_exp(x: Array, *, exact: bool) -> Array:
    """Return exp(2 sqrt(2 / pi) (x + 0.044715 x^3)) in float64 for |x| < 32; `exact` is as for `gauss`."""
    if not exact:
        return np.exp(x * (LINEAR + CUBIC * x * x))
    near = np.rint(x * 2.0**8) * 2.0**-8
    rest, cube = x - near, near * near * near
    linear, cubic = LINEAR_HEAD * near, CUBIC_HEAD * cube
    total = linear + cubic
    rest *= LINEAR + CUBIC * (3 * near * x + rest * rest)
    rest += cubic - (total - linear)
    rest += LINEAR_REST * near + CUBIC_REST * cube
    e = np.exp(total)
    return e + e * np.expm1(rest)
