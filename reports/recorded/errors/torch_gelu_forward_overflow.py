"""gelu overflows from 1.7e38 on, where its value is x.

x (1 + erf) is computed before it is halved. Sixteen elements, as the rest of a vector is computed otherwise.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("gelu", "forward", "eager", "float32")
X = "0x1.2ced32p+127"
EXACT = "1.99999994e+38"
WRONG = "inf"

x = torch.tensor([float.fromhex(X)] * 16)
result = torch.nn.functional.gelu(x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
