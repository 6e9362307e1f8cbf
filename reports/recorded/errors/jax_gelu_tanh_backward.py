"""the gradient of gelu, approximate as by default, is NaN from 1.1e19 on; it is 1.

3 x² overflows in the gradient of x³, and infinity times 1 - tanh² = 0 is NaN.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("gelu[approximate=True]", "backward", "eager", "float32")
X = "0x1.a0556ap+64"
EXACT = "1"
WRONG = "nan"

x = jax.numpy.float32(float.fromhex(X))
result = jax.grad(jax.nn.gelu)(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
