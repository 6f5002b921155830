"""A picture of a page to point at: harmless, in one piece, each element with its number. Pure.

It is written anew from the reader's own parse, by a list of what may stand in it; nothing of the
page's markup is passed on. It is to be served with ``headers()``, below an address of its own, into
``<iframe sandbox="allow-scripts">``: its one script is ours, and nothing leaves it.

The window around it and the picture speak by ``postMessage``; every message has ``tidings: true``.
To the picture: ``{kind: "show", items: [spots, ...], marks: [{n, part}, ...]}`` outlines what was
found (``feeds.located.Spots`` as JSON) and what was pointed at; ``{kind: "go", n}`` scrolls there.
From it: ``{kind: "ready"}``; and ``{kind: "pointed", n, around, how, text, tag, left, top, width,
height}`` for each click, or Enter on what has the focus: the number of the element, those around it
from the inside, and where it stands. Its origin is opaque: believe a message by its ``source``.
"""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from feeds.decode import decode
from feeds.numbered import is_element, walk
from feeds.read_page import base_address, parse_page
from feeds.snapshot_words import looks_css
from feeds.snapshot_write import Picture, Writing, picture_address, style_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from feeds.page import Page

__all__ = ["Picture", "Snapshot", "Wanted", "headers", "policy", "snapshot", "wanted"]

_ASSETS = Path(__file__).parent / "assets"
_MOST_WANTED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a page's picture would need beside the page: addresses, in page order, each once."""

    styles: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The picture of a page, and whether only its beginning had room in it."""

    html: str
    is_cut: bool = False


def wanted(page: Page) -> Wanted:
    """Return what should be fetched for a page's picture; the first of each kind, not all."""
    parsed, _ = parse_page(decode(page.body, content_type=page.content_type).text)
    if parsed is None:
        return Wanted()
    base = base_address(parsed, page.url)
    nodes = [node for node, is_end in walk(parsed) if not is_end and is_element(node)]
    styles = (style_address(node, base) for node in nodes if node.tag == "link")
    pictures = (picture_address(node, base) for node in nodes if node.tag == "img")
    return Wanted(styles=_first(styles), pictures=_first(pictures))


def _first(addresses: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, addresses)))[:_MOST_WANTED]


def snapshot(
    page: Page,
    *,
    styles: Mapping[str, str] | None = None,
    pictures: Mapping[str, Picture] | None = None,
    styled: bool = True,
) -> Snapshot:
    """Return the picture of a page, with what was fetched for it by address.

    Not ``styled``, it shows the page as its elements alone have it: where styles hide all that
    scripts would show.
    """
    parsed, cut = parse_page(decode(page.body, content_type=page.content_type).text)
    if parsed is None:
        return Snapshot(html=_document(["<p>This page cannot be parsed.</p>"]), is_cut=True)
    base = base_address(parsed, page.url)
    writing = Writing(base, styles or {}, pictures or {}, head=_head(), styled=styled)
    writing.write(parsed)
    return Snapshot(html=_document(writing.pieces), is_cut=cut or writing.is_full)


def _document(pieces: list[str]) -> str:
    return f"<!doctype html>{''.join(pieces)}"


# --- our own head, and the policy -----------------------------------------------------------


@lru_cache(maxsize=1)
def _script() -> str:
    return (_ASSETS / "snapshot.js").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def policy() -> str:
    """Return the Content-Security-Policy of a picture: its own script runs, nothing is loaded."""
    digest = base64.b64encode(sha256(_script().encode()).digest()).decode()
    return f"{_loads(digest)}; sandbox allow-scripts; frame-ancestors 'self'"


def _loads(digest: str) -> str:
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def headers() -> dict[str, str]:
    """Return the headers that a picture is served with."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy(),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _head() -> str:
    """Return what is ours in the head: first of all, so that nothing of the page precedes it."""
    allowed = html.escape(policy().partition("; sandbox")[0])
    return (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{allowed}">'
        '<meta name="viewport" content="width=device-width">'
        f"<script>{_script()}</script><style>{looks_css()}</style>"
    )
