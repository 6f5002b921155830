"""Addresses that lead elsewhere or are gone for good, as a document beside the others. Pure.

Whoever moves or ends a bulletin writes the routes of the whole site with ``write_routes`` to the
path ``ROUTES``; our server and the tables that we write for nginx read them there. A route is
stronger than a document of the same path.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUTES = ".routes.json"
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")
# An address as it may stand in a header and between the quotes of a server's configuration.
_LOCATION = re.compile(r"(https?://[A-Za-z0-9]|/)[!#%&()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What became of a path below the site; with a slash at its end, of all that stood below it.

    It moved to ``location``, for good (301), or is gone on purpose (410) where that is empty.
    Below a location with a slash at its end stands what stood below the path.
    """

    path: str
    location: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not stand in a header. Raises ValueError."""
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"not a path of published documents: {self.path!r}")
        if self.location and not _LOCATION.fullmatch(self.location):
            raise ValueError(f"not an address that something can move to: {self.location!r}")

    @property
    def status(self) -> int:
        """The HTTP status that answers for it."""
        return 301 if self.location else 410


def write_routes(routes: Iterable[Route]) -> bytes:
    """Return the document of all routes; the same bytes whatever their order."""
    listed = [
        {"path": route.path, "location": route.location}
        for route in sorted(routes, key=lambda route: route.path)
    ]
    return json.dumps(listed, indent=1).encode()


def read_routes(document: bytes | None) -> tuple[Route, ...]:
    """Read the document of routes; none where it is not there or not readable."""
    try:
        return tuple(
            Route(path=each["path"], location=each["location"])
            for each in json.loads(document or b"[]")
        )
    except (ValueError, KeyError, TypeError):
        return ()


class Routes:
    """All routes of a site, to be asked by path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {route.path.rstrip("/"): route for route in routes}

    def find(self, path: str) -> Route | None:
        """Return what became of a path, with the location for this very path."""
        if not self._routes:
            return None
        plain = path.rstrip("/")
        if (route := self._routes.get(plain)) is not None:
            return route
        names = plain.split("/")
        for length in range(len(names) - 1, 0, -1):
            route = self._routes.get("/".join(names[:length]))
            if route is not None and route.path.endswith("/"):
                return self._below(route, path.removeprefix(route.path))
        return None

    @staticmethod
    def _below(route: Route, rest: str) -> Route | None:
        if not _PATH.fullmatch(rest):
            return None
        location = route.location + rest if route.location.endswith("/") else route.location
        return Route(path=route.path + rest, location=location)
