"""`python -m bench.curves.worker BACKEND FILE ID...`: append the curves of these variants, and `guide`, to a file.

This runs in the backend's environment, in its own process. A failed part has a status and a reason, and no number.
"""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import backends
from backends.activation import Variant, parse_variant
from bench.core.text import error_line, one_line
from bench.curves import depth, guide, measure, native
from bench.curves.measure import LAYOUTS, Part
from bench.curves.subject import ROWS, kinks, subject

SIDES = {"negative": -1.0, "positive": 1.0}


def attempt(measurement: Callable[[], Part]) -> Part:
    """Return a measured part with its status, or the status and the reason why it could not be measured."""
    try:
        return {"status": "ok", "reason": "", **measurement()}
    except NotImplementedError as error:
        return {"status": "unsupported", "reason": one_line(error)}
    except Exception as error:
        return {"status": "error", "reason": error_line(error)}


def record_variant(backend: str, variant: Variant) -> dict[str, Any]:
    """Return all measurements of a variant."""
    row = ROWS.get(variant.activation.kind)

    def attempt_part(part: Callable[..., Part], *more: Any) -> Part:
        return attempt(lambda: part(subject(backend, variant), *more))

    return {
        "id": variant.id,
        "kinks": list(kinks(variant)),
        "row": row.words if row else "",
        "curve": attempt_part(measure.curve, variant),
        "points": attempt_part(measure.points, variant),
        "normal": attempt_part(measure.normal_statistics),
        "vanished": [
            {"dtype": dtype, "side": side, **attempt(lambda d=dtype, s=sign: vanished(backend, variant, d, s))}  # type: ignore[misc]
            for dtype in LAYOUTS
            for side, sign in SIDES.items()
        ],
        "depth": attempt(lambda: depth.gradients(backend, variant)),
        "native": attempt_part(native.native, variant, backend),
    }


def run_guide(backend: str) -> dict[str, Any]:
    """Return the results of the guide's calls and the errors of the sum 1 of softmax."""
    calls = [{"call": e.call, **attempt(functools.partial(guide.run_example, backend, e))} for e in guide.EXAMPLES]
    sums = [
        {"dtype": dtype, "length": n, **attempt(functools.partial(guide.softmax_sums, backend, dtype, n))}
        for dtype in LAYOUTS
        for n in guide.LENGTHS
    ]
    return {"id": guide.ID, "calls": calls, "sums": sums}


def vanished(backend: str, variant: Variant, dtype: str, sign: float) -> Part:
    """Return `measure.vanished` of a variant on a backend."""
    return measure.vanished(subject(backend, variant, dtype).derivatives, dtype, sign)


def main(backend: str, path: Path, ids: list[str]) -> None:
    """Append curves to a file, one line each."""
    np.seterr(all="ignore")  # inputs include infinities and NaN
    backends.load(backend).configure(threads=1)
    for name in ids:
        result = run_guide(backend) if name == guide.ID else record_variant(backend, parse_variant(name))
        line = json.dumps(result, allow_nan=False)
        with path.open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
