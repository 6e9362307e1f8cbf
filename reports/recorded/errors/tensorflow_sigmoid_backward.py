"""the gradient of sigmoid is 0 from 17 on, where it is a normal number up to 87.

It is y (1 - y) of the rounded y, which is 1.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("sigmoid", "backward", "eager", "float32")
X = "0x1.2p+4"
EXACT = "1.52299793e-08"
WRONG = "0.0"

x = tf.constant(float.fromhex(X))
result = tf.function(lambda x: tf.gradients(tf.sigmoid(x), x)[0])(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
