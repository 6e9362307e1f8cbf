"""gelu(approximate=True) is -0.0 below -5, where the formula is a normal number down to -10.1.

It computes 1 + tanh(u), which cancels for u below -9.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("gelu[approximate=True]", "forward", "eager", "float32")
X = "-0x1.6p+2"
EXACT = "-5.92764026e-09"
WRONG = "-0.0"

x = tf.constant(float.fromhex(X))
result = tf.nn.gelu(x, approximate=True).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
