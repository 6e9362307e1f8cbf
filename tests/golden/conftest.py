"""Collection of the tests: `test_live_keras.py` runs where KERAS_BACKEND names the Keras backend of this process."""

import os

import pytest

from tests import golden

KERAS_BACKEND = os.environ.get("KERAS_BACKEND")
LIVE = "test_live_keras.py"
# without KERAS_BACKEND there is no live Keras: `KERAS_BACKEND=jax pytest tests/golden/test_live_keras.py`
collect_ignore = [LIVE] if KERAS_BACKEND is None else []


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an unknown Keras backend, and a live test without one, in one line."""
    is_live = KERAS_BACKEND is not None or any(LIVE in str(argument) for argument in config.args)
    if is_live and KERAS_BACKEND not in golden.KERAS_BACKENDS:
        raise pytest.UsageError(f"KERAS_BACKEND is {KERAS_BACKEND!r} (choose from {', '.join(golden.KERAS_BACKENDS)})")
