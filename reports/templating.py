"""The templates, which escape what is put into them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from reports import files, formats

FOLDER = Path(__file__).parent / "templates"


@cache
def get(name: str) -> jinja2.Template:
    """HTML escapes whatever is put into it; Markdown escapes by its filter `md`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=lambda file: not str(file).endswith(".md.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"text": formats.text, "md": formats.markdown, "digits": formats.digits}
    return environment.get_template(f"{name}.j2")


def write(folder: Path, name: str, shown: Mapping[str, Any]) -> Path:
    """Write NAME.html and NAME.md; returns the path of the page."""
    texts = {file: get(file).render(shown) for file in (f"{name}.md", f"{name}.html")}
    files.write_all(folder, {file: text.encode() for file, text in texts.items()})
    return folder / f"{name}.html"
