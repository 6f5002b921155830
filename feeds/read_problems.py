"""Pages that are no bulletin, recognised and named: login, consent, block page, empty shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selectolax.lexbor import LexborHTMLParser

    from feeds.model import Entry
    from feeds.read_tree import Tree

_BLOCK = re.compile(
    r"captcha|are you (?:a )?(?:human|robot)|unusual traffic|access denied|attention required"
    r"|just a moment|checking your browser|verify you are human|request blocked|forbidden",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"before you continue|accept (?:all )?cookies|cookie consent|we value your privacy"
    r"|cookies akzeptieren|accepter les cookies|aceptar (?:las )?cookies|consent",
    re.IGNORECASE,
)
_LITTLE_TEXT = 2_000
_SHELL_TEXT = 250
_FEW = 3


def page_problem(page: LexborHTMLParser, tree: Tree, entries: Sequence[Entry]) -> str:
    """Return one sentence on why a page gives no items, empty where it gives some."""
    size = tree.root.length
    title = page.css_first("title")
    # Where news stands on the page, a login field beside it is only a login field.
    dated = any(entry.when for entry in entries)
    if (dated or size > _LITTLE_TEXT) and entries:
        return ""
    text = f"{title.text() if title else ''} {tree.root.text[:_LITTLE_TEXT]}"
    wall = _wall(page, text, entries) if size <= _LITTLE_TEXT else ""
    if wall or entries:
        return wall
    if size <= _SHELL_TEXT and page.css_first("script"):
        return (
            "The page is an application shell: a browser would build its content by JavaScript; "
            "look for another address of the same list, such as a feed or a print view."
        )
    return (
        "No list of items was found on this page; "
        "give the address of the list itself, or set rules for it: item, title, link, date."
    )


def _wall(page: LexborHTMLParser, text: str, entries: Sequence[Entry]) -> str:
    """Name what stands before the bulletin; empty where nothing does."""
    if page.css_first('input[type="password"]'):
        return (
            "This is a login page, not the bulletin; "
            "give a public address, or the header of a session under [headers]."
        )
    if _BLOCK.search(text):
        return (
            "The site answered with a block page or a captcha instead of the bulletin; "
            "check less often, or ask the publisher for a feed."
        )
    if _CONSENT.search(text) and len(entries) < _FEW:
        return (
            "The site answered with a consent page instead of the bulletin; "
            "give the consent cookie under [headers], or another address."
        )
    return ""
