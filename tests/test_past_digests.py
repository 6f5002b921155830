"""Past digests: each can be read again on the web, followed as a feed, and sent as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import feedparser
import pytest
from worlds import Clock

from config.load import load
from feeds.filters import ItemFilter
from notifier.model import Form, Rule
from tidings.app import open_app
from tidings.work import tick

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

FIRST = "1 November 2026\nThe lighthouse opens on Sundays\n"
SECOND = "2 November 2026\nThe ferry leaves at eight\n\n"
THIRD = "3 November 2026\nFog on the quay\n\n"


@dataclass
class Installation:
    """One bulletin whose mails are written to disk."""

    folder: Path
    database: str
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Configure it and read it once."""
        config = self.folder / "tidings.toml"
        config.write_text(
            f"""
            [store]
            database = "{self.database}"
            [site]
            base_url = "https://news.example.org"
            [mail]
            sender = "News <news@example.org>"
            [bulletins.harbour]
            title = "Harbour news"
            [bulletins.harbour.sources.main]
            file = "news.txt"
            every = "1h"
            """
        )
        self.config = config
        self.settings = load(config, {})
        self.tick(FIRST)

    def tick(self, page: str, **later: float) -> None:
        """Let the page say something, and do what is due an hour later."""
        (self.folder / "news.txt").write_text(page)
        self.clock.forward(**(later or {"hours": 1, "minutes": 1}))
        with open_app(self.settings, clock=self.clock) as app:
            tick(app, lambda: False)

    def subscribe(self, address: str, language: str = "en", **given: object) -> None:
        """Somebody wants all at once."""
        with open_app(self.settings, clock=self.clock) as app:
            app.subscribers.subscribe(
                address,
                "harbour",
                cadence="instant",
                time_zone=ZoneInfo("UTC"),
                language=language,
                now=self.clock(),
                **given,  # type: ignore[arg-type]
            )

    def mails(self) -> dict[str, bytes]:
        """What was sent, by recipient; the last one of each."""
        found = {}
        for path in sorted((self.folder / "data" / "mails").glob("*.eml")):
            mail = path.read_bytes()
            found[str(read(mail)["To"])] = mail
        return found

    def published(self) -> dict[str, bytes]:
        """The documents of past digests."""
        digests = self.folder / "public" / "harbour" / "digests"
        return {
            path.name: path.read_bytes()
            for path in digests.glob("*")
            if path.suffix in {".html", ".xml", ".json"} and not path.name.startswith(".")
        }


def read(mail: bytes) -> EmailMessage:
    """Parse it."""
    return message_from_bytes(mail, policy=policy.default)


def without_recipient(mail: bytes) -> bytes:
    """A mail without the lines that are a recipient's own."""
    mail = re.sub(rb"(?m)^(To|Message-ID|Date): .*\r\n", b"", mail)
    return re.sub(rb"/(unsubscribe|preferences)/[A-Za-z0-9]+", rb"/\1/", mail)


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Installation:
    """An installation that has read its page once, with a reader."""
    made = Installation(tmp_path, database_url)
    made.subscribe("ann@example.org")
    return made


def test_a_digest_has_a_page_before_its_mail_leads_to_it(installation: Installation) -> None:
    """And stands in a list and a feed, under the address that the mail names."""
    installation.tick(SECOND + FIRST)
    installation.tick(THIRD + SECOND + FIRST)
    mail = read(installation.mails()["ann@example.org"])
    published = installation.published()
    feeds = [feedparser.parse(published[name]) for name in ("rss.xml", "atom.xml")]

    assert mail["Archived-At"] == "<https://news.example.org/harbour/digests/2.html>"
    assert mail["List-Archive"] == "<https://news.example.org/harbour/digests/>"
    assert set(published) == {
        *("1.html", "2.html", "index.html", "rss.xml", "atom.xml", "feed.json")
    }
    assert "Fog on the quay" in published["2.html"].decode()
    assert "The ferry leaves" not in published["2.html"].decode()
    assert b'href="2.html"' in published["index.html"]
    for feed in feeds:
        assert not feed.bozo
        assert [(entry.title, entry.link) for entry in feed.entries] == [
            (mail["Subject"], "https://news.example.org/harbour/digests/2.html"),
            (feed.entries[1].title, "https://news.example.org/harbour/digests/1.html"),
        ]
    page = installation.folder / "public" / "harbour" / "index.html"
    assert b'<a href="digests/">' in page.read_bytes()


def test_nothing_is_written_again(installation: Installation) -> None:
    """Documents keep their time of change when nothing of them changed."""
    installation.tick(SECOND + FIRST)
    folder = installation.folder / "public" / "harbour" / "digests"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    installation.tick(SECOND + FIRST)

    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_what_a_filter_took_is_published_nowhere(installation: Installation) -> None:
    """It would tell what somebody filters."""
    with open_app(installation.settings, clock=installation.clock) as app:
        app.subscribers.subscribe(
            "ann@example.org",
            "harbour",
            rules=(Rule(cadence="instant", wanted=ItemFilter(words=("ferry",))),),
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=installation.clock(),
        )
    installation.tick(SECOND + FIRST)
    mail = read(installation.mails()["ann@example.org"])

    assert mail["Archived-At"] is None
    assert mail["List-Archive"] == "<https://news.example.org/harbour/>"
    assert installation.published() == {}


def test_one_content_in_several_languages_is_listed_once(installation: Installation) -> None:
    """Each has its page, in its language."""
    installation.subscribe("ana@example.org", language="es")
    installation.subscribe("bo@example.org", form=Form.TEXT)
    installation.tick(SECOND + FIRST)
    published = installation.published()

    assert {"1.html", "2.html", "3.html"} <= set(published)
    assert len(feedparser.parse(published["atom.xml"]).entries) == 1
    assert {
        re.search(rb'<html lang="(\w+)"', published[f"{number}.html"])[1]  # type: ignore[index]
        for number in (1, 2, 3)
    } == {b"en", b"es"}


def test_what_is_forgotten_leaves_the_pages_of_digests(installation: Installation) -> None:
    """An operator took it away, whatever was mailed; what is withdrawn is marked."""
    installation.tick(THIRD + SECOND + FIRST)
    with open_app(installation.settings, clock=installation.clock) as app:
        by_title = {item.content.title: item for item in app.items.latest("harbour", 10)}
        app.item_admin.forget(by_title["Fog on the quay"], now=installation.clock())
        app.item_admin.withdraw(by_title["The ferry leaves at eight"], now=installation.clock())
    installation.tick(THIRD + SECOND + FIRST)
    page = installation.published()["1.html"].decode()

    assert "Fog on the quay" not in page
    assert "[Withdrawn]" in re.sub("<[^>]+>", "", page)


@pytest.mark.parametrize("form", Form)
def test_an_edition_is_written_again_as_it_was_sent(installation: Installation, form: Form) -> None:
    """The same bytes, but for the lines of its recipient, whatever came since."""
    from tidings.mailing import replayed_mail

    installation.subscribe("ben@example.org", language="fr", form=form)
    installation.tick(SECOND + FIRST)
    sent = installation.mails()["ben@example.org"]
    number = int(re.search(rb"Feedback-ID: harbour-(\d+):", sent)[1])  # type: ignore[index]
    installation.tick(THIRD + SECOND.replace("eight", "nine") + FIRST)
    with open_app(installation.settings, clock=installation.clock) as app:
        item = app.items.latest("harbour", 10)[-2]
        app.item_admin.withdraw(item, now=installation.clock())
    installation.clock.forward(days=30)
    again = []
    for _ in range(2):
        with open_app(installation.settings, clock=installation.clock) as app:
            mail = replayed_mail(app, app.bulletin("harbour"), number, "ben@example.org")
            assert mail is not None
            again.append(mail)

    assert again[0] == again[1]
    assert without_recipient(again[0]) == without_recipient(sent)
    assert read(again[0])["Date"] == read(sent)["Date"]
    assert "at eight" in str(read(again[0]))
