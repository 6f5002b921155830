"""Every page and mail of subscribers, as somebody would see them: tried before anybody does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from notifier.model import Rule
from notifier.notice import notice_mail
from notifier.notice_store import CONFIRM, KNOWN, WELCOME
from notifier.pages import MailView, mails_page
from notifier.sample import sample_notice
from notifier.signup_store import SignUp
from notifier.subscriber_pages import (
    Preferences,
    PrivateFeedView,
    SubscriberPages,
    SubscriptionView,
)
from notifier.wish_form import rule_views
from notifier.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from config.settings import BulletinSettings, Settings
    from feeds.render import Renderer

_ADDRESS = "reader@example.org"
_TOKEN = "preview"  # noqa: S105 - it opens nothing
_MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_FIELDS = {"cadence-0": "weekly", "weekday-0": "fri", "words-0": "ferry, timetable"}

Pages = dict[str, tuple["Callable[[], str]", ...]]


def subscriber_samples(
    bulletin: BulletinSettings, *, settings: Settings, renderer: Renderer
) -> Pages:
    """Return what makes each page by the name of its template, in each of its states."""
    pages = SubscriberPages(settings.site, renderer)
    language = bulletin.language
    rules = rule_views(_FIELDS, blanks=1)
    wishes = Wishes(rules=(Rule(cadence="weekly"),), time_zone=ZoneInfo("UTC"), language=language)

    def sign_up() -> str:
        return pages.sign_up(bulletin, language=language, fields={}, rule=rules[0])

    def preferences() -> str:
        view = SubscriptionView(bulletin=bulletin, token=_TOKEN, is_active=True, rules=rules)
        return pages.preferences(_preferences(language, (view,)))

    def confirm(*, is_expired: bool) -> Callable[[], str]:
        asked = _asked(bulletin, wishes)
        return lambda: pages.confirm(asked, [bulletin], is_expired=is_expired)

    def unsubscribe(state: str) -> Callable[[], str]:
        return lambda: pages.unsubscribe(
            bulletin, token=_TOKEN, language=language, state=state, weekly=True
        )

    def delete(*, is_done: bool) -> Callable[[], str]:
        return lambda: pages.delete(
            address=_ADDRESS, token=_TOKEN, language=language, is_done=is_done
        )

    feeds = PrivateFeedView(bulletin=bulletin, urls=("https://example.org/feeds/preview/rss.xml",))
    listed = MailView(name="preview", subject=bulletin.title, recipient=_ADDRESS, date=_MOMENT)
    return {
        "subscribe.html": (sign_up,),
        "asked.html": (lambda: pages.asked(bulletin, language=language),),
        "confirm.html": (confirm(is_expired=False), confirm(is_expired=True)),
        "preferences.html": (preferences,),
        "private_feeds.html": (
            lambda: pages.private_feeds([feeds], token=_TOKEN, language=language),
        ),
        "delete.html": (delete(is_done=False), delete(is_done=True)),
        "unsubscribe.html": tuple(map(unsubscribe, ("asking", "done", "back", "weekly"))),
        "mails.html": (lambda: mails_page([listed], [], site=settings.site, renderer=renderer),),
    }


def notice_samples(
    bulletin: BulletinSettings, *, settings: Settings, renderer: Renderer
) -> dict[str, Mapping[str, str]]:
    """Return each kind of mail that is no edition, as its subject and its two bodies."""
    return {
        kind: _notice(kind, bulletin, settings=settings, renderer=renderer)
        for kind in (CONFIRM, KNOWN, WELCOME)
    }


def _notice(
    kind: str, bulletin: BulletinSettings, *, settings: Settings, renderer: Renderer
) -> dict[str, str]:
    notice = replace(sample_notice(kind, language=bulletin.language), bulletin=bulletin.slug)
    mail = notice_mail(
        notice,
        bulletin,
        settings=settings.mail,
        base_url=settings.base_url,
        renderer=renderer,
        sent_at=_MOMENT,
    )
    return parts_of(mail)


def parts_of(mail: bytes) -> dict[str, str]:
    """Return a mail's subject and bodies by the names of the templates that made them."""
    message = message_from_bytes(mail, policy=policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    return {
        "subject.txt": str(message["Subject"]),
        "body.txt": str(text.get_content()) if text else "",
        "body.html": str(html.get_content()) if html else "",
    }


def _preferences(language: str, subscriptions: tuple[SubscriptionView, ...]) -> Preferences:
    return Preferences(
        address=_ADDRESS,
        token=_TOKEN,
        language=language,
        time_zone="UTC",
        form="html",
        paused_until=None,
        tomorrow=date(2026, 11, 24),
        subscriptions=subscriptions,
    )


def _asked(bulletin: BulletinSettings, wishes: Wishes) -> SignUp:
    return SignUp(
        id=1,
        address=_ADDRESS,
        bulletin=bulletin.slug,
        wishes=wishes,
        source="form",
        created=_MOMENT,
        expires=_MOMENT,
        confirmed=None,
    )
