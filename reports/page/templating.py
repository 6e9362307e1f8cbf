"""The Jinja templates, which escape the values inserted into them."""

from functools import cache
from pathlib import Path

import jinja2

from reports import formats
from reports.page.words import inline

FOLDER = Path(__file__).parent / "templates"


@cache
def get(name: str) -> jinja2.Template:
    """Return a template, which escapes all values."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"text": formats.text, "order": formats.order, "inline": inline}
    return environment.get_template(f"{name}.j2")


def has(name: str) -> bool:
    """Return whether the template exists."""
    return (FOLDER / f"{name}.j2").is_file()
