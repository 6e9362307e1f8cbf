"""The rounds of a group in pytest-benchmark's JSON, case by case, so that its own tools show the figures of each."""

import copy
from collections.abc import Iterator
from typing import Any


def split_by_case(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an entry for each case of a group's entry, with its own rounds and statistics."""
    from pytest_benchmark.stats import Stats

    facts = group["extra_info"]
    rounds = list(zip(facts.get("contenders", ()), group["stats"]["data"], strict=True))
    for number, case in enumerate(facts.get("cases", ())):
        stats = Stats()
        stats.data = [seconds for contender, seconds in rounds if contender == number]
        if not stats.data:
            continue
        entry = copy.deepcopy({name: value for name, value in group.items() if name != "stats"})
        entry["name"], entry["param"] = f"test_speed[{case}]", case
        entry["fullname"] = f"{group['fullname'].partition('[')[0]}[{case}]"
        calls = facts["calls"][str(number)]
        entry["extra_info"] = {"case": case, "group": group["param"]}
        entry["stats"] = stats.as_dict() | {"data": stats.data, "iterations": calls}
        yield entry
