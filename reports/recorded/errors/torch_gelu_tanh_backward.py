"""the gradient of gelu(approximate="tanh") is NaN from 1.9e19 on; it is 1.

x² overflows, and the product of infinity and 1 - tanh² = 0 is NaN.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("gelu[approximate=True]", "backward", "eager", "float32")
X = "0x1.a0556ap+64"
EXACT = "1"
WRONG = "nan"

x = torch.tensor([float.fromhex(X)], requires_grad=True)
result = torch.autograd.grad(torch.nn.functional.gelu(x, approximate="tanh"), x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
