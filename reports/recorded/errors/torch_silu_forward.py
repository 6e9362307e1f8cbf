"""silu is -0.0 below -88.73, where the value is still a normal number.

It computes x / (1 + exp(-x)). exp(-x) overflows from x = -88.73 on, while x exp(x) stays a normal number down to
-91.86.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("silu", "forward", "eager", "float32")
X = "-0x1.68p+6"
EXACT = "-7.37461136e-38"
WRONG = "-0.0"

x = torch.tensor([float.fromhex(X)])
result = torch.nn.functional.silu(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
