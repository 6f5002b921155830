"""The raw headers of a digest, by the letters that receivers go by."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import MailSettings
from feeds.render import Renderer, package_templates, package_translations
from notifier.mail import DigestMail
from notifier.mail_headers import feedback_id, list_id, uri
from notifier.model import Digest, DigestItem

if TYPE_CHECKING:
    from email.message import EmailMessage

LONG_URL = "https://news.example.org/" + "long/" * 60
# 23 November 2026, 12:00:03 UTC.
SENT_AT = datetime(2026, 11, 23, 12, 0, 3, tzinfo=UTC)
RENDERER = Renderer(package_templates("notifier"), translations=(package_translations("notifier"),))
HOSTILE = [
    "Harbour",
    'Häfen, "Kais" & <b>mehr</b>',
    "港の知らせ" * 60,
    "x" * 3000,
    "a\r\nBcc: eve@example.org\r\n\r\nbody",
    "a\x00\x0b\x1b[31m\u202e\u2028b",
    "=?utf-8?q?Bcc=3A_eve?= <list.evil.example>",
    "(comment) @ <[unclosed",
    " ",
]


def digest(title: str = "Harbour", item: str = "Ferry", language: str = "en") -> Digest:
    """A digest of one item, which has a page of its own."""
    shown = DigestItem(
        id="1", title=item, url="https://x.test/", day=None, summary_html="", summary_text=""
    )
    return Digest(
        bulletin="harbour",
        title=title,
        page_url="https://news.example.org/harbour/",
        language=language,
        number=7,
        items=(shown,),
        own_url="https://news.example.org/harbour/digests/7.html",
        archive_url="https://news.example.org/harbour/digests/",
        subscribe_url="https://news.example.org/subscribe/harbour",
        days=(date(2026, 11, 16), date(2026, 11, 22)),
    )


def written(shown: Digest, *, bounce: str = "b@bounce.example.org", way_out: str = "") -> bytes:
    """The bytes of its mail."""
    mail = DigestMail(
        shown,
        settings=MailSettings(sender="news@example.org", reply_to="ed@example.org", bounce=bounce),
        base_url="https://news.example.org",
        renderer=RENDERER,
    )
    return mail.for_recipient(
        address="ann@example.net",
        unsubscribe_url=way_out or "https://news.example.org/unsubscribe/abc",
        preferences_url="https://news.example.org/preferences/abc",
        unsubscribe_mailbox="b+0a1b2c@bounce.example.org",
        message_id="<e7.0123456789abcdef@example.org>",
        sent_at=SENT_AT,
    )


def raw(mail: bytes) -> dict[bytes, list[bytes]]:
    """The headers as they stand, unfolded as RFC 5322 says, by their names in small letters."""
    head = mail.partition(b"\r\n\r\n")[0]
    found: dict[bytes, list[bytes]] = {}
    for line in re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        found.setdefault(name.lower(), []).append(value.strip())
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Date", "Mon, 23 Nov 2026 12:00:03 +0000"),
        ("From", "Harbour <news@example.org>"),
        ("To", "ann@example.net"),
        ("Reply-To", "ed@example.org"),
        ("Subject", "Harbour: 1 new item, =?utf-8?q?16=E2=80=9322?= Nov"),
        ("Message-ID", "<e7.0123456789abcdef@example.org>"),
        ("MIME-Version", "1.0"),
        ("List-Id", "Harbour <harbour.example.org>"),
        (
            "List-Unsubscribe",
            (
                "<https://news.example.org/unsubscribe/abc>,"
                " <mailto:b+0a1b2c@bounce.example.org?subject=unsubscribe>"
            ),
        ),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Help", "<https://news.example.org/preferences/abc>"),
        ("List-Subscribe", "<https://news.example.org/subscribe/harbour>"),
        ("List-Post", "NO"),
        ("List-Archive", "<https://news.example.org/harbour/digests/>"),
        ("Archived-At", "<https://news.example.org/harbour/digests/7.html>"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Feedback-ID", "harbour-7:harbour:digest:exampleorg"),
        ("Content-Language", "en"),
    ],
)
def test_each_header_is_there_once_and_by_its_letters(name: str, value: str) -> None:
    """Receivers that look for one neither decode nor guess."""
    found = raw(written(digest()))

    assert found.get(name.lower().encode()) == [value.encode()]


def test_nothing_is_promised_by_mail_where_nobody_reads_it() -> None:
    """Without a mailbox for bounces the page alone is the way out."""
    found = raw(written(digest(), bounce=""))

    assert found[b"list-unsubscribe"] == [b"<https://news.example.org/unsubscribe/abc>"]


def test_an_edition_that_is_no_page_has_no_address() -> None:
    """What somebody's filter took is published nowhere."""
    found = raw(
        written(
            Digest(
                bulletin="harbour",
                title="Harbour",
                page_url="https://news.example.org/harbour/",
                language="en",
                number=7,
                items=digest().items,
                archive_url="https://news.example.org/harbour/",
            )
        )
    )

    assert b"archived-at" not in found
    assert found[b"list-archive"] == [b"<https://news.example.org/harbour/>"]


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("language", ["en", "es", "fr", "pt", "he"])
def test_every_line_is_as_long_as_a_line_may_be(title: str, language: str) -> None:
    """998 bytes at most, and 78 but for addresses, which nothing may break; all of it is ASCII."""
    mail = written(digest(title, title, language), way_out=LONG_URL)
    lines = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    long = [line for line in lines if len(line) > 78]

    assert mail.isascii()
    assert max(map(len, lines)) <= 998
    assert [line for line in long if not re.search(rb"https?://|^List-Id", line)] == []
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", mail) is None
    assert f"List-Unsubscribe: <{LONG_URL}>,".encode() in lines


@given(st.text(max_size=300), st.text(max_size=300))
@settings(deadline=None, max_examples=60)
def test_no_text_makes_a_header(title: str, item: str) -> None:
    """Whatever a source writes, the headers are those of a digest, each once."""
    found = raw(written(digest(title, item)))

    assert set(found) == set(raw(written(digest())))
    assert {len(values) for values in found.values()} == {1}
    assert found[b"to"] == [b"ann@example.net"]
    assert found[b"list-id"][0].endswith(b"<harbour.example.org>")


@pytest.mark.parametrize("title", HOSTILE)
def test_a_list_has_a_name_for_people_and_one_for_filters(title: str) -> None:
    """The one is read as it was meant, the other is always the same, together 255 octets."""
    value = list_id(title, "harbour", "example.org")
    read: EmailMessage = message_from_bytes(
        f"From: {value.replace('<harbour.', '<harbour@')}\r\n\r\n".encode(),
        policy=policy.default,
    )
    name = read["From"].addresses[0].display_name

    assert len(value.replace("\r\n", "").encode()) <= 255
    assert value.endswith("<harbour.example.org>")
    assert name.rstrip("…") == " ".join(title.split())[: len(name.rstrip("…"))] or "\x00" in title


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        ("example.org", "exampleorg"),
        ("a.de", "tidingsade"),
        ("a-very.long-name.of-a.host.example", "averylongnameof"),
    ],
)
def test_gmail_counts_complaints_by_a_sender(domain: str, sender: str) -> None:
    """Of 5 to 15 characters, the same for all mails, and nothing of a recipient."""
    assert feedback_id(digest(), domain) == f"harbour-7:harbour:digest:{sender}"


@pytest.mark.parametrize(
    ("address", "written_as"),
    [
        ("https://news.example.org/a%20b?c=d&e", "https://news.example.org/a%20b?c=d&e"),
        ("https://bücher.example:8080/ä>", "https://xn--bcher-kva.example:8080/%C3%A4%3E"),
        ("https://x.test/a b\r\nBcc: c", "https://x.test/a%20bBcc:%20c"),
    ],
)
def test_an_address_is_written_in_ascii(address: str, written_as: str) -> None:
    """And none ends before its end."""
    assert uri(address) == written_as
