"""Short names of bulletins, in addresses, tables and commands. Pure."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Container

# Addresses that the site uses itself.
RESERVED = frozenset(
    (
        "api bounces bulletins confirm desk embed feeds health items mails metrics preferences "
        "search static subscribe unsubscribe"
    ).split()
)
# Names below a bulletin's folder that are not those of its views.
_OF_BULLETINS = frozenset("archive digests embed feeds items".split())
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST_SUGGESTED = 40


def slug_problem(slug: str) -> str:
    """Say why a slug cannot be used; empty where it can."""
    if not _SLUG.fullmatch(slug):
        return "a bulletin's name has small letters, digits and hyphens only, at most 64"
    if slug in RESERVED:
        return f"{slug!r} is an address of the site itself; choose another name"
    return ""


def source_problem(name: str) -> str:
    """Say why a source cannot have a name; empty where it can: it is a part of addresses."""
    if name in {"", ".", ".."} or "/" in name or not name.isprintable():
        return "a source's name is a word or several, without slashes and control characters"
    return ""


def view_problem(name: str) -> str:
    """Say why a view cannot have a name; empty where it can."""
    if not _SLUG.fullmatch(name):
        return "a view's name has small letters, digits and hyphens only, at most 64"
    if name in _OF_BULLETINS or name.isdigit():
        return f"{name!r} is an address of the bulletin itself; choose another name"
    return ""


def channel_problem(name: str) -> str:
    """Say why a channel cannot have a name; empty where it can."""
    if not _SLUG.fullmatch(name):
        return "a channel's name has small letters, digits and hyphens only, at most 64"
    return ""


def suggest_slug(text: str, taken: Container[str]) -> str:
    """Make a slug of a title or an address that is neither taken nor reserved."""
    base = _shortened(_folded(text)) or "bulletin"
    if text.startswith(("http://", "https://", "file://")):
        base = _shortened(_folded(_place(text))) or "bulletin"
    slug, number = base, 1
    while slug in taken or slug_problem(slug):
        number += 1
        slug = f"{base}-{number}"
    return slug


def _place(address: str) -> str:
    """Return the host of an address, or the name of its file."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return (parts.hostname or "").removeprefix("www.") or PurePosixPath(unquote(parts.path)).stem


def _folded(text: str) -> str:
    """Return the text in ASCII letters, accents taken off, everything else as hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", plain).strip("-")


def _shortened(slug: str) -> str:
    if len(slug) <= _LONGEST_SUGGESTED:
        return slug
    return slug[:_LONGEST_SUGGESTED].rpartition("-")[0] or slug[:_LONGEST_SUGGESTED]
