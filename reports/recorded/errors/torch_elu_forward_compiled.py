"""torch.compile(elu) is 0 for small negative x; it is x.

The decomposition is exp(x) - 1, which cancels. Eager elu takes expm1. Sixteen elements, as the rest of a vector is
computed otherwise.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("elu", "forward", "compiled", "float32")
X = "-0x1.5798eep-27"
EXACT = "-9.99999989e-09"
WRONG = "0.0"

x = torch.tensor([float.fromhex(X)] * 16)
result = torch.compile(torch.nn.functional.elu)(x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
