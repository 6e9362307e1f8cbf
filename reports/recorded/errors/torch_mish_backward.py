"""the gradient of mish is positive and 90 times too small below -88.73.

It is composed of sigmoid(x), which is 0 there as exp(-x) overflows: the term x exp(x) is lost, and exp(x) alone is
left, of the other sign.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("mish", "backward", "eager", "float32")
X = "-0x1.68p+6"
EXACT = "-7.29267124e-38"
WRONG = "8.194008692231508e-40"

x = torch.tensor([float.fromhex(X)], requires_grad=True)
result = torch.autograd.grad(torch.nn.functional.mish(x), x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
