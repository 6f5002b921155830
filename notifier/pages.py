"""The list of mails that were written to disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from config.settings import SiteSettings
    from feeds.render import Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """A mail on disk as the list shows it."""

    name: str
    subject: str
    recipient: str
    date: datetime


def mails_page(
    mails: Sequence[MailView],
    coming: Sequence[tuple[str, str]],
    *,
    site: SiteSettings,
    renderer: Renderer,
) -> str:
    """Return the list of mails, newest first, after the next ones of each bulletin by title."""
    return renderer.render("mails.html", site=site, mails=mails, coming=coming, root="/")
