"""tanhshrink is 0 near 0, or of the wrong sign; it is x³ / 3.

It computes x - tanh(x), which cancels below 0.3.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("tanh_shrink", "forward", "eager", "float32")
X = "0x1.a36e2ep-14"
EXACT = "3.33333307e-13"
WRONG = "0.0"

x = torch.tensor([float.fromhex(X)])
result = torch.nn.functional.tanhshrink(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
