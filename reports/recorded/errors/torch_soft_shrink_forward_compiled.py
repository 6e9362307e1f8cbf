"""compiled softshrink is 0 at NaN.

The compiler's decomposition is where(|x| > lambd, x - sign(x) lambd, 0), whose condition NaN fails. The eager kernel
keeps NaN, and so does where(|x| <= lambd, 0, x - sign(x) lambd).
"""

import sys

import torch

VERSION = "2.13.0"
SUBJECT = ("soft_shrink", "forward", "compiled", "float32")
X = "nan"
EXACT = "nan"
WRONG = "0.0"

x = torch.full((4,), float.fromhex(X))
result = torch.compile(torch.nn.functional.softshrink)(x)[0].item()
print(f"{result} at {X}, exact: {EXACT}")
sys.exit(str(result) == WRONG)
