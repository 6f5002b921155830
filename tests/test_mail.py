"""Items become a digest, and a digest the bytes of a mail that every receiver can read."""

from __future__ import annotations

import email
import re
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser
from worlds import NOON

from config.settings import BulletinSettings, MailSettings
from feeds.model import Content, Item, When
from feeds.render import Renderer, TemplateError, package_templates
from notifier.compose import Occasion, digest_of, shortened
from notifier.mail import DigestMail
from notifier.model import Digest, DigestItem, Form

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = package_templates("notifier")
BASE = "https://tidings.example.org"
WAY_OUT = f"{BASE}/unsubscribe/abc"
WISHES = f"{BASE}/preferences/abc"
# Receivers clip what is longer than 100 KB; some earlier.
CLIPPED = 80_000
LONG_BASE = "https://" + "a-very-long-name-of-a-host." * 5 + "example.org/under/a/path"


def _item(number: int, title: str = "", summary: str = "", url: str = "") -> Item:
    return Item(
        id=f"tag:example.org,2026:harbour/{number}",
        token=f"t{number}",
        bulletin="harbour",
        number=number,
        changed=number,
        content=Content(
            title=title or f"Title {number}",
            url=url,
            when=When(date(2026, 11, 23)),
            summary_html=summary,
        ),
        published=NOON,
        updated=NOON,
        first_seen=NOON,
    )


def _digest(*items: Item, title: str = "Harbour", language: str = "en") -> Digest:
    bulletin = BulletinSettings(slug="harbour", title=title, language=language)
    return digest_of(items, bulletin, base_url=BASE, occasion=Occasion(number=7))


def _mail(  # noqa: PLR0913 - one for each thing that a mail depends on
    digest: Digest,
    *,
    settings: MailSettings | None = None,
    renderer: Renderer | None = None,
    form: Form = Form.HTML,
    address: str = "ann@example.org",
    unsubscribe_url: str = WAY_OUT,
    message_id: str = "<7.1@example.org>",
    sent_at: datetime = NOON,
) -> bytes:
    mail = DigestMail(
        digest,
        settings=settings or MailSettings(sender="Tidings <tidings@example.org>"),
        base_url=BASE,
        renderer=renderer or Renderer(TEMPLATES),
        form=form,
    )
    return mail.for_recipient(
        address=address,
        unsubscribe_url=unsubscribe_url,
        preferences_url=WISHES,
        message_id=message_id,
        sent_at=sent_at,
    )


def _read(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def _body(mail: bytes, kind: str) -> str:
    part = _read(mail).get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _links(mail: bytes) -> list[str]:
    nodes = LexborHTMLParser(_body(mail, "html")).css("a")
    return [node.attributes["href"] or "" for node in nodes]


def test_a_digest_keeps_the_order_of_its_items() -> None:
    """What is shown is what was given, with absolute links."""
    digest = _digest(_item(2), _item(1, url="https://example.org/one"), _item(3))

    assert [item.title for item in digest.items] == ["Title 2", "Title 1", "Title 3"]
    assert [item.url for item in digest.items] == [
        "https://tidings.example.org/harbour/items/t2.html",
        "https://example.org/one",
        "https://tidings.example.org/harbour/items/t3.html",
    ]
    assert (digest.more, digest.page_url) == (0, "https://tidings.example.org/harbour/")


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(("new", "again"), [(1, 400), (900, 3)])
def test_corrections_that_find_no_room_are_counted(form: Form, new: int, again: int) -> None:
    """By the estimate, and by the mail that was measured; the rest stands on the web."""
    former = Content(title="Before", when=When(date(2026, 11, 23)))
    digest = digest_of(
        [_item(number) for number in range(new)],
        BulletinSettings(slug="harbour", title="Harbour"),
        base_url=BASE,
        occasion=Occasion(number=7),
        corrected=[(_item(1000 + number), former) for number in range(again)],
    )
    cut = shortened(shortened(digest, 0.9), 0.9)
    mail = _mail(digest, form=form)

    assert len(digest.corrected) + digest.more_corrected == again
    assert len(cut.corrected) + cut.more_corrected == again
    assert f"And {digest.more_corrected} more on the web" in _body(
        mail, "html" if form is Form.HTML else "plain"
    )
    assert len(mail) <= CLIPPED


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Short", ""),
        ("Long", "<p>" + "word " * 400 + "</p>"),
        ("Новости", "<p>" + "слово " * 400 + "</p>"),
        ("消息", "<p>" + "新闻" * 400 + "</p>"),
        ("Signs & signs < signs =", "<p>" + "&amp; = " * 400 + "</p>"),
        ("Links", '<p><a href="https://example.org/?a=1">x</a></p>' * 60),
        ("Headings", "<h2>x</h2>" * 300),
        ("Pictures", '<img src="https://example.org/x.png" alt="">' * 100),
        ("Lines", "<p>" + "<br>\n" * 400 + "</p>"),
        ("t" * 2000, ""),
    ],
)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_mail_is_never_clipped(title: str, summary: str, language: str) -> None:
    """Of 500 items as many are shown as fit, and the others are counted."""
    digest = _digest(*(_item(number, title, summary) for number in range(500)), language=language)
    mail = _mail(digest)

    assert len(mail) <= CLIPPED
    assert len(digest.items) >= 8
    assert len(digest.items) + digest.more == 500
    assert f"And {digest.more} more" in _body(mail, "plain")
    assert f"And {digest.more} more" in _body(mail, "html")


def test_a_mail_is_filled() -> None:
    """Room is not given away: a hundred items with a title have it."""
    digest = _digest(*(_item(number) for number in range(100)))

    assert (len(digest.items), digest.more) == (100, 0)


def test_an_item_that_is_too_long_is_shown_without_its_summary() -> None:
    """Its link is what counts, and the others keep theirs."""
    long = _item(2, summary="<p>" + "word " * 100_000 + "</p>")
    digest = _digest(_item(1, summary="<p>a</p>"), long, _item(3, summary="<p>c</p>"))

    assert [item.summary_html for item in digest.items] == ["<p>a</p>", "", "<p>c</p>"]
    assert [item.summary_text.strip() for item in digest.items] == ["a", "", "c"]
    assert digest.more == 0


def test_a_digest_shows_one_item_at_least() -> None:
    """Even one that nothing can make short; and a title that nobody reads to its end ends."""
    digest = _digest(_item(1, "t" * 200_000, "<p>" + "x" * 5_000_000 + "</p>"), _item(2))

    assert [(len(item.title), item.summary_html) for item in digest.items] == [(1000, ""), (7, "")]
    assert len(_mail(digest)) <= CLIPPED


@pytest.mark.parametrize("form", Form)
def test_ten_thousand_items_are_counted(form: Form) -> None:
    """As many are shown as fit, and the others stand on the web."""
    digest = _digest(*(_item(number) for number in range(10_000)))
    mail = _mail(digest, form=form)

    assert len(mail) <= CLIPPED
    assert len(digest.items) + digest.more == digest.count == 10_000
    assert f"And {digest.more} more on the web: {BASE}/harbour/" in _body(mail, "plain")


def test_a_template_that_makes_too_much_of_items_gets_fewer(tmp_path: Path) -> None:
    """What was estimated for our templates is measured for all."""
    (tmp_path / "digest").mkdir()
    (tmp_path / "digest" / "body.txt").write_text(
        "{% for item in digest.items %}{{ item.title * 100 }}\n{% endfor %}{{ digest.more }}"
    )
    mail = _mail(
        _digest(*(_item(number) for number in range(500))),
        renderer=Renderer(TEMPLATES, foreign=tmp_path),
    )
    *titles, more = _body(mail, "plain").splitlines()

    assert len(mail) <= CLIPPED
    assert len(titles) > 10
    assert len(titles) + int(more) == 500


def test_the_headers_of_a_digest() -> None:
    """Receivers know who wrote, to which list, and how to leave it."""
    settings = MailSettings(
        sender='"The Tidings, Ltd" <tidings@example.org>', reply_to="a@b.example"
    )
    message = _read(_mail(_digest(_item(1), _item(2)), settings=settings))

    assert list(message.items()) == [
        ("Date", "Mon, 23 Nov 2026 12:00:00 +0000"),
        ("From", '"The Tidings, Ltd" <tidings@example.org>'),
        ("Reply-To", "a@b.example"),
        ("To", "ann@example.org"),
        ("Subject", "Harbour: 2 new items, 23 Nov"),
        ("Message-ID", "<7.1@example.org>"),
        ("List-Id", "Harbour <harbour.example.org>"),
        ("List-Unsubscribe", "<https://tidings.example.org/unsubscribe/abc>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Help", "<https://tidings.example.org/preferences/abc>"),
        ("List-Subscribe", "<https://tidings.example.org/subscribe/harbour>"),
        ("List-Post", "NO"),
        ("List-Archive", "<https://tidings.example.org/harbour/>"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Feedback-ID", "harbour-7:harbour:digest:exampleorg"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/alternative; boundary="=_tidings_52301449f2d5c1e53529b1b0"'),
    ]


def test_a_sender_without_a_name_has_the_bulletins() -> None:
    """Whatever signs it has."""
    settings = MailSettings(sender="tidings@example.org")
    message = _read(_mail(_digest(_item(1), title='Häfen, "Kais"\r\n& mehr'), settings=settings))

    assert message["From"].addresses[0].display_name == 'Häfen, "Kais" & mehr'
    assert message["From"].addresses[0].addr_spec == "tidings@example.org"


@pytest.mark.parametrize("url", [WAY_OUT, f"{LONG_BASE}/unsubscribe/{'x' * 43}"])
def test_the_way_out_is_one_line(url: str) -> None:
    """Receivers that look for it do not unfold (RFC 8058)."""
    head, _, _ = _mail(_digest(_item(1)), unsubscribe_url=url).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")

    assert lines.count(f"List-Unsubscribe: <{url}>".encode()) == 1
    assert lines.count(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click") == 1


@pytest.mark.parametrize("padding", range(0, 78, 7))
@pytest.mark.parametrize(
    "url",
    [
        WAY_OUT,
        f"{BASE}/out?a=1&b=2&copy=3#=20",
        f"{BASE}/out?lt;&gt=3D=",
        f"{LONG_BASE}/unsubscribe/{'x' * 43}",
        f"{BASE}/{'=' * 500}",
    ],
)
def test_both_parts_hold_the_way_out_exactly(url: str, padding: int) -> None:
    """Wherever the lines of the encoding break."""
    mail = _mail(_digest(_item(1), title="x" * padding + "y"), unsubscribe_url=url)

    assert _body(mail, "plain").splitlines()[-1] == f"Unsubscribe: {url}"
    assert _links(mail).count(url) == 1
    assert "unsubscribe.invalid" not in _body(mail, "plain") + _body(mail, "html")


@pytest.mark.parametrize(
    "url",
    ["https://example.org/?a=1&b=2#c=3", f"{LONG_BASE}/{'path/' * 50}", "https://bücher.example/ä"],
)
@pytest.mark.parametrize(
    "title", ["Plain", "A = B & C? <b>", "Žluťoučký kůň", "港 " * 60, "x" * 990]
)
def test_both_parts_hold_every_title_and_link_exactly(title: str, url: str) -> None:
    """A reader of text misses nothing."""
    mail = _mail(_digest(_item(1, title, "<p>About it.</p>", url), _item(2)))
    text = _body(mail, "plain").splitlines()
    nodes = LexborHTMLParser(_body(mail, "html")).css("h3 a")

    assert {title.rstrip(), url, "About it.", "Title 2"} <= {line.rstrip() for line in text}
    assert [(node.text(), node.attributes["href"]) for node in nodes] == [
        (title, url),
        ("Title 2", "https://tidings.example.org/harbour/items/t2.html"),
    ]


def test_every_line_is_short_and_ends_rightly() -> None:
    """No line is over 998 bytes, none of a body over 76, and none ends with a bare CR or LF."""
    summary = "<p>" + "x" * 5000 + "</p>\r<p>a\nb\r\nc</p>"
    items = [_item(1, "t" * 3000, summary, f"https://example.org/{'u' * 2000}"), _item(2)]
    mail = _mail(_digest(*items), unsubscribe_url=f"{BASE}/{'=' * 900}")
    head, _, bodies = mail.partition(b"\r\n\r\n")

    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, bodies.split(b"\r\n"))) <= 76
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", mail) is None
    assert mail.isascii()


@pytest.mark.parametrize("lines", ["\n", "\r\n", "\r", "\r\n\r\n", "\u2028", "\x85", "\x0b"])
def test_no_title_makes_a_header(lines: str) -> None:
    """Line breaks in a title are spaces in the subject."""
    title = f"Harbour{lines}Bcc: eve@example.org"
    message = _read(_mail(_digest(_item(1, title), title=title)))

    assert message["Subject"] == "Harbour Bcc: eve@example.org: 1 new item, 23 Nov"
    assert message["Bcc"] is None
    assert len(message.items()) == 19


def test_a_hostile_title_is_text() -> None:
    """It runs nothing in the HTML part and stands as it is in the other."""
    title = '<b>Bold</b> "><script>alert(1)</script>'
    mail = _mail(_digest(_item(1, title), title=title))
    tree = LexborHTMLParser(_body(mail, "html"))

    assert (tree.css("b"), tree.css("script")) == ([], [])
    assert escape("<b>Bold</b>") in _body(mail, "html")
    assert title in _body(mail, "plain")


@pytest.mark.parametrize("title", ["Häfen und Küsten", "港の知らせ", "Žluťoučký kůň" * 30, "🚢"])
def test_a_subject_that_is_not_ascii(title: str) -> None:
    """It is encoded so that it is read as it was."""
    mail = _mail(_digest(_item(1), title=title))

    assert _read(mail)["Subject"] == f"{title}: 1 new item, 23 Nov"
    assert mail.isascii()


def test_an_address_that_is_not_ascii() -> None:
    """It is written in UTF-8 (RFC 6532)."""
    mail = _mail(_digest(_item(1)), address="jürgen@example.org")

    assert "\r\nTo: jürgen@example.org\r\n".encode() in mail


def test_the_same_digest_makes_the_same_bytes() -> None:
    """A second try is the same mail."""
    items = [_item(number, summary="<p>é</p>") for number in range(5)]

    assert _mail(_digest(*items)) == _mail(_digest(*items))


def test_recipients_differ_in_nothing_else() -> None:
    """Only To, Message-ID, Date and the way out are one's own."""
    ann = _mail(_digest(_item(1)))
    ben = _mail(
        _digest(_item(1)),
        address="ben@example.org",
        unsubscribe_url=f"{BASE}/unsubscribe/xyz",
        message_id="<7.2@example.org>",
        sent_at=datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC),
    )
    differing = [
        (mine, other)
        for mine, other in zip(ann.split(b"\r\n"), ben.split(b"\r\n"), strict=True)
        if mine != other
    ]

    assert differing == [
        (b"Date: Mon, 23 Nov 2026 12:00:00 +0000", b"Date: Mon, 23 Nov 2026 12:00:05 +0000"),
        (b"To: ann@example.org", b"To: ben@example.org"),
        (b"Message-ID: <7.1@example.org>", b"Message-ID: <7.2@example.org>"),
        (
            b"List-Unsubscribe: <https://tidings.example.org/unsubscribe/abc>",
            b"List-Unsubscribe: <https://tidings.example.org/unsubscribe/xyz>",
        ),
        *[
            (
                b"https://tidings.example.org/unsubscribe/abc=",
                b"https://tidings.example.org/unsubscribe/xyz=",
            )
        ]
        * 2,
    ]


def test_a_title_like_our_own_marks_changes_nothing() -> None:
    """Each recipient's own lines go where they belong, whatever the items say."""
    title = "tidings-recipient@invalid.invalid <tidings-message-id@invalid.invalid>"
    mail = _mail(_digest(_item(1, title)))

    assert _read(mail)["To"] == "ann@example.org"
    assert title in _body(mail, "plain")


def test_the_styles_stand_on_the_elements() -> None:
    """Many readers drop the style sheet; nothing is fetched to make it."""
    tree = LexborHTMLParser(_body(_mail(_digest(_item(1))), "html"))
    (title,) = tree.css("h3")

    assert "font-size: 20px" in (title.attributes["style"] or "")
    assert "prefers-color-scheme: dark" in _body(_mail(_digest(_item(1))), "html")


def test_an_operators_template_wins(tmp_path: Path) -> None:
    """Those that it does not replace are ours."""
    (tmp_path / "digest").mkdir()
    (tmp_path / "digest" / "subject.txt").write_text("News of {{ digest.title }}\n")
    mail = _mail(_digest(_item(1)), renderer=Renderer(TEMPLATES, foreign=tmp_path))

    assert _read(mail)["Subject"] == "News of Harbour"
    assert "Title 1" in _body(mail, "plain")


@pytest.mark.parametrize(
    ("name", "text", "line", "problem"),
    [
        ("subject.txt", "{{ digest.titel }}", 1, "has no attribute 'titel'"),
        ("body.txt", "one\ntwo\n{% for %}", 3, "Expected an expression"),
        ("body.html", "<p>\n{{ nothing }}</p>", 2, "'nothing' is undefined"),
        ("body.html", "<p>\n\n{{ digest.items.__class__.__base__ }}</p>", 3, "unsafe"),
    ],
)
def test_an_error_in_a_template_names_its_place(
    tmp_path: Path, name: str, text: str, line: int, problem: str
) -> None:
    """Who wrote it finds it, and no mail is made."""
    (tmp_path / "digest").mkdir()
    file = tmp_path / "digest" / name
    file.write_text(text)
    with pytest.raises(TemplateError) as caught:
        _mail(_digest(_item(1)), renderer=Renderer(TEMPLATES, foreign=tmp_path))

    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert problem in str(caught.value)


def test_an_item_in_another_language_says_so() -> None:
    """Its direction too, for an item from right to left."""
    item = DigestItem(
        id="1",
        title="מזג אוויר",
        url="https://example.org/1",
        day=None,
        summary_html="",
        summary_text="",
        language="he",
    )
    digest = Digest(
        bulletin="harbour", title="Harbour", page_url=BASE, language="en", number=1, items=(item,)
    )
    (cell,) = LexborHTMLParser(_body(_mail(digest), "html")).css(".day div")

    assert (cell.attributes["lang"], cell.attributes["dir"]) == ("he", "rtl")
