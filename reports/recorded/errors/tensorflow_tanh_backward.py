"""the gradient of tanh is 0 from 8 on, where it is a normal number up to 44.

It is 1 - y² of the rounded y, which is 1.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("tanh", "backward", "eager", "float32")
X = "0x1.4p+3"
EXACT = "8.24461446e-09"
WRONG = "0.0"

x = tf.constant(float.fromhex(X))
result = tf.function(lambda x: tf.gradients(tf.tanh(x), x)[0])(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
