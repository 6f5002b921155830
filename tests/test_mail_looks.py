"""How mails look in a real browser, as far as a machine can tell: everybody can read all of them.

Width, contrast, languages and directions, pictures that do not come, and a style sheet that a
mailbox has dropped. What only eyes can tell was looked at when the templates were written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from browser import chromium
from digests import KINDS, item, mail
from programs import node_package

from config.settings import BulletinSettings, MailSettings
from feeds.render import Renderer, package_templates, package_translations
from notifier.notice import notice_mail
from notifier.notice_store import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ARABIC = [
    item(0, "إغلاق الجسر المتحرك حتى يوم الجمعة", "<p>يبقى الجسر مغلقا أمام السيارات.</p>"),
    item(1, "جدول العبارات", "<blockquote><p>تغادر كل أربعين دقيقة.</p></blockquote>"),
]
CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Unsubscribe"
msgstr "إلغاء الاشتراك"
"""
# The rules of WCAG, not those that are for whole sites.
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"
WIDTHS = (320, 800)


def _notice(kind: str) -> bytes:
    notice = Notice(
        id=1,
        kind=kind,
        address="ann@example.net",
        bulletin="harbour",
        language="es",
        token="2aB9kQz0LmXw4TtY7uVhNe",
        message_id="<n1.2f9c01d4@example.org>",
        attempts=1,
        doubts=0,
        lease=1,
        created=NOW,
    )
    return notice_mail(
        notice,
        BulletinSettings(slug="harbour", title="Harbour news " * 9),
        settings=MailSettings(sender="news@example.org"),
        base_url="https://news.example.org",
        renderer=Renderer(
            package_templates("notifier"), translations=(package_translations("notifier"),)
        ),
        sent_at=NOW,
    )


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The HTML of each kind of mail, out of the whole mails."""
    folder: Path = tmp_path_factory.mktemp("translations")
    (folder / "ar" / "LC_MESSAGES").mkdir(parents=True)
    (folder / "ar" / "LC_MESSAGES" / "tidings.po").write_text(CATALOGUE)
    right_to_left = mail(
        ARABIC, language="ar", title="أخبار الميناء", spoken="ar", translations=(folder,)
    )
    whole = {
        "contents": mail(KINDS["many"][:9], language="fr"),
        "corrected and withdrawn": mail(KINDS["withdrawn"], is_corrected=True),
        "overflowing": mail([item(n, summary="<p>x</p>" * 4_000) for n in range(5)]),
        "pictures": mail(KINDS["pictures"], number=8),
        "files": mail(KINDS["files"], language="pt"),
        "wide": mail(KINDS["wide"]),
        "right to left": right_to_left,
        "both directions": mail(ARABIC, title="أخبار الميناء", spoken="ar"),
        **{kind: _notice(kind) for kind in ("confirm", "welcome")},
    }
    return {name: _html(one) for name, one in whole.items()}


def _html(whole: bytes) -> str:
    part = message_from_bytes(whole, policy=policy.default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of them."""
    with chromium(tests="how our mails look") as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page to which no picture comes."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", _refuse)
    yield page
    context.close()


def _refuse(route: Route) -> None:
    route.abort()


def _width(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 800})
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_every_mail_can_be_read_by_everybody(mails: dict[str, str], page: Page) -> None:
    """In light and dark: nothing that axe complains of, and no scrolling sideways at any width."""
    axe = node_package("axe-core", tests="whether our mails can be read by everybody")
    script = (axe / "axe.min.js").read_text()
    wrong: list[str] = []
    for name, html in mails.items():
        page.set_content(html)
        page.evaluate(script)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found = page.evaluate(
                f"axe.run({{runOnly: {RULES}, resultTypes: ['violations'], preload: false}})"
                ".then((result) => result.violations.map("
                "(one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3)))"
            )
            wrong += [f"{name} {scheme}: {one}" for one in found]
        wrong += [
            f"{name}: {wide} wide" for width in WIDTHS if (wide := _width(page, width)) > width
        ]

    assert wrong == []


def test_dark_mails_are_dark(mails: dict[str, str], page: Page) -> None:
    """The paper, and not only the words on it."""
    for html in mails.values():
        papers = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_content(html)
            papers.append(
                page.evaluate(
                    "['body', '.page', '.sheet'].map((name) =>"
                    "getComputedStyle(document.querySelector(name)).backgroundColor)"
                )
            )
        light, dark = papers
        assert set(light).isdisjoint(dark)
        assert all(int(tone) < 64 for paper in dark for tone in paper[4:-1].split(", "))


def test_nothing_is_lost_without_pictures(mails: dict[str, str], page: Page) -> None:
    """Each picture has words in its place, and all that is written can be seen."""
    page.set_content(mails["pictures"])
    words = page.evaluate("document.body.innerText")
    pictures = page.evaluate(
        "[...document.images].map((one) => [one.alt, one.getBoundingClientRect().height])"
    )

    assert [alt for alt, _ in pictures] == ["The crane on its ship"] * 2
    assert all(0 < height < 60 for _, height in pictures)
    for told in ("40 metres", "It is larger than we thought.", "Unsubscribe", "3 new items"):
        assert told in words


def test_a_mail_holds_where_its_style_sheet_is_dropped(mails: dict[str, str], page: Page) -> None:
    """As by some mailboxes on phones: what matters stands on the elements."""
    for name, html in mails.items():
        if name in {"pictures", "wide"}:
            continue  # these are the source's own widths
        before, _, rest = html.partition("<style>")
        page.set_content(before + rest.partition("</style>")[2])
        size = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.text')).fontSize)"
        )

        assert (name, _width(page, 320)) == (name, 320)
        assert size >= 16


def test_each_mail_says_its_language_and_direction(mails: dict[str, str], page: Page) -> None:
    """And each text in another one says so, too."""
    said = {}
    for name in ("right to left", "both directions", "confirm"):
        page.set_content(mails[name])
        said[name] = page.evaluate(
            "[document.documentElement, document.querySelector('h1')].map((one) =>"
            "[one.lang || one.closest('[lang]').lang, getComputedStyle(one).direction])"
        )

    assert said == {
        "right to left": [["ar", "rtl"], ["ar", "rtl"]],
        "both directions": [["en", "ltr"], ["ar", "rtl"]],
        "confirm": [["es", "ltr"], ["en", "ltr"]],
    }


def test_contents_lead_to_their_items(mails: dict[str, str], page: Page) -> None:
    """Each line to the heading of its words."""
    page.set_content(mails["contents"])
    pairs = page.evaluate(
        "[...document.querySelectorAll('ol a')].map((one) => [one.textContent, "
        "document.querySelector(one.getAttribute('href')).textContent.trim()])"
    )

    assert len(pairs) == 9
    assert all(line == heading for line, heading in pairs)
