"""the gradient of elu is 0 below -17, where it is exp(x).

It is y + 1 of the rounded output y, which is -1.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("elu", "backward", "eager", "float32")
X = "-0x1.4p+4"
EXACT = "2.06115362e-09"
WRONG = "0.0"

x = tf.constant(float.fromhex(X))
result = tf.function(lambda x: tf.gradients(tf.nn.elu(x), x)[0])(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
