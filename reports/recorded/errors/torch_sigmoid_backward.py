"""the gradient of sigmoid is 0 from 17 on, where it is a normal number up to 87.

It is y (1 - y) of the rounded y, which is 1. At -18 it is right; sigmoid(x) sigmoid(-x) is so at both.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("sigmoid", "backward", "eager", "float32")
X = "0x1.2p+4"
EXACT = "1.52299793e-08"
WRONG = "0.0"

x = torch.tensor([float.fromhex(X)], requires_grad=True)
result = torch.autograd.grad(torch.sigmoid(x), x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
