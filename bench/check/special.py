"""Results at the infinities: the limits of the definition.

A NaN there is noted and does not fail: infinity times zero is NaN, and most frameworks' own functions give it.
"""

import math
from collections.abc import Iterator

from backends.activation import Variant
from bench.accuracy.record import Record
from bench.accuracy.verdict import with_exact_precision
from bench.check.findings import Finding, Status, WorstCase
from bench.check.limits import Limits
from bench.check.messages import Task
from bench.reference import truth, ulp


@with_exact_precision
def finding(
    task: Task, record: Record, variant: Variant, limits: Limits, allowed: Record | None = None
) -> Finding | None:
    """Return what a record says of the infinities; None where results are the limits, or those of an allowed one."""
    permitted = set(zip(allowed.points_x, allowed.points_y, strict=True)) if allowed else set()
    cases = tuple(c for c in wrong_limits(task, record, variant, limits) if (c.x, c.result) not in permitted)
    if not cases:
        return None
    nan_only = all(math.isnan(case.result) for case in cases)
    status: Status = "note" if nan_only else "fails"
    figure = "NaN, not the limit" if nan_only else "not the limit"
    return Finding(f"{task.name} at infinity", status, figure, 0, cases)


def wrong_limits(task: Task, record: Record, variant: Variant, limits: Limits) -> Iterator[WorstCase]:
    """Yield the results at infinities that are not the limits, NaN after other ones."""
    evaluate = truth.slope if task.direction == "backward" else truth.value
    results = [(x, y) for x, y in zip(record.points_x, record.points_y, strict=True) if math.isinf(x)]
    for x, y in sorted(results, key=lambda point: math.isnan(point[1])):
        exact = evaluate(variant, math.copysign(truth.FAR, x))
        error = ulp.error(y, exact, task.dtype)
        if error.category or error.ulps > limits.of(task.direction, task.dtype):
            yield WorstCase(x, y, float(exact), str(error))
