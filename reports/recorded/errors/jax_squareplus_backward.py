"""the gradient of squareplus is negative at -3e4; it is positive everywhere.

1 + x / sqrt(x² + b) cancels, and the two terms are rounded apart.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("squareplus", "backward", "eager", "float32")
X = "-0x1.d4cp+14"
EXACT = "1.11111111e-09"
WRONG = "-5.558831617236137e-09"

x = jax.numpy.float32(float.fromhex(X))
result = jax.grad(jax.nn.squareplus)(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
