"""the gradient of silu is -0.0 below -88.73, where it is still a normal number.

It is composed of sigmoid(x) = 1 / (1 + exp(-x)), and exp(-x) overflows, while (1 + x) exp(x) stays a normal number
down to -91.8.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("silu", "backward", "eager", "float32")
X = "-0x1.68p+6"
EXACT = "-7.29267124e-38"
WRONG = "-0.0"

x = torch.tensor([float.fromhex(X)], requires_grad=True)
result = torch.autograd.grad(torch.nn.functional.silu(x), x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
