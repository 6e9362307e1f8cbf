"""leaky_relu in float64 has its slope rounded to float32.

The attribute alpha of the operation is a float32, 0.2 becomes 0.200000003, and half of the digits are lost.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("leaky_relu", "forward", "eager", "float64")
X = "-0x1.0p+0"
EXACT = "-0.2"
WRONG = "-0.20000000298023224"

x = tf.constant(float.fromhex(X), tf.float64)
result = tf.nn.leaky_relu(x, alpha=0.2).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
