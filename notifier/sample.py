"""Mails that have everything, so that each branch of a template is tried before a mail is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from config.settings import BulletinSettings
from feeds.attachments import FileView
from feeds.word_diff import word_diff
from notifier.mail import DigestMail
from notifier.message import message_of
from notifier.model import CONTENTS_FROM, Digest, DigestChange, DigestItem, Form, Health
from notifier.notice import notice_mail
from notifier.notice_store import CONFIRM, KNOWN, WELCOME, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config.settings import MailSettings
    from feeds.render import Renderer

_DAY = date(2026, 11, 22)
_ITEM = DigestItem(
    id="tag:example.org,2026:harbour/1",
    title="The ferry leaves at seven",
    url="https://example.org/ferry",
    day=_DAY,
    summary_html="<p>From Monday on.</p>",
    summary_text="From Monday on.",
    author="Harbour office",
    language="en",
    files=(
        FileView(
            url="https://example.org/plan.pdf",
            name="plan.pdf",
            mime="application/pdf",
            size=120_000,
        ),
    ),
)
_CHANGE = DigestChange(
    name="title",
    pieces=word_diff("The ferry leaves at eight", _ITEM.title),
    before="The ferry leaves at eight",
    after=_ITEM.title,
)


def sample_digest(*, is_full: bool) -> Digest:
    """Return a digest of all that there can be, or of one bare item."""
    whole = Digest(
        bulletin="harbour",
        title="Harbour news",
        page_url="https://example.org/harbour/",
        language="es",
        bulletin_language="en",
        number=7,
        items=(
            *(replace(_ITEM, number=place) for place in range(1, CONTENTS_FROM)),
            replace(_ITEM, number=CONTENTS_FROM, day=None, is_withdrawn=True, language="he"),
        ),
        corrected=(replace(_ITEM, changes=(_CHANGE,)),),
        more=23,
        more_corrected=2,
        own_url="https://example.org/harbour/digests/7.html",
        archive_url="https://example.org/harbour/digests/",
        subscribe_url="https://example.org/subscribe/harbour",
        health=Health(read=datetime(2026, 11, 22, 7, 58, tzinfo=UTC), good=96, all=96),
        days=(_DAY, _DAY),
    )
    if is_full:
        return whole
    bare = replace(
        _ITEM, day=None, summary_html="", summary_text="", author="", language="", files=()
    )
    return replace(
        whole,
        items=(bare,),
        corrected=(),
        more=0,
        more_corrected=0,
        own_url="",
        health=None,
        days=None,
    )


def try_messages(templates: Iterable[str], *, renderer: Renderer) -> None:
    """Render every template of channels. Raises TemplateError, with the file and the line."""
    for template in sorted(set(templates)):
        for is_full in (True, False):
            message_of(
                sample_digest(is_full=is_full), renderer=renderer, template=template, longest=2_000
            )


def sample_notice(kind: str, *, language: str = "es") -> Notice:
    """Return a notice of a kind."""
    return Notice(
        id=1,
        kind=kind,
        address="reader@example.org",
        bulletin="harbour",
        language=language,
        token="t" * 25,
        message_id="<n.0123456789abcdef01234567@example.org>",
        attempts=1,
        doubts=0,
        lease=1,
        created=datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
    )


def try_notices(settings: MailSettings, *, base_url: str, renderer: Renderer) -> None:
    """Render every kind of notice. Raises TemplateError, with the file and the line."""
    for kind in (CONFIRM, KNOWN, WELCOME):
        notice = sample_notice(kind)
        notice_mail(
            notice,
            BulletinSettings(slug=notice.bulletin, title="Harbour news"),
            settings=settings,
            base_url=base_url,
            renderer=renderer,
            sent_at=notice.created,
        )


def try_digests(settings: MailSettings, *, base_url: str, renderer: Renderer) -> None:
    """Render every kind of digest. Raises TemplateError, with the file and the line."""
    for is_full in (True, False):
        for form in Form:
            DigestMail(
                sample_digest(is_full=is_full),
                settings=settings,
                base_url=base_url,
                renderer=renderer,
                form=form,
            )
