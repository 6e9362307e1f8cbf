"""mish is -0.0 below -87.3, where the value is still a normal number.

It computes x tanh(softplus(x)). softplus(x) is subnormal there and flushed to 0.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("mish", "forward", "eager", "float32")
X = "-0x1.6p+6"
EXACT = "-5.32804967e-37"
WRONG = "-0.0"

x = jax.numpy.float32(float.fromhex(X))
result = jax.nn.mish(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
