"""`python -m bench.portrait.worker BACKEND FILE ID...`: portraits of these variants, and `guide`, appended as they end.

Runs in the backend's own environment and process. What fails has a status and a reason, and no number.
"""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import backends
from backends.activation import Variant, spelled
from bench.portrait import depth, guide, measure, native
from bench.portrait.measure import LAYOUTS, Part
from bench.portrait.subject import ROWS, kinks, subject

SIDES = {"negative": -1.0, "positive": 1.0}


def attempted(measured: Callable[[], Part]) -> Part:
    """What was measured, or why it was not."""
    try:
        return {"status": "ok", "reason": "", **measured()}
    except NotImplementedError as error:
        return {"status": "unsupported", "reason": said(error)}
    except Exception as error:
        return {"status": "error", "reason": said(error)}


def said(error: Exception) -> str:
    """Its first line, or its kind."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def portrait(backend: str, variant: Variant) -> dict[str, Any]:
    """All that is measured of a variant."""
    row = ROWS.get(variant.activation.kind)

    def at_once(part: Callable[..., Part], *more: Any) -> Part:
        return attempted(lambda: part(subject(backend, variant), *more))

    return {
        "id": variant.id,
        "kinks": list(kinks(variant)),
        "row": row.words if row else "",
        "curve": at_once(measure.curve, variant),
        "points": at_once(measure.points, variant),
        "normal": at_once(measure.drawn),
        "vanished": [
            {"dtype": dtype, "side": side, **attempted(lambda d=dtype, s=sign: vanished(backend, variant, d, s))}  # type: ignore[misc]
            for dtype in LAYOUTS
            for side, sign in SIDES.items()
        ],
        "depth": attempted(lambda: depth.gradients(backend, variant)),
        "native": at_once(native.native, variant, backend),
    }


def guided(backend: str) -> dict[str, Any]:
    """What the guide's calls give, and how far softmax is from the sum 1."""
    calls = [{"call": e.spelled, **attempted(functools.partial(guide.called, backend, e))} for e in guide.EXAMPLES]
    sums = [
        {"dtype": dtype, "length": n, **attempted(functools.partial(guide.summed, backend, dtype, n))}
        for dtype in LAYOUTS
        for n in guide.LENGTHS
    ]
    return {"id": guide.ID, "calls": calls, "sums": sums}


def vanished(backend: str, variant: Variant, dtype: str, sign: float) -> Part:
    """See `measure.vanished`."""
    return measure.vanished(subject(backend, variant, dtype).slopes, dtype, sign)


def main(backend: str, path: Path, ids: list[str]) -> None:
    """Portraits, one line each."""
    np.seterr(all="ignore")  # infinities and NaN are put in on purpose
    backends.load(backend).configure(threads=1)
    for name in ids:
        found = guided(backend) if name == guide.ID else portrait(backend, spelled(name))
        line = json.dumps(found, allow_nan=False)
        with path.open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
