"""silu is -0.0 below -87.3, where the value is still a normal number.

It computes x sigmoid(x). sigmoid(x) is subnormal there and flushed to 0, while x sigmoid(x) is a normal number down
to -91.86.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("silu", "forward", "eager", "float32")
X = "-0x1.6p+6"
EXACT = "-5.32804967e-37"
WRONG = "-0.0"

x = jax.numpy.float32(float.fromhex(X))
result = jax.nn.silu(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
