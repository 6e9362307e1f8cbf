"""the gradient of selu at small negative x is that of positive x, 1.05 for 1.76.

The gradient tells the branch by the sign of the output, and the kernel's exp(x) - 1 has made that 0.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("selu", "backward", "eager", "float32")
X = "-0x1.5798eep-27"
EXACT = "1.75809932"
WRONG = "1.0507010221481323"

x = tf.constant(float.fromhex(X))
result = tf.function(lambda x: tf.gradients(tf.nn.selu(x), x)[0])(x).numpy().item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
