"""JSON for script elements of a page."""

from typing import Any

from markupsafe import Markup

from reports.page import files


def embedded(definition: Any) -> Markup:
    """Return JSON that is safe in a script element, whatever texts are in it."""
    text = files.as_json(definition)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)
