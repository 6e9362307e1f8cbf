"""the gradient of tanh is 0 from 9.1 on, where it is a normal number up to 44.

It is 1 - y² of the rounded y, which is 1. From x it would be exact: 1 / cosh²(x).
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("tanh", "backward", "eager", "float32")
X = "0x1.4p+3"
EXACT = "8.24461446e-09"
WRONG = "0.0"

x = torch.tensor([float.fromhex(X)], requires_grad=True)
result = torch.autograd.grad(torch.tanh(x), x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
