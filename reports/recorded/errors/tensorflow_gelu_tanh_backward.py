"""the gradient of gelu(approximate=True) is NaN from 1.9e19 on; it is 1.

x² overflows in the gradient of x³, and infinity times 1 - tanh² = 0 is NaN.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("gelu[approximate=True]", "backward", "eager", "float32")
X = "0x1.a0556ap+64"
EXACT = "1"
WRONG = "nan"

x = tf.constant(float.fromhex(X))
result = tf.function(lambda x: tf.gradients(tf.nn.gelu(x, approximate=True), x)[0])(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
