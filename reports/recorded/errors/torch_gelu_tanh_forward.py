"""gelu(approximate="tanh") is -0.0 below -5.1, where the formula is a normal number down to -10.1.

It computes 1 + tanh(u), which cancels for u below -9. 1 + tanh(u) is 2 / (1 + exp(-2 u)), which does not.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("gelu[approximate=True]", "forward", "eager", "float32")
X = "-0x1.6p+2"
EXACT = "-5.92764026e-09"
WRONG = "-0.0"

x = torch.tensor([float.fromhex(X)])
result = torch.nn.functional.gelu(x, approximate="tanh").item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
