"""The page of the search: what was looked for, and what was found, with its words marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from feeds.labels import withdrawn_label
from feeds.markup import plain_text
from feeds.page_views import SEARCH
from feeds.search_marks import excerpt, marked
from feeds.search_store import MOST_FOUND, Found
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from config.settings import BulletinSettings, Settings
    from feeds.model import Item
    from feeds.render import Renderer
    from feeds.search_marks import Piece
    from feeds.search_query import Query

# Items on a page, and pages of what is found at all.
PAGE = 20
MOST_PAGES = MOST_FOUND // PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody looks for: their words, where, and which page of what is found, from 0.

    ``bulletin`` is the bulletin or merge that is searched, None for all.
    """

    text: str = ""
    bulletin: BulletinSettings | None = None
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """A found item; its page is relative to the site."""

    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    page: str
    day: date | None
    language: str
    withdrawn: str
    bulletin: str
    bulletin_language: str


def search_page(  # noqa: PLR0913 - what was asked, what was found, and by whose words
    asked: Asked,
    query: Query,
    found: Found,
    *,
    scopes: Sequence[tuple[str, str]],
    settings: Settings,
    renderer: Renderer,
    language: str,
    problem: str = "",
) -> str:
    """Return the page. ``scopes`` are what can be searched, as slugs and titles.

    ``problem`` says why nothing was looked for: crowded, slow or wordless; empty where it was.
    """
    following = (asked.page + 1) * PAGE < found.count
    return renderer.render(
        "search.html",
        site=settings.site,
        root="/",
        language=language,
        query=asked.text,
        bulletin=asked.bulletin,
        scopes=scopes,
        problem=problem,
        count=found.count,
        is_cut=found.count >= MOST_FOUND,
        results=[_result(item, query, settings) for item in found.items],
        previous=_address(asked, asked.page - 1) if asked.page and found.items else "",
        following=_address(asked, asked.page + 1) if following else "",
    )


def _address(asked: Asked, page: int) -> str:
    fields = {"q": asked.text}
    if asked.bulletin is not None:
        fields["bulletin"] = asked.bulletin.slug
    if page:
        fields["page"] = str(page + 1)
    return f"/{SEARCH}?{urlencode(fields)}"


def _result(item: Item, query: Query, settings: Settings) -> ResultView:
    content = item.content
    bulletin = settings.bulletin(item.bulletin)
    spoken = bulletin.language if bulletin else "en"
    language = content.language or spoken
    text = clean_text(plain_text(content.full_html or content.summary_html))
    return ResultView(
        title=marked(content.title, query),
        excerpt=excerpt(text, query),
        page=f"{item.bulletin}/items/{item.token}.html",
        day=content.when.day if content.when else None,
        language=language,
        withdrawn=withdrawn_label(language) if item.withdrawn else "",
        bulletin=bulletin.title if bulletin else item.bulletin,
        bulletin_language=spoken,
    )
