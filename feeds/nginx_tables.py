"""What our own server knows of a site, as tables for nginx (``deploy/nginx.conf``). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.slugs import RESERVED
from feeds.addresses import RSS
from feeds.headers import (
    ALWAYS,
    ARCHIVED,
    ARCHIVED_CACHE,
    CORS,
    FEED_TYPES,
    FRAMED,
    FRAMED_POLICY,
    IS_XML_FEED,
    OPENED_AS,
    OPENING,
    PREFLIGHT,
    TRANSPORT,
    SiteHeaders,
    vary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from config.settings import Settings
    from feeds.routes import Route

_HEAD = """\
# Tables of Tidings for nginx. Written by: tidings nginx
# Write them again when bulletins, their schedules or hubs have changed, or one has moved.
"""
# The names of published documents, none hidden, and no twin by its own name.
_FIT = "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?"
_BELOW = "(?<tidings_below>([A-Za-z0-9_-][A-Za-z0-9._/-]*)?)"

Row = tuple[str, str]


def nginx_tables(settings: Settings, routes: Iterable[Route]) -> str:
    """Return the tables: to be included where nginx expects an ``http`` context."""
    headers = SiteHeaders(settings)
    moved, gone = _routes(routes)
    errors = [("~^[45]", "no-store")]
    tables = [
        _table("$uri", "$tidings_fit", [(r"~\.(gz|br|zst)$", ""), (f"~^{_FIT}$", "1")]),
        _table("$uri", "$tidings_service", [(f"~^/({'|'.join(sorted(RESERVED))})(/|$)", "1")]),
        _table("$uri", "$tidings_moved", moved),
        _table("$uri", "$tidings_gone", gone),
        _table("$uri", "$tidings_fresh", _freshness(headers)),
        _table("$status", "$tidings_cache", errors, default="$tidings_fresh"),
        _table("$uri", "$tidings_link", _links(headers)),
        _table(
            "$uri", "$tidings_vary", [(f"~^{IS_XML_FEED}$", vary(RSS))], default=vary("index.html")
        ),
        _table(
            f'"$http_{OPENING.lower().replace("-", "_")}:$uri"',
            "$tidings_opened",
            [(f"~^{OPENED_AS}:{IS_XML_FEED}$", "1")],
        ),
        _table(
            "$request_method",
            "$tidings_read",
            [(method, "1") for method in ("GET", "HEAD", "OPTIONS")],
        ),
        *(
            _table("$request_method", variable_of(name), [("OPTIONS", value)])
            for name, value in PREFLIGHT.items()
            if name != "Allow"
        ),
        _table(
            "$request_method",
            variable_of("Allow"),
            [("GET", ""), ("HEAD", "")],
            default=PREFLIGHT["Allow"],
        ),
        *(
            _table("$uri", variable_of(name), _exceptions(name), default=value)
            for name, value in {**CORS, **ALWAYS, TRANSPORT: "", **headers.transport}.items()
        ),
    ]
    return "\n".join([_HEAD, *tables])


def variable_of(header: str) -> str:
    """Return the variable that holds a header's value."""
    return "$tidings_" + header.lower().replace("-", "_")


def _exceptions(header: str) -> list[Row]:
    """Return the documents of which something else is said: frames of other sites may show them."""
    is_policy = header == "Content-Security-Policy"
    return [(f"~^/{FRAMED}$", FRAMED_POLICY)] if is_policy else []


def _freshness(headers: SiteHeaders) -> list[Row]:
    slugs: dict[str, list[str]] = {}
    for slug, cached in headers.rhythms.items():
        if slug:
            slugs.setdefault(cached, []).append(slug)
    return [
        (f"~^/{ARCHIVED}$", ARCHIVED_CACHE),
        *((f"~^/({'|'.join(alike)})/", cached) for cached, alike in slugs.items()),
        ("default", headers.rhythms[""]),
    ]


def _links(headers: SiteHeaders) -> list[Row]:
    slugs = "|".join(slug for slug in headers.rhythms if slug)
    archived = headers.address("$tidings_archived")
    return [
        (
            "~^/(?<tidings_archived>[A-Za-z0-9-]+/archive/[A-Za-z0-9_-][A-Za-z0-9._/-]*)$",
            f'<{archived}>; rel="self"',
        ),
        (f"~^/(?<tidings_page>{slugs})/(index[.]html)?$", headers.page_link("$tidings_page")),
        *(
            (
                f"~^/(?<tidings_folder>[A-Za-z0-9][A-Za-z0-9_/-]*)/{re.escape(name)}$",
                headers.feed_link("$tidings_folder", name),
            )
            for name in FEED_TYPES
        ),
    ]


def _routes(routes: Iterable[Route]) -> tuple[list[Row], list[Row]]:
    """Return what moved and what is gone; of nested paths the longest first."""
    moved, gone = [], []
    for route in sorted(routes, key=lambda route: (-len(route.path), route.path)):
        plain = re.escape(route.path.rstrip("/"))
        below = f"(/{_BELOW})?" if route.path.endswith("/") else "/?"
        location = route.location + "$tidings_below" * route.location.endswith("/")
        if route.location:
            moved.append((f"~^/{plain}{below}$", location))
        else:
            gone.append((f"~^/{plain}{below}$", "1"))
    return moved, gone


def _table(source: str, variable: str, rows: Sequence[Row], *, default: str = "") -> str:
    lines = [f"    {_key(key)} {_value(value)};\n" for key, value in rows]
    if all(key != "default" for key, _ in rows):
        lines.append(f"    default {_value(default)};\n")
    return f"map {source} {variable} {{\n{''.join(lines)}}}\n"


def _key(key: str) -> str:
    return key if key == "default" else f'"{key}"'


def _value(value: str) -> str:
    """Quote a value; a quote within it is written with a backslash."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
