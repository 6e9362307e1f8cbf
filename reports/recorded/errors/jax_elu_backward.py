"""the gradient of elu is 0 below -17, where it is exp(x).

The derivative of expm1 is taken as expm1(x) + 1, which cancels; exp(x) would not.
"""

import sys

import jax

VERSION = "0.10.2"
SUBJECT = ("elu", "backward", "eager", "float32")
X = "-0x1.4p+4"
EXACT = "2.06115362e-09"
WRONG = "0.0"

x = jax.numpy.float32(float.fromhex(X))
result = jax.grad(jax.nn.elu)(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
