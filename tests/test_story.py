"""The whole path of an item on real components, killed between every two stages of it.

A page over HTTP, a store on each database, feeds as a reader parses them, mail as a relay got it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import feedparser
import pytest
from origin import Origin, answer
from relay import Mailbox
from worlds import NOON, Clock

from config.load import load
from feeds.check import Word
from feeds.read import read
from tidings.app import open_app
from tidings.cli import CommandError
from tidings.held import settle_held
from tidings.reports import health_report
from tidings.work import Done, tick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.model import Reading


ROOT = Path(__file__).resolve().parent.parent
TICK_AT = Path(__file__).with_name("tick_at.py")

FIRST = """\
Harbour news

3 November 2026

Bridge closed for repairs

The swing bridge stays closed until Friday. Pedestrians take the ferry, free of charge.

3 November 2026

Ferry timetable for winter

From Monday the ferry leaves every forty minutes.

1 November 2026

New harbour master

Ines Ferreira takes office and begins with a survey of the moorings.

30 October 2026

Storm damage cleared

The eastern mole is open again to walkers and anglers.
"""
# Two items added, one summary corrected, two items of one day swapped.
SECOND = """\
Harbour news

9 November 2026

Lighthouse open to visitors

On Sundays the tower can be climbed, twelve people at a time.

6 November 2026

Dredging begins

Two dredgers deepen the inner basin to six metres.

3 November 2026

Ferry timetable for winter

From Monday the ferry leaves every forty minutes.

3 November 2026

Bridge closed for repairs

The swing bridge stays closed until Saturday. Pedestrians take the ferry, free of charge.

1 November 2026

New harbour master

Ines Ferreira takes office and begins with a survey of the moorings.

30 October 2026

Storm damage cleared

The eastern mole is open again to walkers and anglers.
"""
# The oldest has left the page, and one is new.
THIRD = SECOND.partition("30 October 2026")[0].replace(
    "Harbour news\n",
    "Harbour news\n\n12 November 2026\n\nFish market moves\n\nFrom Tuesday in hall three.\n",
)
# The oldest is back.
FOURTH = THIRD + SECOND[SECOND.index("30 October 2026") :]
HTML = {"Content-Type": "text/html; charset=utf-8"}
LOGIN = '<html><title>Login</title><form><input type="password"></form></html>'

BASELINE = {
    "Bridge closed for repairs",
    "Ferry timetable for winter",
    "New harbour master",
    "Storm damage cleared",
}
NEWS = {"Lighthouse open to visitors", "Dredging begins"}
LATER_NEWS = {"Fish market moves"}
READERS = ("ann@example.org", "bob@example.org")


@dataclass
class Story:
    """One installation: its page, its relay, its clock, and what people saw of it."""

    folder: Path
    origin: Origin
    relay: Mailbox
    database: str
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Configure it."""
        self.config = self.folder / "tidings.toml"
        self.config.write_text(
            f"""
            [store]
            database = "{self.database}"
            [site]
            base_url = "https://news.example.org"
            [mail]
            sender = "News <news@example.org>"
            host = "127.0.0.1"
            port = {self.relay.port}
            security = "none"
            [bulletins.harbour]
            title = "Harbour news"
            [bulletins.harbour.sources.main]
            url = "{self.origin.url("/news")}"
            every = "1h"
            """
        )
        self.settings = load(self.config, {})

    def page(self, text: str, *, etag: str = "", content_type: str = "text/plain") -> None:
        """Let the publisher publish."""
        headers = {"Content-Type": f"{content_type}; charset=utf-8"}
        if etag:
            headers["ETag"] = etag
        self.origin.says(answer(200, text.encode(), headers), path="/news")

    def tick(self) -> Done:
        """Do what is due."""
        with open_app(self.settings, clock=self.clock) as app:
            return tick(app, lambda: False)

    def subscribe(self) -> None:
        """Ann wants every item at once, Bob wants them daily."""
        with open_app(self.settings, clock=self.clock) as app:
            for address, cadence in zip(READERS, ("instant", "daily"), strict=True):
                app.subscribers.subscribe(
                    address,
                    "harbour",
                    cadence=cadence,
                    time_zone=ZoneInfo("UTC"),
                    language="en",
                    now=self.clock(),
                )

    def start(self, seam: str = "") -> subprocess.Popen[str]:
        """Start a tick in a process of its own, to be killed at the seam where one is named."""
        command = [sys.executable, str(TICK_AT), str(self.config), self.clock().isoformat()]
        return subprocess.Popen(  # noqa: S603 - our own program
            [*command, seam] if seam else command,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def feeds(self) -> list[list[tuple[str, str, str]]]:
        """Return id, title and link of the items of each feed, as readers parse them."""
        folder = self.folder / "public" / "harbour"
        parsed = [
            feedparser.parse((folder / name).read_bytes()) for name in ("rss.xml", "atom.xml")
        ]
        assert not any(feed.bozo for feed in parsed)
        found = [[(e.id, e.title, e.link) for e in feed.entries] for feed in parsed]
        document = json.loads((folder / "feed.json").read_bytes())
        found.append([(item["id"], item["title"], item["url"]) for item in document["items"]])
        return found

    def titles(self) -> set[str]:
        """Return the titles of the feeds, which agree and hold each item once."""
        rss, atom, json_feed = self.feeds()
        assert rss == atom == json_feed
        assert len({item_id for item_id, _, _ in rss}) == len(rss)
        titles = [title for _, title, _ in rss]
        assert len(set(titles)) == len(titles)
        return set(titles)

    def ids(self) -> dict[str, str]:
        """Return the id of each title."""
        return {title: item_id for item_id, title, _ in self.feeds()[0]}

    def mails(self, address: str) -> dict[str, str]:
        """Return the text of each different mail to an address, by Message-ID."""
        found: dict[str, str] = {}
        for message in self.relay.received:
            if message[1] == [address]:
                parsed = message_from_bytes(message[2], policy=policy.default)
                body = parsed.get_body(("plain",))
                assert body is not None
                text = str(body.get_content())
                # A copy after a lost answer is the same mail to the byte, its time apart.
                assert found.setdefault(str(parsed["Message-ID"]), text) == text
        return found

    def told(self, address: str) -> list[str]:
        """Return every known title as often as the mails to an address tell it."""
        everything = BASELINE | NEWS | LATER_NEWS
        texts = self.mails(address).values()
        return sorted(title for text in texts for title in everything if title in text)


@pytest.fixture
def story(tmp_path: Path, database_url: str) -> Iterator[Story]:
    """An installation that has read its page once, with two subscribers since."""
    with Origin() as origin, Mailbox() as relay:
        story = Story(tmp_path, origin, relay, database_url)
        story.page(FIRST)
        story.tick()
        story.subscribe()
        yield story


def test_the_first_reading_is_published_and_mailed_to_nobody(story: Story) -> None:
    """What stood there already is no news."""
    story.clock.forward(days=3)
    story.tick()

    assert story.titles() == BASELINE
    assert story.relay.received == []


def test_only_what_is_new_is_told_and_once(story: Story) -> None:
    """Two added, one corrected, two swapped: two new items, one revision, one mail of two."""
    before = story.ids()
    story.page(SECOND)
    story.clock.forward(hours=1)

    check = story.tick().checks[0]

    assert (check.new, check.revised, check.missing, check.found) == (2, 1, 0, 6)
    assert story.titles() == BASELINE | NEWS
    assert before.items() <= story.ids().items()
    assert story.told("ann@example.org") == sorted(NEWS)
    assert story.told("bob@example.org") == []
    story.clock.forward(days=1)
    story.tick()
    assert story.told("bob@example.org") == sorted(NEWS)
    assert len(story.relay.received) == 2


def test_an_item_that_leaves_and_returns_is_the_old_one(story: Story) -> None:
    """It stays in the feeds with its id, and nobody hears of it again."""
    before = story.ids()
    for text in (SECOND, THIRD, FOURTH):
        story.page(text)
        story.clock.forward(hours=1)
        story.tick()

    assert story.titles() == BASELINE | NEWS | LATER_NEWS
    assert before.items() <= story.ids().items()
    assert story.told("ann@example.org") == sorted(NEWS | LATER_NEWS)


@pytest.mark.parametrize(
    ("text", "content_type", "problem"),
    [
        (LOGIN, "text/html", "login page"),
        ("", "text/plain", "empty"),
        ("%PDF-1.7\n\x00\x01", "application/pdf", "PDF"),
        ("Nothing to report.\n", "text/plain", "No "),
    ],
)
def test_a_broken_page_changes_nothing_but_the_health(
    story: Story, text: str, content_type: str, problem: str
) -> None:
    """The last good feed stays to the byte; operator and readers are told, until it is well."""
    page = story.folder / "public/harbour/index.html"

    def files() -> dict[Path, bytes]:
        kept = set(story.folder.rglob("public/**/*.*")) - set(page.parent.glob("index.html*"))
        return {path: path.read_bytes() for path in kept if path.name != ".published.json"}

    before, well = files(), page.read_bytes()
    story.page(text, content_type=content_type)
    story.clock.forward(hours=1)

    check = story.tick().checks[0]

    assert check.outcome == "failed"
    assert problem in check.error
    assert files() == before
    unwell = page.read_bytes()
    assert b'class="unwell"' in unwell
    story.clock.forward(days=1)
    story.tick()
    assert page.read_bytes() == unwell
    story.page(FIRST)
    story.clock.forward(days=2)
    story.tick()
    assert (files(), page.read_bytes()) == (before, well)
    story.page(SECOND)
    story.clock.forward(days=1)
    assert story.tick().checks[0].new == 2


def test_an_unchanged_page_is_not_read_again(story: Story) -> None:
    """The validators go back as they came, and nothing but the check is written."""
    story.page(SECOND, etag='W/"a, b"')
    story.clock.forward(hours=1)
    story.tick()
    story.origin.says(answer(304), path="/news")
    story.clock.forward(hours=1)

    check = story.tick().checks[0]

    assert story.origin.asked[-1].headers["if-none-match"] == 'W/"a, b"'
    assert (check.outcome, check.status, check.found) == ("unchanged", 304, 0)
    assert story.titles() == BASELINE | NEWS


SEAMS = (
    "feeds.fetch:Fetcher.fetch",
    "feeds.read:read",
    "feeds.identify:identify",
    "feeds.diff:diff",
    "feeds.source_store:finish",
    "feeds.item_store:ItemStore.apply",
    "feeds.pages:item_page",
    "feeds.rss_atom:write_rss",
    "feeds.json_feed:write_json_feed",
    "feeds.publish:Publisher.publish_all",
    "notifier.due_store:decide",
    "notifier.edition_store:EditionStore._queue",
    "notifier.edition_store:EditionStore.open_due",
    "notifier.outbox_store:OutboxStore.claim",
    "notifier.mail:DigestMail.for_recipient",
    "notifier.smtp:SmtpTransport.connect",
    "notifier.smtp:SmtpTransport.send",
    "notifier.outbox_store:OutboxStore.turn",
)


@pytest.mark.parametrize("seam", SEAMS)
def test_a_death_between_two_stages_loses_and_doubles_nothing(story: Story, seam: str) -> None:
    """Killed anywhere and started again: every item once in the feeds, once in a mail."""
    before = story.ids()
    story.page(SECOND)
    story.clock.forward(hours=1)

    process = story.start(seam)
    process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
    # Whatever it died in, each feed is whole, if not yet all of them as new as the others.
    for feed in story.feeds():
        assert {title for _, title, _ in feed} in (BASELINE, BASELINE | NEWS)
    for _ in range(2):
        story.clock.forward(minutes=10)
        story.tick()
    story.clock.forward(days=1)
    story.tick()
    assert story.titles() == BASELINE | NEWS
    assert before.items() <= story.ids().items()
    for address in READERS:
        assert story.told(address) == sorted(NEWS)
    # SMTP itself cannot say whether a mail went out when the sender dies before it notes it:
    # there, and only there, the same mail goes out once more, and says that it is the same.
    copies = 1 if seam.endswith("SmtpTransport.send") else 0
    assert len(story.relay.received) == len(READERS) + copies


def test_the_first_reading_follows_older_pages(story: Story) -> None:
    """As many as the source wants; later readings take the first page alone."""
    text = story.config.read_text().replace('every = "1h"', 'every = "1h"\npages = 2')
    story.config.write_text(text.replace("[bulletins.harbour", "[bulletins.port"))
    story.settings = load(story.config, {})
    pages = [listing(range(9, 6, -1), "/2"), listing(range(6, 3, -1), "/3"), listing(range(3), "")]
    for path, page in zip(("/news", "/2", "/3"), pages, strict=True):
        story.origin.says(answer(200, page, HTML), path=path)

    story.clock.forward(hours=1)
    first = story.tick().checks[0]
    story.origin.says(answer(200, pages[0] + b" ", HTML), path="/news")
    story.clock.forward(hours=1)
    second = story.tick().checks[0]

    assert (first.outcome, first.new) == ("baseline", 6)
    assert (second.new, second.revised, second.missing) == (0, 0, 0)
    asked = [request.path for request in story.origin.asked]
    assert asked[-3:] == ["/news", "/2", "/news"]


def listing(numbers: range, older: str) -> bytes:
    """A page of items, with a link to the one of older items."""
    items = "".join(
        f"<article><h2><a href='/item/{number}'>Title {number} of all</a></h2>"
        f"<time>{number + 1} October 2026</time><p>Some words on number {number}.</p></article>"
        for number in numbers
    )
    page = f"<html><body><main>{items}</main><a href='{older}'>Older posts</a></body></html>"
    return page.encode()


def test_whole_texts_are_fetched_once_for_each_new_item(story: Story) -> None:
    """They stand in the feeds and on the item's page; a page that fails costs nobody the item."""
    text = story.config.read_text().replace('every = "1h"', 'every = "1h"\nfull_text = true')
    story.config.write_text(text)
    story.settings = load(story.config, {})
    story.origin.says(answer(200, listing(range(9, 6, -1), ""), HTML), path="/news")
    words = "The swing bridge stays closed while its bearings are renewed. " * 6
    item = f"<html><body><nav><a href='/'>Home</a></nav><main><h1>T</h1><p>{words}</p></main>"
    for number in (9, 8):
        story.origin.says(answer(200, item.encode(), HTML), path=f"/item/{number}")
    story.origin.says(answer(500), path="/item/7")

    story.clock.forward(hours=1)
    story.tick()
    story.clock.forward(hours=1)
    story.tick()

    feed = json.loads((story.folder / "public" / "harbour" / "feed.json").read_bytes())
    contents = {item["title"]: item["content_html"] for item in feed["items"]}
    assert "bearings" in contents["Title 9 of all"]
    assert "Home" not in contents["Title 9 of all"]
    assert contents["Title 7 of all"] == "<p>Some words on number 7.</p>"
    asked = [request.path for request in story.origin.asked]
    assert [asked.count(f"/item/{number}") for number in (9, 8, 7)] == [1, 1, 1]


def test_a_fault_in_one_source_stops_no_other(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is that source's failure, said with its name; everything else is read, published, sent."""

    def read_all_but(body: bytes, **given: object) -> Reading:
        if b"POISON" in body:
            raise RecursionError("too deep")
        return read(body, **given)  # type: ignore[arg-type] # what it was given

    # A fault that we do not know cannot be had in another way.
    monkeypatch.setattr("feeds.check.read", read_all_but)
    story.origin.says(answer(200, b"POISON", HTML), path="/bad")
    bad = story.origin.url("/bad")
    text = f'[bulletins.bad]\ntitle = "B"\n[bulletins.bad.sources.main]\nurl = "{bad}"'
    story.config.write_text(f"{story.config.read_text()}\n{text}")
    story.settings = load(story.config, {})
    story.page(SECOND)
    story.clock.forward(hours=1)

    checks = {check.bulletin: check for check in story.tick().checks}

    assert "a fault in Tidings itself (RecursionError: too deep)" in checks["bad"].error
    assert checks["harbour"].new == 2
    assert story.titles() == BASELINE | NEWS
    assert story.told("ann@example.org") == sorted(NEWS)


def test_the_front_page_and_new_folders_come_by_themselves(story: Story) -> None:
    """Whatever is missing or behind in the folder is written at the next tick."""
    public = story.folder / "public"
    wanted = {path.relative_to(public): path.read_bytes() for path in public.rglob("*.*")}
    (public / "index.html").unlink()
    (public / ".published.json").unlink()
    story.tick()
    assert (public / "index.html").exists()
    shutil.rmtree(public)

    story.tick()

    found = {path.relative_to(public): path.read_bytes() for path in public.rglob("*.*")}
    assert found == wanted


def test_processes_that_tick_at_once_share_the_work(story: Story) -> None:
    """However many do it, every source is read once and every mail is sent once."""
    story.page(SECOND)
    story.clock.forward(days=1)
    asked = len(story.origin.asked)

    processes = [story.start() for _ in range(4)]
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, errors
    assert len(story.origin.asked) == asked + 1
    assert story.titles() == BASELINE | NEWS
    # Bob's day may have come before the items did: then they come on his next one.
    story.clock.forward(days=1)
    story.tick()
    for address in READERS:
        assert story.told(address) == sorted(NEWS)
    assert len(story.relay.received) == len(READERS)


def test_a_digest_waits_for_its_hour(story: Story) -> None:
    """Bob's items of two readings come in one mail, at eight in the morning, not before."""
    for text in (SECOND, THIRD):
        story.page(text)
        story.clock.forward(hours=1)
        story.tick()
    story.clock.now = datetime.combine(NOON.date() + timedelta(days=1), NOON.time(), NOON.tzinfo)
    story.clock.forward(hours=-4, seconds=-1)
    story.tick()
    assert story.told("bob@example.org") == []
    story.clock.forward(seconds=1)

    story.tick()

    assert story.told("bob@example.org") == sorted(NEWS | LATER_NEWS)
    assert len(story.mails("bob@example.org")) == 1


def archive(numbers: range) -> str:
    """The page after a redesign: its news are gone, and a whole archive stands there."""
    items = (
        f"{number % 28 + 1} October 2025\n\nNotice {number:03} to mariners\n\nBuoy {number}.\n"
        for number in numbers
    )
    return "Harbour news\n\n" + "\n".join(items)


OPERATOR = "op@example.org"


@pytest.fixture
def held(story: Story) -> Story:
    """A story with an operator, whose page brought 200 new items an hour ago, all at once."""
    text = story.config.read_text()
    sender = 'sender = "News <news@example.org>"'
    story.config.write_text(text.replace(sender, f'{sender}\noperator = "Op <{OPERATOR}>"'))
    story.settings = load(story.config, {})
    story.page(archive(range(200)))
    story.clock.forward(hours=1)
    check = story.tick().checks[0]
    assert (check.outcome, check.found, check.new) == ("held", 200, 200)
    return story


def notices(story: Story) -> list[str]:
    """Return every notice as often as the mails to Ann tell it."""
    texts = story.mails("ann@example.org").values()
    return sorted(n for text in texts for n in set(re.findall(r"Notice (\d+) to", text)))


def health(story: Story) -> dict[str, object]:
    """Return what /health says of the source."""
    with open_app(story.settings, clock=story.clock) as app:
        report = health_report(app)
    assert isinstance(report["sources"], list)
    return dict(report["sources"][0], status=report["status"])


def test_a_flood_is_held_and_goes_by(held: Story, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it is published or mailed; the operator hears of it once, and of the end once."""
    since = held.clock()
    for _ in range(3):
        held.clock.forward(hours=1)
        (check,) = held.tick().checks
        # Every hour, as ever: it is no failure that is asked for less and less often.
        assert check.outcome == "held"
    said = health(held)
    assert (said["status"], said["held_since"], said["failures"]) == (
        "failing",
        since.isoformat(timespec="seconds"),
        0,
    )
    assert str(said["held"]).startswith("far more new items than ever: 200 of 200")
    assert held.titles() == BASELINE
    assert held.relay.recipients() == [OPERATOR]
    assert "tidings release harbour" in next(iter(held.mails(OPERATOR).values()))

    held.page(SECOND)
    caplog.clear()
    for _ in range(2):
        held.clock.forward(hours=1)
        held.tick()

    assert (health(held)["status"], health(held)["held"]) == ("ok", "")
    assert held.told("ann@example.org") == sorted(NEWS)
    assert held.relay.recipients().count(OPERATOR) == 2
    assert "well again" in list(held.mails(OPERATOR).values())[-1]


def test_a_flood_is_released(held: Story) -> None:
    """All of it is news, by the operator's word."""
    code = settled(held, "release")

    assert code == 0
    held.clock.forward(hours=1)
    assert held.tick().checks[0].outcome == "unchanged"
    told = [m[2] for m in held.relay.received if m[1] == ["ann@example.org"]]
    # The mail itself shows the first of them and says how many there are.
    assert [b"Subject: Harbour news: 200 new items" in mail for mail in told] == [True]
    assert held.relay.recipients().count(OPERATOR) == 2


def test_a_flood_is_discarded(held: Story) -> None:
    """It is published and mailed to nobody; what comes after it is news."""
    assert settled(held, "discard") == 0
    assert len(held.titles()) == held.settings.site.window
    held.page(archive(range(202)))
    held.clock.forward(hours=1)

    check = held.tick().checks[0]

    assert (check.outcome, check.new) == ("changed", 2)
    assert notices(held) == ["200", "201"]


def test_a_flood_that_lasts_is_believed_and_hardly_announced(held: Story) -> None:
    """After its time all of it is published, and the top of the page is announced."""
    held.clock.forward(hours=21)
    assert held.tick().checks[0].outcome == "held"
    held.clock.forward(hours=2)

    assert held.tick().checks[0].outcome == "changed"

    assert notices(held) == [f"{number:03}" for number in range(10)]
    # And it is the page's normal from now on.
    held.page(archive(range(201)))
    held.clock.forward(hours=1)
    assert held.tick().checks[0].new == 1


def test_the_operator_is_told_when_the_relay_is_back(story: Story) -> None:
    """The mail waits, and the log does not say it again."""
    text = story.config.read_text()
    story.config.write_text(text.replace("[mail]", f'[mail]\noperator = "{OPERATOR}"'))
    story.settings = load(story.config, {})
    story.relay.refuses_us = "421 4.3.2 closing"
    story.page(LOGIN, content_type="text/html")
    story.clock.forward(hours=1)
    story.tick()
    assert story.relay.received == []
    story.relay.refuses_us = ""

    for _ in range(2):
        story.tick()

    assert story.relay.recipients() == [OPERATOR]


def test_nothing_is_settled_where_nothing_is_held(
    story: Story, capfd: pytest.CaptureFixture[str]
) -> None:
    """And the bulletin is given back."""
    assert settled(story, "release") == 1
    assert "nothing is held of it" in capfd.readouterr().err
    story.clock.forward(hours=1)
    assert story.tick().checks


def settled(story: Story, verb: str) -> int:
    """Give the operator's word, at the story's time."""
    with open_app(story.settings, clock=story.clock) as app:
        try:
            word = Word.ACCEPT if verb == "release" else Word.DISCARD
            checks, _ = settle_held(app, "harbour", word)
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            return error.code
    return int(any(check.error for check in checks))
