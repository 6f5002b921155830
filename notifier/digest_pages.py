"""Past digests on the web: a page for each, a list of them, and their feed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.addresses import FEED_STYLE
from feeds.feed import Feed, FeedItem
from notifier.digest_addresses import digest_feed_paths, digests_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from config.settings import BulletinSettings, SiteSettings
    from feeds.render import Renderer
    from notifier.model import Digest

# A feed shows what there is, and the page all of it.
_MOST_LINKS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDigest:
    """A digest that was sent, its subject, and when it was opened."""

    digest: Digest
    subject: str
    opened: datetime


class DigestPages:
    """The documents of past digests, in the words of templates."""

    def __init__(self, site: SiteSettings, base_url: str, renderer: Renderer) -> None:
        self._site = site
        self._base_url = base_url
        self._renderer = renderer

    def past(self, digest: Digest, opened: datetime) -> PastDigest:
        """Return a digest with the subject that its mail had. Raises TemplateError."""
        subject = self._renderer.render(
            "digest/subject.txt",
            digest=digest,
            language=self._language(digest.language),
            base_url=self._base_url,
        )
        return PastDigest(digest=digest, subject=" ".join(subject.split()), opened=opened)

    def page(self, past: PastDigest) -> str:
        """Return the page of one digest; all its items stand on it. Raises TemplateError."""
        return self._renderer.render(
            "past_digest.html",
            digest=past.digest,
            subject=past.subject,
            language=self._language(past.digest.language),
            site=self._site,
            root="../../",
        )

    def index(self, bulletin: BulletinSettings, listed: Sequence[PastDigest]) -> str:
        """Return the page that lists past digests. Raises TemplateError."""
        return self._renderer.render(
            "past_digests.html",
            bulletin=bulletin,
            listed=listed,
            address=digests_address(self._base_url, bulletin.slug),
            subscribe_url=f"../../subscribe/{bulletin.slug}",
            language=self._language(bulletin.language),
            site=self._site,
            root="../../",
        )

    def feed(self, bulletin: BulletinSettings, listed: Sequence[PastDigest], feed_id: str) -> Feed:
        """Return the feed of past digests; ``feed_id`` is that of the bulletin's own feed."""
        language = self._language(bulletin.language)
        title = self._renderer.translations.message(language, "Past digests of %(title)s")
        return Feed(
            id=f"{feed_id}/digests",
            title=title % {"title": bulletin.title},
            description=bulletin.description,
            home_url=digests_address(self._base_url, bulletin.slug),
            author=bulletin.title,
            language=bulletin.language,
            updated=max(past.opened for past in listed),
            urls=digest_feed_paths(bulletin.slug).below(f"{self._base_url}/"),
            items=tuple(_feed_item(past, feed_id) for past in listed),
            icon_url=bulletin.icon,
            stylesheet_url=f"{self._base_url}/{FEED_STYLE}",
        )

    def _language(self, wanted: str) -> str:
        return self._renderer.translations.best(wanted)


def _feed_item(past: PastDigest, feed_id: str) -> FeedItem:
    digest = past.digest
    links = "".join(
        f'<li><a href="{html.escape(item.url)}">{html.escape(item.title, quote=False)}</a></li>'
        for item in digest.items[:_MOST_LINKS]
    )
    return FeedItem(
        id=f"{feed_id}/digests/{digest.number}",
        title=past.subject,
        url=digest.own_url,
        summary_html=links and f"<ul>{links}</ul>",
        published=past.opened,
        updated=past.opened,
        language=digest.language,
    )
