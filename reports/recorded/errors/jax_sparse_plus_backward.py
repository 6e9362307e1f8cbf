"""the gradient of sparse_plus is NaN from 1.8e38 on; it is 1.

The slope of the branch not taken, (x + 1) / 2, goes by way of 2 (x + 1), which overflows, and 0 times infinity is
NaN.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("sparse_plus", "backward", "eager", "float32")
X = "0x1.2ced32p+127"
EXACT = "1"
WRONG = "nan"

x = jax.numpy.float32(float.fromhex(X))
result = jax.grad(jax.nn.sparse_plus)(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
