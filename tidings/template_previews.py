"""What templates make of a bulletin: each page and mail with its latest items, for a look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from feeds.addresses import ASSETS
from feeds.archive_pages import month_page, year_page
from feeds.embed_pages import embed_pages
from feeds.filing import Shelf, place_of
from feeds.model import Content, Item, When
from feeds.page_views import Beside
from feeds.pages import (
    bulletin_page,
    index_page,
    item_page,
    message_page,
    moved_page,
)
from feeds.search_pages import Asked, search_page
from feeds.search_query import parse_query
from feeds.search_store import Found
from notifier.compose import Occasion, digest_of
from notifier.digest_pages import DigestPages
from notifier.mail import DigestMail
from notifier.message import message_of
from notifier.sample import try_digests, try_messages, try_notices
from notifier.sample_pages import notice_samples, parts_of, subscriber_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feeds.render import Renderer
    from notifier.model import Digest
    from tidings.app import App

_LATEST = 10
_STYLE = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*?([a-z]+\.css)"[^>]*>')
_MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# What stands within others is looked at in one of them.
_WITHIN = {
    "layout.html": "bulletin.html",
    "parts.html": "bulletin.html",
    "style.css": "bulletin.html",
    "forms.css": "subscribe.html",
    "embed.css": "embed_latest.html",
    "embed.html": "embed_latest.html",
    "embed_form.html": "embedding.html",
    "form_page.html": "subscribe.html",
    "rule_fields.html": "preferences.html",
}
_TELLING = ("digest", "notice", "channel")
# A channel that takes more than most.
_LONGEST_MESSAGE = 2_000

Maker = tuple["Callable[[], str]", ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a template makes: a document, whole in itself."""

    html: str


class Previews:
    """Everything that the templates of a renderer make of one bulletin."""

    def __init__(self, app: App, bulletin: BulletinSettings | None, renderer: Renderer) -> None:
        self._app = app
        self._settings = app.settings
        self._renderer = renderer
        found = app.items.latest(bulletin.slug, _LATEST) if bulletin else ()
        items = tuple(item for item in found if item.withdrawn is None)
        self._bulletin = bulletin or _BULLETIN
        self._items = items or (_item(self._bulletin.slug),)

    def preview(self, name: str) -> Preview | None:
        """Return what a template makes; None where nothing can be shown of it.

        Raises TemplateError.
        """
        folder, _, part = name.rpartition("/")
        if folder in _TELLING:
            made = self._told(folder)
            if part not in made:
                return None
            text = made[part]
            return Preview(text if part.endswith(".html") else _as_text(text))
        makers = self._pages().get(_WITHIN.get(name, name))
        if makers is None:
            return None
        return Preview(self._whole(makers[0]()))

    def try_all(self) -> None:
        """Make everything once, whatever comes of it. Raises TemplateError, with file and line."""
        for makers in self._pages().values():
            for make in makers:
                make()
        for asset in ASSETS:
            self._renderer.render(asset)
        for folder in _TELLING:
            self._told(folder)
        for attempt in (try_digests, try_notices):
            attempt(self._settings.mail, base_url=self._settings.base_url, renderer=self._renderer)
        channels = [channel for one in self._settings.bulletins for channel in one.channels]
        try_messages([channel.template for channel in channels], renderer=self._renderer)

    def _whole(self, page: str) -> str:
        """Return a page with its styles in it: a frame that is shut off fetches none."""

        def style(link: re.Match[str]) -> str:
            name = link.group(1)
            if name not in ASSETS:
                return link.group()
            text = self._renderer.render(name).replace("</", r"<\/")
            return f"<style>{text}</style>"

        return _STYLE.sub(style, page)

    def _pages(self) -> dict[str, Maker]:
        own = subscriber_samples(self._bulletin, settings=self._settings, renderer=self._renderer)
        return {**self._public(), **self._past(), **self._embedded(), **own}

    def _embedded(self) -> dict[str, Maker]:
        """Return the search, and what other sites frame."""
        bulletin, settings, renderer = self._bulletin, self._settings, self._renderer
        query = parse_query("ferry")

        def framed(number: int) -> Callable[[], str]:
            def make() -> str:
                pages = embed_pages(bulletin, self._items, settings=settings, renderer=renderer)
                made = [page for _, page in pages]
                return made[min(number, len(made) - 1)]

            return make

        def search(problem: str) -> Callable[[], str]:
            found = Found(items=self._items, count=len(self._items)) if not problem else Found()
            return lambda: search_page(
                Asked(text="ferry"),
                query,
                found,
                scopes=[(bulletin.slug, bulletin.title)],
                settings=settings,
                renderer=renderer,
                language=bulletin.language,
                problem=problem,
            )

        return {
            "search.html": (search(""), search("wordless"), search("crowded")),
            "embedding.html": (framed(0),),
            "embed_latest.html": (framed(1),),
            # Only where mail leaves; else the one before is shown.
            "embed_sign_up.html": (framed(2),),
        }

    def _public(self) -> dict[str, Maker]:
        bulletin, items, first = self._bulletin, self._items, self._items[0]
        settings, renderer = self._settings, self._renderer
        place = place_of(first)
        shelves = {place.month: Shelf(count=1, updated=place.published)}
        return {
            "index.html": (
                lambda: index_page([(bulletin, first)], settings=settings, renderer=renderer),
            ),
            "bulletin.html": (
                lambda: bulletin_page(
                    bulletin, items, settings=settings, renderer=renderer, beside=Beside()
                ),
            ),
            "item.html": (
                lambda: item_page(first, bulletin, settings=settings, renderer=renderer),
            ),
            "moved.html": (
                lambda: moved_page(first, bulletin, settings=settings, renderer=renderer),
            ),
            "year.html": (
                lambda: year_page(
                    bulletin, place.month.year, shelves, settings=settings, renderer=renderer
                ),
            ),
            "month.html": (
                lambda: month_page(
                    bulletin,
                    place.month,
                    0,
                    [first],
                    shelves=shelves,
                    settings=settings,
                    renderer=renderer,
                ),
            ),
            "message.html": (
                lambda: message_page(
                    "404", "There is no such page.", site=settings.site, renderer=renderer
                ),
            ),
        }

    def _past(self) -> dict[str, Maker]:
        pages = DigestPages(self._settings.site, self._settings.base_url, self._renderer)

        def one() -> str:
            return pages.page(pages.past(self._value(), _MOMENT))

        def listed() -> str:
            return pages.index(self._bulletin, [pages.past(self._value(), _MOMENT)])

        return {"past_digest.html": (one,), "past_digests.html": (listed,)}

    def _value(self) -> Digest:
        return digest_of(
            self._items,
            self._bulletin,
            base_url=self._settings.base_url,
            occasion=Occasion(number=7, is_public=True),
        )

    def _digest(self) -> dict[str, str]:
        mail = DigestMail(
            self._value(),
            settings=self._settings.mail,
            base_url=self._settings.base_url,
            renderer=self._renderer,
        )
        return parts_of(
            mail.for_recipient(
                address="reader@example.org",
                unsubscribe_url=f"{self._settings.base_url}/unsubscribe/preview",
                preferences_url=f"{self._settings.base_url}/preferences/preview",
                message_id="<preview@localhost>",
                sent_at=_MOMENT,
            )
        )

    def _told(self, folder: str) -> Mapping[str, str]:
        """Return the texts of a mail or a message, by the last names of their templates."""
        match folder:
            case "digest":
                return self._digest()
            case "notice":
                return self._notices()["confirm"]
            case _:
                message = message_of(
                    self._value(),
                    renderer=self._renderer,
                    template="message.txt",
                    longest=_LONGEST_MESSAGE,
                )
                return {"message.txt": message.text, "title.txt": message.title} if message else {}

    def _notices(self) -> Mapping[str, Mapping[str, str]]:
        return notice_samples(self._bulletin, settings=self._settings, renderer=self._renderer)


def _as_text(text: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Text</title>'
        f'<pre style="white-space: pre-wrap; font-size: 14px">{escape(text)}</pre></html>'
    )


# For an installation that has nothing yet: a template can be made before there is news.
_BULLETIN = BulletinSettings(slug="harbour", title="Harbour news")


def _item(slug: str) -> Item:
    return Item(
        id=f"tag:example.org,2026:{slug}/preview",
        token="preview",  # noqa: S106 - the last part of its id
        bulletin=slug,
        number=1,
        changed=1,
        content=Content(
            title="The ferry leaves at seven",
            url="https://example.org/ferry",
            when=When(date(2026, 11, 22)),
            summary_html="<p>From Monday on, as the new timetable says.</p>",
        ),
        published=_MOMENT,
        updated=_MOMENT,
        first_seen=_MOMENT,
    )
