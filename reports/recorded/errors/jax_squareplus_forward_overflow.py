"""squareplus is infinite from 1.9e19 on, where its value is x.

x² overflows under the root. With b = 4 the root is |x| from 1e8 on.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("squareplus", "forward", "eager", "float32")
X = "0x1.a0556ap+64"
EXACT = "3.0000001e+19"
WRONG = "inf"

x = jax.numpy.float32(float.fromhex(X))
result = jax.nn.squareplus(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
