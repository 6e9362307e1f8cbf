"""gelu in float64 is good to seven digits.

√2 goes through a constant of float32.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("gelu", "forward", "eager", "float64")
X = "-0x1.0p+1"
EXACT = "-0.0455002639"
WRONG = "-0.04550026759242268"

x = tf.constant(float.fromhex(X), tf.float64)
result = tf.nn.gelu(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
