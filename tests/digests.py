"""Digests of every kind that the templates can make, for those who look at the mail itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from config.settings import BulletinSettings, MailSettings
from feeds.model import Attachment, Content, Item, When
from feeds.render import Renderer, package_templates, package_translations
from notifier.compose import Occasion, digest_of
from notifier.mail import DigestMail
from notifier.model import Form, Health

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://news.example.org"
OPENED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
_TEXT = (
    "<p>From Monday the ferry to the island leaves at seven in the morning and at six in the "
    'evening, <a href="https://x.test/timetable">as the new timetable says</a>. Bicycles travel '
    "free on weekdays; on Sundays there is room for twelve.</p>"
)
TITLES = [
    "The winter timetable of the island ferry begins on Monday",
    "Fog on the quay: three sailings were cancelled",
    "Harbour board looks for two volunteers with a boat",
    "The new crane arrives",
    "Minutes of the meeting of 12 November",
    "Swimming in the outer harbour is allowed again, but not at night",
    "Quay 4 closed for repairs until the end of the year",
]


def item(
    number: int,
    title: str = "",
    summary: str = _TEXT,
    withdrawn: datetime | None = None,
    files: tuple[Attachment, ...] = (),
) -> Item:
    """An item of some day of the week before."""
    content = Content(
        title=title or TITLES[number % len(TITLES)],
        url=f"https://x.test/notices/{number}",
        when=When(date(2026, 11, 22) - timedelta(days=number // 3)),
        summary_html=summary,
        author="Harbour office" if number % 3 == 0 else "",
        attachments=files,
    )
    return Item(
        id=f"tag:example.org,2026:harbour/{number}",
        token=f"t{number}",
        bulletin="harbour",
        number=number,
        changed=number,
        content=content,
        published=OPENED,
        updated=OPENED,
        first_seen=OPENED,
        withdrawn=withdrawn,
    )


PICTURE = (
    '<p><img src="https://x.test/crane.png" alt="The crane on its ship" width="900" height="300">'
    "</p><blockquote><p>It is larger than we thought.</p></blockquote><ul><li>40 metres</li>"
    "<li>12 tonnes</li></ul>"
)
FILES = (
    Attachment(url="https://x.test/timetable.pdf", title="The timetable", size=3_400_000),
    Attachment(url="https://x.test/" + "plan_of_the_quay_" * 9 + ".pdf"),
)
WIDE = (
    '<table width="900"><tr>'
    + "".join(f"<th>Column {n}</th>" for n in range(9))
    + "</tr><tr>"
    + "".join(f"<td>{n * 1_234_567}</td>" for n in range(9))
    + "</tr></table><pre>"
    + "a long line of code that does not break by itself " * 4
    + "</pre><p>https://x.test/"
    + "very-long-address" * 12
    + "</p>"
)
KINDS: dict[str, list[Item]] = {
    "one": [item(1)],
    "some": [item(number) for number in range(4)],
    "many": [item(number) for number in range(40)],
    "titles only": [item(number, summary="") for number in range(12)],
    "pictures": [item(0, summary=PICTURE), item(1, "", PICTURE), item(2)],
    "files": [item(0, files=FILES), item(1), item(2, summary="", files=FILES[:1])],
    "wide": [item(0, "Tonnage" * 12, WIDE), item(1)],
    "pictures only": [
        item(n, summary='<p><img src="https://x.test/p.png" alt="A picture"></p>') for n in range(3)
    ],
    "withdrawn": [item(0, withdrawn=OPENED), item(1)],
    "shouting": [item(0, "IMPORTANT NOTICE: QUAY CLOSED!!!"), item(1, "Fees rise by 100 %")],
    "letters": [item(0, "港の知らせ", "<p>霧のため欠航しました。</p>"), item(1, "Žluťoučký kůň")],
    "overflowing": [item(number) for number in range(3000)],
}


def mail(  # noqa: PLR0913 - one for each thing that a mail depends on
    items: list[Item],
    *,
    language: str = "en",
    form: Form = Form.HTML,
    is_corrected: bool = False,
    number: int = 7,
    title: str = "Harbour news",
    bounce: str = "b@bounce.example.org",
    spoken: str = "en",
    translations: tuple[Path, ...] = (),
) -> bytes:
    """The mail of a digest to one reader."""
    corrected = item(99, "The ferry leaves at seven")
    former = Content(
        title="The ferry leaves at eight", url=corrected.content.url, when=corrected.content.when
    )
    digest = digest_of(
        items,
        BulletinSettings(slug="harbour", title=title, language=spoken),
        base_url=BASE,
        occasion=Occasion(
            number=number,
            language=language,
            is_public=number % 2 == 1,
            health=Health(read=OPENED - timedelta(minutes=2), good=167, all=168),
        ),
        corrected=[(corrected, former)] if is_corrected else [],
    )
    return DigestMail(
        digest,
        settings=MailSettings(sender="news@example.org", bounce=bounce),
        base_url=BASE,
        renderer=Renderer(
            package_templates("notifier"),
            translations=(*translations, package_translations("notifier")),
        ),
        form=form,
    ).for_recipient(
        address="ann@example.net",
        unsubscribe_url=f"{BASE}/unsubscribe/2aB9kQz0LmXw4TtY7uVhNe",
        preferences_url=f"{BASE}/preferences/2aB9kQz0LmXw4TtY7uVhNe",
        unsubscribe_mailbox="b+0a1b2c3d4e5f6g7h8i9j0k1l2@bounce.example.org" if bounce else "",
        message_id="<e7.2f9c01d4aa17e3b5c6d7e8f9@example.org>",
        sent_at=OPENED,
    )
