"""A page as browsers parse it: the only door of selectolax, and the only one to its parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.markup import web_url
from feeds.read_bounds import bounded

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser


def parse_page(text: str) -> tuple[LexborHTMLParser | None, bool]:
    """Return the tree of a page, and whether only its beginning was parsed.

    None where no parser could make a tree of it.
    """
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    text, cut = bounded(text)
    try:
        return LexborHTMLParser(text), cut
    except SelectolaxError:
        return None, cut


def base_address(page: LexborHTMLParser, url: str) -> str:
    """Return the address that the links of a page are relative to."""
    base = page.css_first("base[href]")
    return web_url(base.attributes.get("href") or "", url) or url if base else url
