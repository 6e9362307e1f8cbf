"""The rows of `selfcheck.json`: the figures that the harness measured of itself."""

import msgspec


class Check(msgspec.Struct, frozen=True):
    """A figure of the harness and its limit, in words."""

    what: str = ""
    limit: str = msgspec.field(name="asked", default="")
    seen: str = ""
    holds: bool = False
