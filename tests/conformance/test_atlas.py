"""In the atlas' own setting every 16-bit result has its bits: who changes results raises the function's revision."""

from typing import Any

import pytest

from bench import setting
from tests.conformance import atlas_digests


def test_results_are_those_of_the_atlas(backend: Any, name: str) -> None:
    """Else REVISIONS of the backend's file is to be raised, or the atlas' records would pass for today's."""
    here = setting.current(backend)
    if name not in atlas_digests.stored() or here != atlas_digests.setting_of(name):
        pytest.skip(f"the atlas has not judged {name} {here}: its bits may be others")

    assert list(atlas_digests.changed(name)) == []
