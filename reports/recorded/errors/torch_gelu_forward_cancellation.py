"""gelu is -0.0 below -5.5, where the value is a normal number down to -13.1.

It computes x (1 + erf(x / √2)) / 2, and the sum cancels to 0. With erfc(-x / √2) nothing cancels.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("gelu", "forward", "eager", "float32")
X = "-0x1.0p+3"
EXACT = "-4.97676846e-15"
WRONG = "-0.0"

x = torch.tensor([float.fromhex(X)])
result = torch.nn.functional.gelu(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
