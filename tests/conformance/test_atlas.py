"""The test that 16-bit results have the atlas' bits in its setting: other results need a raised revision."""

from typing import Any

import pytest

from bench.core import setting
from tests.conformance import atlas_digests


def test_results_are_those_of_the_atlas(backend: Any, name: str) -> None:
    """Every result has the bits of the atlas; otherwise raise REVISIONS, or the atlas' records would pass for new."""
    current_setting = setting.current(backend)
    if name not in atlas_digests.read_digests() or current_setting != atlas_digests.setting_of(name):
        pytest.skip(f"the atlas has not judged {name} {current_setting}: its bits may be others")

    assert list(atlas_digests.changed_subjects(name)) == []
