"""the gradient of softsign is 0 at 1e10; it is 1e-20.

It is composed as 1 / (1 + |x|) - |x| / (1 + |x|)², which cancels. 1 / (1 + |x|)² does not.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("softsign", "backward", "eager", "float32")
X = "0x1.2a05f2p+33"
EXACT = "1e-20"
WRONG = "0.0"

x = torch.tensor([float.fromhex(X)], requires_grad=True)
result = torch.autograd.grad(torch.nn.functional.softsign(x), x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
