"""Private feeds: what a subscription wants, for whoever has the address, until it is revoked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import feedparser
import pytest
import requests
from sites import Site, bulletin, serving

from feeds.filters import ItemFilter
from notifier.model import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from notifier.model import Subscription
    from tidings.app import App

ITEMS = [
    ("3 November 2026", "Ferry timetable for winter"),
    ("2 November 2026", "New harbour master"),
    ("1 November 2026", "Storm damage cleared"),
]


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    """A bulletin that was published, on each database."""
    site = Site(tmp_path, store=f'database = "{database_url}"')
    site.configure(bulletin("harbour", "Harbour news"))
    site.says("harbour", *ITEMS)
    site.tick()
    return site


@pytest.fixture
def app(site: Site) -> Iterator[App]:
    """The open installation."""
    with site.app() as app:
        yield app


@dataclass
class Reader:
    """Somebody with a browser or a feed reader."""

    root: str

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for an address."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(self.root + path, headers=given, timeout=10)

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send a form."""
        return requests.post(self.root + path, data=fields, timeout=10)


@pytest.fixture
def reader(app: App) -> Iterator[Reader]:
    """Somebody who asks the service over HTTP."""
    with serving(app) as root:
        yield Reader(root)


def subscribe(app: App, *words: str) -> Subscription:
    """Let Ann want items with some words."""
    now = app.clock()
    subscription = app.subscribers.subscribe(
        "ann@example.org",
        "harbour",
        cadence="instant",
        time_zone=ZoneInfo("UTC"),
        language="en",
        now=now,
    )
    app.wishes.change_rules(
        subscription, (Rule(cadence="instant", wanted=ItemFilter(words=words)),), now=now
    )
    return subscription


def press(reader: Reader, subscription: Subscription, do: str) -> str:
    """Press a button of the page of private feeds; return the page that follows."""
    answer = reader.post(f"/preferences/{subscription.token}/feeds", do=do, bulletin="harbour")
    assert answer.status_code == 200
    return answer.text


def made(app: App, subscription: Subscription) -> str:
    """Make a private feed; return the path that its formats stand below."""
    app.private_feeds.make(subscription, now=app.clock())
    feed = app.private_feeds.of(subscription)
    assert feed is not None
    return f"/feeds/{feed.token}/"


def test_a_reader_makes_a_feed_of_what_they_want(app: App, reader: Reader) -> None:
    """With a button, in three formats with one id, of their own filter, with the items' ids."""
    subscription = subscribe(app, "ferry")
    assert '/feeds"' in reader.get(f"/preferences/{subscription.token}").text

    page = press(reader, subscription, "make")

    path = page.partition('value="https://news.test')[2].partition('rss.xml"')[0]
    rss, atom, document = (
        reader.get(path + file).content for file in ("rss.xml", "atom.xml", "feed.json")
    )
    parsed = feedparser.parse(atom)
    whole = feedparser.parse((app.settings.site.output / "harbour/atom.xml").read_bytes())
    assert [entry.title for entry in parsed.entries] == ["Ferry timetable for winter"]
    assert parsed.entries[0].id in {entry.id for entry in whole.entries}
    assert feedparser.parse(rss).entries[0].id == parsed.entries[0].id
    assert json.loads(document)["feed_url"] == f"https://news.test{path}feed.json"
    assert parsed.feed.id != whole.feed.id
    assert path.split("/")[2] not in parsed.feed.id


def test_it_is_part_of_what_is_known_of_its_reader(app: App, reader: Reader) -> None:
    """Whoever takes their data along gets the address, and what mails they asked for."""
    subscription = subscribe(app, "ferry")
    path = made(app, subscription)

    known = reader.get(f"/preferences/{subscription.token}/export.json").json()

    (feed,) = known["private_feeds"]
    assert feed["bulletin"] == "harbour"
    assert feed["addresses"][0] == f"https://news.test{path}rss.xml"
    assert (known["notices"], known["came_back"]) == ([], [])


def test_it_is_for_nobody_else(app: App, reader: Reader) -> None:
    """No cache keeps it for others, no search engine, no cookie; nobody guesses its address."""
    path = made(app, subscribe(app, "ferry"))

    answer = reader.get(f"{path}atom.xml")

    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert "set-cookie" not in answer.headers
    assert len(path.split("/")[2]) == 22
    assert "ann@" not in answer.text


def test_an_unchanged_feed_is_not_sent_again(site: Site, app: App, reader: Reader) -> None:
    """It is once an item came, or the filter changed."""
    subscription = subscribe(app, "ferry")
    path = f"{made(app, subscription)}rss.xml"
    tag = reader.get(path).headers["etag"]
    assert reader.get(path, If_None_Match=tag).status_code == 304
    assert reader.get(path, If_None_Match='W/"other"').status_code == 200

    app.wishes.change_rules(
        subscription,
        (Rule(cadence="instant", wanted=ItemFilter(words=("storm",))),),
        now=app.clock(),
    )
    changed = reader.get(path, If_None_Match=tag)
    assert changed.status_code == 200
    assert "Storm damage" in changed.text
    site.says("harbour", ("5 November 2026", "Storm warning"), *ITEMS)
    site.tick()

    answer = reader.get(path, If_None_Match=changed.headers["etag"])

    assert "Storm warning" in answer.text


def test_a_revoked_feed_is_gone_and_another_has_another_address(app: App, reader: Reader) -> None:
    """Whoever had the old address has nothing."""
    subscription = subscribe(app)
    first = made(app, subscription)
    assert reader.get(f"{first}rss.xml").status_code == 200

    assert "Make a private feed" in press(reader, subscription, "revoke")

    assert reader.get(f"{first}rss.xml").status_code == 404
    second = made(app, subscription)
    assert second != first
    assert reader.get(f"{second}rss.xml").status_code == 200
    assert reader.get(f"{first}rss.xml").status_code == 404


def test_a_feed_outlives_the_mail_but_not_the_reader(app: App, reader: Reader) -> None:
    """Some read the feed instead of the mail; who is forgotten has no feed."""
    subscription = subscribe(app)
    path = f"{made(app, subscription)}rss.xml"
    app.subscribers.unsubscribe(subscription, now=app.clock() + timedelta(minutes=1))
    assert reader.get(path).status_code == 200

    app.wishes.forget(subscription, now=app.clock())

    assert reader.get(path).status_code == 404


@pytest.mark.parametrize("path", ["x/rss.xml", "{}/index.html", "{}x/rss.xml", "{}/../rss.xml"])
def test_what_opens_nothing_is_not_there(app: App, reader: Reader, path: str) -> None:
    """Nor does the token of the subscription, which does more than read."""
    subscription = subscribe(app)
    token = made(app, subscription).split("/")[2]

    assert reader.get(f"/feeds/{path.format(token)}").status_code == 404
    assert reader.get(f"/feeds/{subscription.token}/rss.xml").status_code == 404


def test_only_its_own_forms_are_taken(app: App, reader: Reader) -> None:
    """Of bulletins that the reader has, with the two buttons that there are."""
    path = f"/preferences/{subscribe(app).token}/feeds"

    assert reader.post(path, do="make", bulletin="other").status_code == 400
    assert reader.post(path, do="sell", bulletin="harbour").status_code == 400
    assert reader.get("/preferences/nobody/feeds").status_code == 404
