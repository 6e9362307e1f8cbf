"""the gradient of sigmoid is 0 from 17 on, where it is a normal number up to 87.

It is y (1 - y) of the rounded y, which is 1.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("sigmoid", "backward", "eager", "float32")
X = "0x1.2p+4"
EXACT = "1.52299793e-08"
WRONG = "0.0"

x = jax.numpy.float32(float.fromhex(X))
result = jax.grad(jax.nn.sigmoid)(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
