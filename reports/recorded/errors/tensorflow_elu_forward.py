"""elu is 0 for small negative x; it is x.

The eager kernel computes exp(x) - 1, which cancels. Compiled by XLA, elu takes expm1 and is right.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("elu", "forward", "eager", "float32")
X = "-0x1.5798eep-27"
EXACT = "-9.99999989e-09"
WRONG = "0.0"

x = tf.constant(float.fromhex(X))
result = tf.nn.elu(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
