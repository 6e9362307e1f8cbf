"""The Jinja templates, which escape the values inserted into them."""

from functools import cache
from pathlib import Path

import jinja2

from reports import formats
from reports.page.words import inline

FOLDER = Path(__file__).parent / "templates"


@cache
def get(name: str) -> jinja2.Template:
    """Return a template; HTML templates escape all values, Markdown templates those passed through the filter `md`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=lambda file: not str(file).endswith(".md.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "text": formats.text,
        "short": formats.short,
        "md": formats.markdown,
        "order": formats.order,
        "ulp": formats.ulp,
        "inline": inline,
    }
    return environment.get_template(f"{name}.j2")


def has(name: str) -> bool:
    """Return whether the template exists."""
    return (FOLDER / f"{name}.j2").is_file()
