"""silu is -0.0 below -87.3, where the value is still a normal number.

It computes x sigmoid(x). sigmoid(x) is subnormal there and flushed to 0, while x sigmoid(x) is a normal number down
to -91.86.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("silu", "forward", "eager", "float32")
X = "-0x1.6p+6"
EXACT = "-5.32804967e-37"
WRONG = "-0.0"

x = tf.constant(float.fromhex(X))
result = tf.nn.silu(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
