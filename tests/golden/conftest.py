"""`test_live_keras.py` runs where KERAS_BACKEND names the Keras backend of this process."""

import os

# without it there is no live Keras to ask: `KERAS_BACKEND=jax pytest tests/golden/test_live_keras.py`
collect_ignore = [] if "KERAS_BACKEND" in os.environ else ["test_live_keras.py"]
