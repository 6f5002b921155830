"""How the feed's page and the next digest of a draft will look: rendered as ever, sent nowhere."""

from __future__ import annotations

import re
from datetime import UTC
from email import message_from_bytes, policy
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.settings import BulletinSettings
from feeds.diff import content_of, publication_time
from feeds.model import Item
from feeds.page_views import Beside
from feeds.pages import bulletin_page
from notifier.compose import Occasion, digest_of
from tidings.mailing import mail_to_operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.model import Entry
    from tidings.app import App
    from tidings.desk.draft import Draft

# Who a preview is addressed to: nobody (RFC 2606).
_NOBODY = "reader@example.org"
_IN_DIGEST = 10
# The lines that a program for mail shows above it, and their look there.
_ABOVE = ("From", "Subject")
_HEAD = (
    "font:13px/1.5 system-ui,sans-serif;padding:10px 16px;background:#f1efe8;color:#333;"
    "border-bottom:1px solid #d8d3c6;text-align:start"
)
_SCRIPT = re.compile(r"<script\b[^>]*></script>")
_BODY = re.compile(r"<body[^>]*>")
_STYLE_LINK = re.compile(r'<link rel="stylesheet" href="(?:\.\./)*([a-z]+\.css)"[^>]*>')


def page_preview(app: App, draft: Draft, entries: Sequence[Entry]) -> str:
    """Return the bulletin's page as it will be, in one piece, its links leading nowhere."""
    bulletin = bulletin_of(app, draft)
    page = bulletin_page(
        bulletin,
        _items(app, bulletin, entries)[: app.settings.site.window],
        settings=app.settings,
        renderer=app.renderer,
        beside=Beside(),
    )

    def style(link: re.Match[str]) -> str:
        text = app.renderer.render(link[1]).replace("</", "<\\/")
        return f"<style>{text}</style>"

    return _harmless(_STYLE_LINK.sub(style, page))


def mail_preview(app: App, draft: Draft, entries: Sequence[Entry]) -> str:
    """Return a digest of the latest items as it will be; empty where there are no items."""
    bulletin = bulletin_of(app, draft)
    items = _items(app, bulletin, entries)[:_IN_DIGEST]
    if not items:
        return ""
    digest = digest_of(items, bulletin, base_url=app.settings.base_url, occasion=Occasion())
    mail = mail_to_operator(app, digest, _NOBODY, name="preview")
    message = message_from_bytes(mail, policy=policy.default)
    body = message.get_body(("html",))
    html = str(body.get_content()) if body is not None else ""
    lines = "".join(f"<div>{name}: {escape(str(message[name]))}</div>" for name in _ABOVE)
    head = f'<div style="{_HEAD}">{lines}</div>'
    return _harmless(_BODY.sub(lambda found: f"{found[0]}{head}", html, count=1))


def bulletin_of(app: App, draft: Draft) -> BulletinSettings:
    """Return the bulletin that will be configured, or the one that is."""
    known = app.settings.bulletin(draft.of[0]) if draft.of[0] else None
    source = draft.source()
    return known or BulletinSettings(
        slug=draft.form.slug or "bulletin",
        title=draft.form.title or "Bulletin",
        link="",
        language=draft.form.language,
        time_zone=ZoneInfo(draft.form.time_zone),
        sources=(source,),
    )


def _items(app: App, bulletin: BulletinSettings, entries: Sequence[Entry]) -> tuple[Item, ...]:
    """Return entries as the items that a first reading would make of them, newest first."""
    now = app.clock().astimezone(UTC)
    items = [
        _item(entry, bulletin, place, len(entries) - place, now)
        for place, entry in enumerate(entries)
    ]
    return tuple(sorted(items, key=lambda item: (item.published, item.number), reverse=True))


def _item(entry: Entry, bulletin: BulletinSettings, place: int, number: int, now: datetime) -> Item:
    published = publication_time(
        entry.when, number=number, rank=place, now=now, zone=bulletin.time_zone
    )
    return Item(
        id=f"tag:example.org,{now:%Y}:{bulletin.slug}/{number}",
        token=f"{number}",
        bulletin=bulletin.slug,
        number=number,
        changed=number,
        content=content_of(entry),
        published=published,
        updated=published,
        first_seen=now,
        baseline=True,
        position=place,
    )


def _harmless(page: str) -> str:
    """Return a page of ours whose links open nothing: in a frame of a sandbox no window is let.

    No script would run there either; a browser complains of each.
    """
    return _SCRIPT.sub("", page).replace("<head>", '<head><base target="_blank">', 1)
