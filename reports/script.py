"""What a script element may hold."""

from typing import Any

from markupsafe import Markup

from reports import files


def embedded(definition: Any) -> Markup:
    """JSON that may stand in a script element whatever texts are in it."""
    said = files.as_json(definition)
    for mark in "<>&\u2028\u2029":
        said = said.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(said)
