"""A feed as a value: what the three writers write, the same for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

GENERATOR = "Tidings"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item of a feed.

    ``id`` is a tag: URI, ``url`` absolute, ``title`` plain text, ``summary_html`` clean markup;
    instants are aware.
    """

    id: str
    title: str
    url: str
    summary_html: str
    published: datetime
    updated: datetime
    author: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()
    language: str = ""

    @property
    def content_html(self) -> str:
        """The summary with the item's picture before it, where it does not hold it already."""
        if not self.image_url or self.image_url in self.summary_html:
            return self.summary_html
        source = self.image_url.replace("&", "&amp;").replace('"', "&quot;")
        return f'<p><img src="{source}" alt=""></p>{self.summary_html}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A bulletin as a feed.

    ``id`` is one tag: URI for all three formats, ``home_url`` our page of the bulletin,
    ``updated`` the newest change of an item; ``items`` come newest first.
    """

    id: str
    title: str
    description: str
    home_url: str
    author: str
    language: str
    updated: datetime
    rss_url: str
    atom_url: str
    json_url: str
    items: tuple[FeedItem, ...]
