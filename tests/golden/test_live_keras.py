"""The golden values are what Keras computes today, with the Keras backend that KERAS_BACKEND names."""

import os

import pytest

from backends.activation import Variant
from bench.core.setting import Setting
from tests import golden
from tests.findings import Finding, Findings
from tests.golden import live, recipe
from tests.golden.signatures import VARIANTS

KERAS_BACKEND = os.environ["KERAS_BACKEND"]


@pytest.fixture(scope="module")
def keras() -> recipe.Keras:
    """Return Keras itself; warnings of its imports and compositions do not fail the test."""
    return recipe.Keras(KERAS_BACKEND)


@pytest.fixture(scope="module")
def is_recorded(keras: recipe.Keras) -> bool:
    """Return whether every bit must be as recorded: setting and packages are the same, whatever the Python version."""
    header = golden.load(golden.path_of(KERAS_BACKEND))["header"]
    packages = {name: version for name, version in keras.versions().items() if name != "python"}
    return Setting(**header["setting"]) == keras.setting() and packages.items() <= header["versions"].items()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("dtype", golden.DTYPES)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_live_keras_computes_what_is_stored(
    keras: recipe.Keras, is_recorded: bool, findings: Findings, variant: Variant, dtype: str
) -> None:
    """Values, gradients, dtypes and refusals are as recorded; in another setting a difference is a finding."""
    section = recipe.section(keras, variant, dtype)
    changes = live.compare(golden.read(variant), section, KERAS_BACKEND, dtype, exact=is_recorded)
    if is_recorded:
        assert not list(map(str, changes))
        return
    findings.settle([finding(f"Keras {variant.id} {dtype}", changes)])


def finding(subject: str, changes: list[live.Difference]) -> Finding:
    """Return how Keras compares with the record of another setting."""
    if not changes:
        return Finding("SAME", subject)
    return Finding("NEW", subject, "; ".join(change.words for change in changes), changes[0].input)
