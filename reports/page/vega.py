"""The work of vl-convert. What does not depend on a run is kept on disk, since drawing a card takes 0.2 s."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Any

import vl_convert

from bench.reference import cache as disk

NUMBERED = re.compile(r'(\bid="|url\(#)(([a-z_]+)\d+)')
"""The numbered ids of a drawing."""


def svg(definition: dict[str, Any]) -> str:
    """Return a Vega-Lite definition as SVG."""
    return numbered(draw(definition))


def stored_svg(definition: dict[str, Any]) -> str:
    """Return a Vega-Lite definition as SVG, which is drawn once and then kept under the digest of the definition."""
    digest = hashlib.sha256(json.dumps(definition).encode()).hexdigest()
    return numbered(load_or_make(f"{digest}.svg", lambda: draw(definition)))


def draw(definition: dict[str, Any]) -> str:
    """Return a Vega-Lite definition as the SVG of vl-convert."""
    drawn: str = vl_convert.vegalite_to_svg(definition)
    return drawn


def numbered(drawn: str) -> str:
    """Return SVG whose ids count from 0; in Vega's they depend on the drawings before."""
    names = dict.fromkeys(match[2] for match in NUMBERED.finditer(drawn))
    places = {name: place for place, name in enumerate(names)}
    return NUMBERED.sub(lambda match: f"{match[1]}{match[3]}{places[match[2]]}", drawn)


def compiled(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a Vega-Lite definition as one of Vega."""
    definition_of_vega: dict[str, Any] = vl_convert.vegalite_to_vega(definition)
    return definition_of_vega


@cache
def script() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script; nothing is downloaded."""
    return load_or_make("vega.js", lambda: vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def load_or_make(name: str, make: Callable[[], str]) -> str:
    """Return the content of a file of this version of vl-convert, which is made where there is none."""
    path = disk.folder() / f"vl-convert-{version('vl-convert-python')}" / name
    content = disk.read(path)
    if content is None:
        content = make().encode()
        disk.write(path, content)
    return content.decode()
