"""A page is written anew from its parse, without anything that acts: see ``feeds.snapshot``."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.markup import web_url
from feeds.numbered import is_element, walk
from feeds.snapshot_words import (
    ATTRIBUTES,
    CUSTOM,
    DROPPED,
    LONGEST,
    LONGEST_VALUE,
    OWN_PICTURE,
    PICTURES,
    PLACES,
    RENAMED,
    TAGS,
    VOID,
)
from feeds.text import clean_text, legal_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selectolax.lexbor import LexborHTMLParser, LexborNode

# Characters of markup, of style sheets and of pictures: the picture of a page has an end.
_MOST_MARKUP = 8_000_000
# As many as are read.
_MOST_ELEMENTS = 60_000
_MOST_STYLE = 3_000_000
_MOST_PICTURES = 6_000_000
_LONGEST_TITLE = 200
_SIZES = ("width", "height")
_LAZY = ("data-src", "data-original", "data-lazy-src", "src")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that was fetched."""

    mime: str
    body: bytes


class Writing:
    """One picture while it is written."""

    def __init__(
        self,
        base: str,
        styles: Mapping[str, str],
        pictures: Mapping[str, Picture],
        *,
        head: str,
        styled: bool,
    ) -> None:
        self.pieces: list[str] = []
        self.is_full = False
        self._base = base
        self._head = head
        self._styles = styles
        self._pictures = pictures
        self._styled = styled
        self._markup = _MOST_MARKUP
        self._style = _MOST_STYLE
        self._shown = _MOST_PICTURES
        self._titled = False

    def write(self, page: LexborHTMLParser) -> None:
        """Write a page from its parse."""
        open_tags: list[str] = []
        for node, number, is_end in _shown_nodes(page):
            self.is_full = self.is_full or (number or 0) > _MOST_ELEMENTS
            if self.is_full:
                break
            tag = _written(node)
            if number is None:
                self._add(_text(node))
            elif not tag:
                self._add(self._instead(node, number))
            elif is_end:
                self._add(f"</{open_tags.pop()}>" if tag not in VOID else "")
            else:
                self._open(node, tag, number)
                open_tags += () if tag in VOID else (tag,)
        self.pieces += [f"</{tag}>" for tag in reversed(open_tags)]

    def _open(self, node: LexborNode, tag: str, number: int) -> None:
        self._add(f"<{tag}{self._attributes(node, tag, number)}>")
        if tag == "head":
            self.pieces.append(self._head)
        elif tag == "pre" and _begins_with_break(node):
            # A parser takes the first one away.
            self._add("\n")

    def _add(self, piece: str) -> None:
        self._markup -= len(piece)
        if self._markup < 0:
            self.is_full = True
        else:
            self.pieces.append(piece)

    def _attributes(self, node: LexborNode, tag: str, number: int) -> str:
        kept = {
            name: (value or "")[: LONGEST.get(name, LONGEST_VALUE)]
            for name, value in node.attributes.items()
            if name in ATTRIBUTES and (self._styled or name != "style")
        }
        kept["data-n"] = str(number)
        if tag == "a" and node.attributes.get("href") is not None:
            # It looks like a link, leads nowhere, and the items are what Tab goes through.
            kept |= {"href": "#", "tabindex": "-1"}
        elif tag == "details":
            kept["open"] = ""
        elif tag == "img" and (source := self._source(node)):
            kept["src"] = source
        return "".join(f' {name}="{_value(value)}"' for name, value in kept.items())

    def _source(self, node: LexborNode) -> str:
        """Return the picture of an element as data, empty where it was not fetched."""
        own = node.attributes.get("src") or ""
        if OWN_PICTURE.fullmatch(own):
            return self._paid(own)
        picture = self._pictures.get(picture_address(node, self._base))
        if picture is None or picture.mime not in PICTURES:
            return ""
        if len(picture.body) > self._shown:
            return ""
        return self._paid(f"data:{picture.mime};base64,{base64.b64encode(picture.body).decode()}")

    def _paid(self, data: str) -> str:
        if len(data) > self._shown:
            return ""
        self._shown -= len(data)
        self._markup += len(data)
        return data

    def _instead(self, node: LexborNode, number: int) -> str:
        """Return what stands in the place of an element that is not written."""
        tag = node.tag or ""
        if tag == "style":
            return self._css(node.text(), node.attributes.get("media"), number)
        if tag == "link" and (address := style_address(node, self._base)):
            return self._css(self._styles.get(address, ""), node.attributes.get("media"), number)
        if tag == "title" and not self._titled and (text := clean_text(node.text())):
            self._titled = True
            return f"<title>{html.escape(shorten(text, _LONGEST_TITLE))}</title>"
        if tag in PLACES:
            sizes = [(name, node.attributes.get(name) or "") for name in _SIZES]
            held = "".join(f"{name}:{size}px;" for name, size in sizes if size.isdecimal())
            named = {name: node.attributes.get(name) or "" for name in ("class", "id")}
            named["style"] = f"display:inline-block;{held[:100]}"
            own = "".join(f' {n}="{_value(v[: LONGEST[n]])}"' for n, v in named.items() if v)
            return f'<span{own} data-n="{number}"></span>'
        return ""

    def _css(self, text: str, media: str | None, number: int) -> str:
        """Return a style sheet; it cannot end its element, and loads nothing by the policy."""
        if not self._styled or not text.strip() or len(text) > self._style:
            return ""
        self._style -= len(text)
        self._markup += len(text)
        only = f' media="{_value(media[:LONGEST_VALUE])}"' if media else ""
        return f'<style{only} data-n="{number}">{_css_text(text)}</style>'


def _shown_nodes(page: LexborHTMLParser) -> Iterator[tuple[LexborNode, int | None, bool]]:
    """Yield the elements and texts of a page, with the number of each element, and its end.

    What is in an element that is not written counts in the numbers, and is left out.
    """
    number = -1
    numbers: list[int] = []
    left_out = 0
    for node, is_end in walk(page):
        if not is_element(node):
            if node.tag == "-text" and not left_out:
                yield node, None, False
            continue
        if not is_end:
            number += 1
            numbers.append(number)
            if not left_out:
                yield node, number, False
            left_out += not _written(node)
            continue
        own = numbers.pop()
        left_out -= not _written(node)
        if not left_out and _written(node):
            yield node, own, True


def _written(node: LexborNode) -> str:
    """Return the name under which an element is written; empty where it is not."""
    tag = node.tag or ""
    if tag in TAGS:
        return tag
    if tag in RENAMED:
        return RENAMED[tag]
    if tag in PLACES or tag in DROPPED or tag in {"style", "title"}:
        return ""
    return tag if CUSTOM.fullmatch(tag) and len(tag) <= LONGEST_VALUE else "span"


def _text(node: LexborNode) -> str:
    return html.escape(legal_text(node.text_content or ""), quote=False)


def _value(text: str) -> str:
    return html.escape(legal_text(text))


def _css_text(text: str) -> str:
    # In a style sheet "\/" is "/"; and in it no "<!" opens anything.
    return legal_text(text).replace("</", "<\\/").replace("<!", "<\\!")


def _begins_with_break(node: LexborNode) -> bool:
    """Whether a parser would take away the first line break of an element."""
    first = node.child
    return (
        first is not None
        and first.tag == "-text"
        and (first.text_content or "").startswith(("\n", "\r"))
    )


def style_address(node: LexborNode, base: str) -> str:
    """Return the address of a style sheet, empty where a link is to something else."""
    rel = (node.attributes.get("rel") or "").lower().split()
    if "stylesheet" not in rel or "alternate" in rel:
        return ""
    return web_url(node.attributes.get("href") or "", base)


def picture_address(node: LexborNode, base: str) -> str:
    """Return the address of a picture; lazy ones name it where a script would look for it."""
    named = (node.attributes.get(name) or "" for name in _LAZY)
    address = next((value for value in named if value and not value.startswith("data:")), "")
    if not address:
        sets = node.attributes.get("srcset") or node.attributes.get("data-srcset") or ""
        address = next(iter(sets.split()), "")
    return web_url(address, base)
