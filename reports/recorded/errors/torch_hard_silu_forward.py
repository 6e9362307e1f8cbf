"""hardswish overflows from 5.7e37 on, where its value is x.

It computes x min(max(x + 3, 0), 6) / 6 from the left: 6 x overflows. Multiplied by the sixth of the clipped factor it
would not.
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("hard_silu", "forward", "eager", "float32")
X = "0x1.691ca4p+125"
EXACT = "6.00000021e+37"
WRONG = "inf"

x = torch.tensor([float.fromhex(X)])
result = torch.nn.functional.hardswish(x).item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
