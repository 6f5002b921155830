"""The files and the picture that an item of a feed names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.attachments import media_type
from feeds.markup import web_url
from feeds.model import Attachment
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

_MOST = 50
_MOST_DIGITS = 15
_PARTS_OF_A_TIME = 3
_MINUTE = 60


def attachments_of(node: _Element, base: str) -> tuple[Attachment, ...]:
    """Return the files of an item: enclosures of RSS and Atom, and those of Media RSS."""
    seconds = max(
        (_seconds(child.text or "") for child in node if _is(child, "duration")), default=0
    )
    found = (
        _attachment(
            child.get("url") or child.get("href"),
            base,
            mime=child.get("type"),
            size=child.get("length") or child.get("fileSize"),
            title=child.get("title"),
            seconds=_seconds(child.get("duration") or "") or seconds,
        )
        for child in node.iter("{*}enclosure", "{*}link", "{*}content")
        if _is_file(child)
    )
    return _each_once(found)


def json_attachments(value: object, base: str) -> tuple[Attachment, ...]:
    """Return the files of an item of JSON Feed."""
    found = (
        _attachment(
            each.get("url"),
            base,
            mime=each.get("mime_type"),
            size=each.get("size_in_bytes"),
            title=each.get("title"),
            seconds=_seconds(str(each.get("duration_in_seconds") or "")),
        )
        for each in (value if isinstance(value, list) else [])
        if isinstance(each, dict)
    )
    return _each_once(found)


def picture_of(node: _Element, base: str) -> str:
    """Return the address of an item's picture; empty where it names none."""
    for child in node.iter("{*}thumbnail", "{*}image", "{*}content", "{*}enclosure"):
        if _is(child, "content", "enclosure") and not _is_picture(child):
            continue
        address = child.get("url") or child.get("href") or ""
        if address.strip():
            return web_url(address.strip(), base)
    return ""


def _is(element: _Element, *names: str) -> bool:
    # The tag of a comment is no text.
    return str(element.tag).rpartition("}")[2].lower() in names


def _is_picture(element: _Element) -> bool:
    return element.get("medium") == "image" or str(element.get("type") or "").startswith("image/")


def _is_file(element: _Element) -> bool:
    """Tell a file from a link to a page, and from an entry's text, which has no address."""
    if _is(element, "link"):
        return element.get("rel") == "enclosure"
    return bool(element.get("url")) and not _is_picture(element)


def _attachment(  # noqa: PLR0913 - what a feed says of a file
    url: object, base: str, *, mime: object, size: object, title: object, seconds: int
) -> Attachment | None:
    address = web_url(str(url or "").strip(), base)
    if not address:
        return None
    return Attachment(
        url=address,
        mime=media_type(str(mime or ""), address),
        size=_whole(str(size or "")),
        title=clean_text(str(title or "")),
        seconds=seconds,
    )


def _each_once(found: Iterable[Attachment | None]) -> tuple[Attachment, ...]:
    def once() -> Iterator[Attachment]:
        seen = set()
        for attachment in found:
            if attachment is not None and attachment.url not in seen:
                seen.add(attachment.url)
                yield attachment

    return tuple(once())[:_MOST]


def _whole(text: str) -> int:
    """Return a whole number; 0, which says unknown, where the text is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _seconds(text: str) -> int:
    """Return a length of time: seconds, or hours, minutes and seconds with colons between."""
    parts = text.strip().partition(".")[0].split(":")
    if len(parts) > _PARTS_OF_A_TIME:
        return 0
    total = 0
    for part in parts:
        total = total * _MINUTE + _whole(part)
    return total
