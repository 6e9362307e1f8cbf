"""`test_live_keras.py` runs where KERAS_BACKEND names the Keras backend of this process."""

import os

import pytest

from tests import golden

NAMED = os.environ.get("KERAS_BACKEND")
LIVE = "test_live_keras.py"
# without it there is no live Keras to ask: `KERAS_BACKEND=jax pytest tests/golden/test_live_keras.py`
collect_ignore = [LIVE] if NAMED is None else []


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an unknown Keras backend, and a live test without one, in one line."""
    asked = NAMED is not None or any(LIVE in str(argument) for argument in config.args)
    if asked and NAMED not in golden.KERAS_BACKENDS:
        raise pytest.UsageError(f"KERAS_BACKEND is {NAMED!r} (choose from {', '.join(golden.KERAS_BACKENDS)})")
