"""The stored values are what Keras computes today, with the Keras backend that KERAS_BACKEND names."""

import os

import pytest

from backends.activation import Variant
from tests import golden
from tests.golden import live, recipe
from tests.golden.signatures import VARIANTS

KERAS_BACKEND = os.environ["KERAS_BACKEND"]


@pytest.fixture(scope="module")
def keras() -> recipe.Keras:
    """Keras itself; what its imports and its compositions warn of is not ours."""
    return recipe.Keras(KERAS_BACKEND)


@pytest.fixture(scope="module")
def exact(keras: recipe.Keras) -> bool:
    """Whether every bit must be the recorded one."""
    return bool(keras.versions() == golden.load(golden.path_of(KERAS_BACKEND))["header"]["versions"])


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("dtype", golden.DTYPES)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_live_keras_computes_what_is_stored(keras: recipe.Keras, exact: bool, variant: Variant, dtype: str) -> None:
    """Values, gradients, the dtype returned and the refusals; special points too."""
    section = recipe.section(keras, variant, dtype)

    assert not live.compare(golden.read(variant), section, KERAS_BACKEND, dtype, exact=exact)
