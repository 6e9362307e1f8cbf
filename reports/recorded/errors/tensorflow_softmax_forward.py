"""softmax of a row that holds a NaN is 0 beside it, where oneDNN computes it.

The sum of a row is NaN, and so is each quotient. oneDNN's kernel, which TensorFlow takes by default where the
processor has AVX-512 VNNI and elsewhere with TF_ENABLE_ONEDNN_OPTS=1, gives NaN at that entry and 0 at the others: a
softmax of bad data looks like one of good data. The same kernel raises for more than five dimensions.
"""

import sys

import tensorflow as tf

VERSION = "2.21.0"
SUBJECT = ("softmax", "forward", "eager", "float32")
X = "nan"
EXACT = "nan"
WRONG = "0.0"

x = tf.constant([1.0, float.fromhex(X), 2.0])
result = tf.nn.softmax(x).numpy()[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
