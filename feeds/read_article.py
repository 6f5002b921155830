"""The text of one item's own page, among all else that stands there.

The element whose own paragraphs hold the most text that is no link is taken: menus are links,
and side bars are short.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.markup import plain_text, sanitise, web_url
from feeds.read_choose import stands_aside
from feeds.read_links import links_in
from feeds.read_page import parse_page
from feeds.read_tree import build_tree
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser

    from feeds.read_tree import Element

_TEXTS = frozenset({"p", "pre", "blockquote", "li", "dd", "td", "h2", "h3", "h4"})
_DROPPED = frozenset({"form", "nav", "aside", "footer", "header"})
_TITLES = frozenset({"h1", "h2", "header"})
# Shorter texts are labels as often as sentences.
_SENTENCE = 25
# What is shorter than this says no more than the summary does.
_FEWEST = 200
_OF_GRANDPARENT = 0.4


@dataclass(frozen=True, slots=True)
class Article:
    """The text as clean markup, and the picture that the page gives for itself."""

    html: str
    image_url: str


def read_article(text: str, *, url: str, title: str) -> Article:
    """Return what an item's own page says; an empty text where none stands out."""
    page, _ = parse_page(text)
    image = _image(page, url) if page else ""
    if page is None or page.body is None:
        return Article("", image)
    best = _best(build_tree(page.body).elements)
    if best is None:
        return Article("", image)
    markup = sanitise("".join(_pieces(best, title)), url)
    return Article(markup if len(plain_text(markup)) >= _FEWEST else "", image)


def _best(elements: list[Element]) -> Element | None:
    """Return the element that holds the most running text."""
    scores: dict[int, float] = defaultdict(float)
    by_id: dict[int, Element] = {}
    for element in elements:
        if element.tag not in _TEXTS or element.length < _SENTENCE or _is_aside(element):
            continue
        linked = sum(link.length for link in links_in(element))
        weight = max(element.length - 2 * linked, 0)
        for parent, part in ((element.parent, 1.0), (_grandparent(element), _OF_GRANDPARENT)):
            if parent is not None:
                by_id[id(parent)] = parent
                scores[id(parent)] += weight * part
    best = max(scores, key=lambda key: scores[key], default=None)
    return by_id[best] if best is not None else None


def _grandparent(element: Element) -> Element | None:
    return element.parent.parent if element.parent else None


def _is_aside(element: Element) -> bool:
    return any(stands_aside(around) for around in [element, *element.ancestors()])


def _pieces(best: Element, title: str) -> Iterator[str]:
    """Yield the markup of what stands in the element, without its title and what accompanies it."""
    wanted = clean_text(title).casefold()
    for child in best.children:
        if isinstance(child, str):
            yield child.replace("&", "&amp;").replace("<", "&lt;")
        elif child.tag in _TITLES and clean_text(child.text).casefold() == wanted:
            continue
        elif child.tag not in _DROPPED and not stands_aside(child):
            yield child.raw.html or ""


def _image(page: LexborHTMLParser, url: str) -> str:
    for selector in ('meta[property="og:image"]', 'meta[name="twitter:image"]'):
        meta = page.css_first(selector)
        content = meta.attributes.get("content") if meta else ""
        if content:
            return web_url(content, url)
    return ""
