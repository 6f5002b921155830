"""What a bulletin's own site can show of it: two small pages for frames, and a page that says how.

The frames may stand on any site, so nothing is in them but links and a form that a mail confirms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.page_views import bulletin_view, item_link_view

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from config.settings import BulletinSettings, Settings
    from feeds.model import Item
    from feeds.render import Renderer

# The folder below a bulletin's, and what stands there.
FOLDER = "embed/"
LATEST = "latest.html"
SIGN_UP = "sign-up.html"
STYLE = "embed.css"
# A column beside somebody else's text has room for so many.
_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """An item of the frame; its page is a whole address, for the frame stands elsewhere."""

    title: str
    page: str
    day: date | None
    language: str


def embed_pages(
    bulletin: BulletinSettings, items: Sequence[Item], *, settings: Settings, renderer: Renderer
) -> Iterator[tuple[str, str]]:
    """Yield the paths below the site, and the pages."""
    view = bulletin_view(bulletin, settings)
    values = {
        "site": settings.site,
        "bulletin": view,
        "language": bulletin.language,
        "mail_url": f"{settings.base_url}/{view.mail}",
        "root": "../../",
    }
    folder = f"{bulletin.slug}/{FOLDER}"
    latest = [_listed(item, bulletin, view.page_url) for item in items[:_MOST]]
    yield f"{folder}index.html", renderer.render("embedding.html", **values)
    yield folder + LATEST, renderer.render("embed_latest.html", latest=latest, **values)
    if view.mail:
        yield folder + SIGN_UP, renderer.render("embed_sign_up.html", **values)


def _listed(item: Item, bulletin: BulletinSettings, folder: str) -> _Listed:
    link = item_link_view(item, bulletin.language)
    return _Listed(
        title=link.title,
        page=item.content.url or f"{folder}{link.page}",
        day=link.day,
        language=link.language,
    )
