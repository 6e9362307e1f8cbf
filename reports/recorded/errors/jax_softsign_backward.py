"""the gradient of soft_sign is 694 times too large at 1e10.

It is composed as 1 / (1 + |x|) - |x| / (1 + |x|)², which cancels. 1 / (1 + |x|)² does not.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("softsign", "backward", "eager", "float32")
X = "0x1.2a05f2p+33"
EXACT = "1e-20"
WRONG = "6.938893903907228e-18"

x = jax.numpy.float32(float.fromhex(X))
result = jax.grad(jax.nn.soft_sign)(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
