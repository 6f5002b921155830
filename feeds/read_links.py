"""Links of an item: which one is its own, and which only say something about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feeds.read_groups import Slot
    from feeds.read_tree import Element

# Segments that web software itself gives to lists of items, in every language of its users.
# Code hosts address a release by its tag, which is a page of its own.
_LISTS = re.compile(
    r"(?<!/releases)(?<!/-)/(?:tags?|categor(?:y|ies|ie|ia|ias)|topics?|authors?|users?|archives?|page|label|labels"
    r"|search|login|signin|register|share|feed|rss|etiqueta|kategorie|u)(?:/|$)"
    r"|/(?:feed|rss|atom|index)\.xml$",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?:facebook|twitter|x|linkedin|reddit|pinterest|whatsapp|t|telegram|weibo)\.(?:com|me|org)$"
)
_SHARE_PATH = re.compile(r"share|intent|sharer|submit", re.IGNORECASE)
_ABOUT = frozenset({"tag", "author", "category"})
PROSE = 25
_LONGEST_LABEL = 40
_INLINE = frozenset({"span", "em", "i", "b", "strong", "small", "u", "code"})


def links_in(element: Element) -> Iterator[Element]:
    """Return the links of an element in page order, itself included."""
    stack = [element]
    while stack:
        current = stack.pop()
        if current.tag == "a" and current.attributes.get("href"):
            yield current
        stack.extend([each for each in reversed(current.children) if not isinstance(each, str)])


def title_link(title: Element, around: Element) -> str:
    """Return the address of the link in a title, or over it within what is around."""
    inside = next(links_in(title), None)
    over = (each for each in title.ancestors() if around.holds(each))
    link = inside or next((each for each in over if each.tag == "a"), None)
    return (link.attributes.get("href") or "") if link else ""


def is_about(link: Element) -> bool:
    """Whether a link leads to a list, a person or a button instead of an item."""
    href = (link.attributes.get("href") or "").strip()
    if not href or href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
        return True
    rel = set((link.attributes.get("rel") or "").lower().split())
    if rel & _ABOUT:
        return True
    try:
        parts = urlsplit(href)
    except ValueError:
        return True
    if _SHARE.search(parts.netloc.lower()) and _SHARE_PATH.search(parts.path):
        return True
    return bool(_LISTS.search(parts.path))


def own_link(slot: Slot) -> tuple[str, str]:
    """Return the address that an item links to and the evidence; empty where it has none."""
    title = slot.title
    for link in links_in(title):
        href = (link.attributes.get("href") or "").strip()
        if not href.startswith(("#", "javascript:", "mailto:", "tel:")):
            return href, "the title's link"
        if href.startswith("#") and len(href) > 1 and link.length * 2 > title.length:
            return href, "the title's anchor"
    whole = sum(part.length for part in slot.parts)
    for element in title.ancestors():
        if element.start < slot.start and element.length > whole:
            break
        if element.tag == "a" and element.attributes.get("href"):
            return str(element.attributes["href"]), "the link around the title"
    return _other_link(slot)


def _other_link(slot: Slot) -> tuple[str, str]:
    found: dict[str, int] = {}
    for part in slot.parts:
        for link in links_in(part):
            if not is_about(link) and not in_prose(link):
                href = (link.attributes.get("href") or "").strip()
                found[href] = found.get(href, 0) + 1
    if not found:
        return "", ""
    if len(found) == 1:
        return next(iter(found)), "the item's only link"
    best = max(found, key=lambda href: found[href])
    if found[best] > 1:
        return best, "the link that the item repeats"
    return list(found)[-1], "the item's last link"


def button_labels(slots: Sequence[Slot]) -> frozenset[str]:
    """Return what stands on buttons of several items that lead to different addresses."""
    leads: dict[str, set[str]] = {}
    for slot in slots:
        for part in slot.parts:
            for link in links_in(part):
                if not is_about(link) and not in_prose(link) and not slot.title.holds(link):
                    leads.setdefault(_label(link), set()).add(str(link.attributes["href"]))
    return frozenset(label for label, to in leads.items() if label and len(to) > 1)


def labelled_link(slot: Slot, labels: frozenset[str]) -> tuple[str, str]:
    """Return the link in an item's text that has the label of other items' buttons."""
    for part in slot.parts if labels else ():
        for link in links_in(part):
            if _label(link) in labels and not is_about(link):
                return str(link.attributes["href"]).strip(), "the button of other items"
    return "", ""


def _label(link: Element) -> str:
    return " ".join(link.text.split()).casefold() if link.length <= _LONGEST_LABEL else ""


def in_prose(link: Element) -> bool:
    """Whether a link is part of a sentence: running text around it."""
    return running_text(link) > PROSE


def running_text(link: Element) -> int:
    """Return how much text stands directly in the element around a link."""
    parent = link.parent
    while parent is not None and parent.tag in _INLINE:
        parent = parent.parent
    if parent is None:
        return 0
    return parent.running
