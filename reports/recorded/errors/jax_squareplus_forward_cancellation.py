"""squareplus is 0 at -1e4; it is 1e-4.

It computes (x + sqrt(x² + b)) / 2, which cancels for x < 0. b / 2 / (sqrt(x² + b) - x) does not.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("squareplus", "forward", "eager", "float32")
X = "-0x1.388p+13"
EXACT = "9.9999999e-05"
WRONG = "0.0"

x = jax.numpy.float32(float.fromhex(X))
result = jax.nn.squareplus(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
