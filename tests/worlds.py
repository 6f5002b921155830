"""Small worlds for tests: a clock, a bulletin, entries, and stores on a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.schedule import Interval
from config.settings import BulletinSettings, Settings, SiteSettings, SourceSettings
from feeds.alternation import settled
from feeds.bulletin_feed import feed_paths
from feeds.diff import content_of, diff, fingerprint
from feeds.feed import Feed, FeedItem
from feeds.fetch import Validators
from feeds.identify import identify
from feeds.item_store import ItemStore
from feeds.model import Changes, Entry, Item, When
from feeds.output import FolderOutput
from feeds.publishing import publisher_on
from feeds.records import Check, Claim, Outcome
from feeds.registration_store import recipe_of
from feeds.render import Renderer, package_templates
from feeds.source_store import SourceStore
from notifier.edition_store import EditionStore
from notifier.subscriber_store import SubscriberStore
from tidings.cli import main

if TYPE_CHECKING:
    import pytest

    from feeds.database import Database
    from feeds.publish import Publisher
    from feeds.publish_checked import Refusal

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Say what time it is."""
        return self.now

    def forward(self, **duration: float) -> datetime:
        """Move on, and say what time it is."""
        self.now += timedelta(**duration)
        return self.now


def bulletin(
    slug: str = "harbour", *, sources: tuple[str, ...] = ("main",), every: str = "1h"
) -> BulletinSettings:
    """A bulletin with sources that are local files."""
    hours = int(every.removesuffix("h"))
    return BulletinSettings(
        slug=slug,
        title=slug.capitalize(),
        sources=tuple(
            SourceSettings(
                bulletin=slug,
                name=name,
                file=Path(f"/{slug}/{name}.txt"),
                schedule=Interval(timedelta(hours=hours)),
            )
            for name in sources
        ),
    )


def entry(title: str, *, day: date | None = None, url: str = "", summary: str = "") -> Entry:
    """Something found."""
    return Entry(
        title=title,
        url=url,
        when=When(day) if day else None,
        summary_html=summary and f"<p>{summary}</p>",
    )


def item_of(found: Entry, place: int) -> Item:
    """The stored item of an entry that stood on the page at the last reading."""
    return Item(
        id=f"tag:example.org,2026:{place}",
        token=str(place),
        bulletin="harbour",
        number=place,
        changed=place,
        content=content_of(found),
        published=NOON,
        updated=NOON,
        first_seen=NOON,
        position=place,
        sighted=True,
        stated=fingerprint(content_of(found)),
    )


@dataclass
class Feeds:
    """The stores of reading, with the steps that a check takes on them."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Open the stores."""
        self.sources = SourceStore(self.database, authority="example.org")
        self.items = ItemStore(self.database, authority="example.org")

    def claim(self, slug: str = "harbour") -> Claim:
        """Take the bulletin, which must be free."""
        claim = self.sources.claim(bulletin(slug), now=self.clock(), lease=LEASE)
        assert claim is not None
        return claim

    def claim_due(self, lease: timedelta = LEASE) -> Claim | None:
        """Take the first bulletin that is due and free, if any."""
        now = self.clock()
        for slug in self.sources.due(now=now):
            claim = self.sources.claim(bulletin(slug), now=now, lease=lease, only_due=True)
            if claim is not None:
                return claim
        return None

    def outcome(self, claim: Claim, *, source: str = "main", outcome: str = "changed") -> Outcome:
        """What a check leaves when it is next due in an hour."""
        check = Check(
            bulletin=claim.bulletin,
            source=source,
            started=self.clock(),
            finished=self.clock(),
            outcome=outcome,
            error="broken" if outcome == "failed" else "",
        )
        return Outcome(
            check=check,
            next_check=self.clock() + timedelta(hours=1),
            validators=Validators(etag='"1"', last_modified="then", digest="d"),
            recipe=recipe_of(bulletin(claim.bulletin).sources[0]),
        )

    def store(
        self, *entries: Entry, baseline: bool = False, slug: str = "harbour"
    ) -> tuple[str, ...]:
        """Store new entries as a check does; return the ids."""
        claim = self.claim(slug)
        changes = Changes(new=entries, new_places=tuple(range(len(entries))), baseline=baseline)
        outcome = self.outcome(claim, outcome="baseline" if baseline else "changed")
        ids = self.items.apply(claim, outcome, changes, zone=ZoneInfo("UTC"))
        self.sources.release(claim)
        return ids


Run = Callable[..., tuple[int, str, str]]


def runner(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a verb in a folder: its exit code, what it prints, and its messages."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("TIDINGS_CONFIG", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(arguments)
        output, messages = capfd.readouterr()
        return code, output, messages

    return run


def of_edition(feeds: Feeds, *, after: int) -> set[str]:
    """Return the titles that who was told all up to a number gets, when an edition opens now."""
    reader = SubscriberStore(feeds.database).subscribe(
        f"reader-{after}-{feeds.clock():%H%M%S}@example.org",
        "harbour",
        time_zone=ZoneInfo("UTC"),
        language="en",
        cadence="instant",
        now=feeds.clock(),
    )
    editions = EditionStore(feeds.database, secret="s", mail_domain="example.org")
    with feeds.database.transaction() as transaction:
        transaction.run(
            "UPDATE subscriptions SET mark = :after WHERE id = :id", after=after, id=reader.id
        )
    editions.open_due(now=feeds.clock())
    with feeds.database.reading() as transaction:
        row = transaction.one(
            "SELECT edition FROM deliveries WHERE subscription = :id", id=reader.id
        )
    return {item.content.title for item in editions.items(row["edition"])} if row else set()


def stored(feeds: Feeds, *entries: Entry) -> list[Item]:
    """Store entries; return their items in the order of the entries, a minute later."""
    ids = feeds.store(*entries)
    feeds.clock.forward(minutes=1)
    by_id = {item.id: item for item in feeds.items.latest("harbour", 1000)}
    return [by_id[id_] for id_ in ids]


def checked(feeds: Feeds, *entries: Entry, source: str = "main") -> Changes:
    """Take the steps of a check of what a source shows, and return what it changed."""
    claim = feeds.claim()
    known = feeds.items.known("harbour", source, entries)
    changes = diff(identify(entries, known), first=False)
    revised = [revision.item.id for revision in changes.revised]
    changes = settled(changes, feeds.items.former_contents(revised), feeds.clock())
    assert not changes.held
    outcome = feeds.outcome(claim, source=source)
    feeds.items.apply(claim, outcome, changes, zone=ZoneInfo("UTC"))
    feeds.sources.release(claim)
    feeds.clock.forward(minutes=1)
    return changes


@dataclass
class Site:
    """A published site over the stores: its settings, its folder and its publisher."""

    feeds: Feeds
    folder: Path
    bulletins: tuple[BulletinSettings, ...] = ()
    window: int = 50
    hubs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Register the bulletins."""
        self.bulletins = self.bulletins or (bulletin(),)
        self.feeds.sources.register(self.bulletins, now=self.feeds.clock())

    def publisher(self) -> Publisher:
        """A publisher that knows nothing of what another one did."""
        site = SiteSettings(
            base_url="https://feeds.test", output=self.folder, window=self.window, hubs=self.hubs
        )
        return publisher_on(
            self.feeds.database,
            Settings(path=Path("tidings.toml"), site=site, bulletins=self.bulletins),
            authority="example.org",
            renderer=Renderer(package_templates("feeds"), foreign=None),
            output=FolderOutput(self.folder),
            clock=self.feeds.clock,
        )

    def publish(self) -> dict[str, bytes]:
        """Publish what is behind; return all that is published, by path."""
        self.publisher().publish_all()
        return self.published()

    def refused(self) -> tuple[Refusal, ...]:
        """What is not published as it should be, as a process that did not write it knows it."""
        publisher = self.publisher()
        publisher.publish_all()
        return publisher.refused()

    def published(self) -> dict[str, bytes]:
        """All that is published, by path."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }


def a_feed_item(number: int = 1, **given: Any) -> FeedItem:  # noqa: ANN401 - any field of an item
    """An item as a feed has it."""
    item = FeedItem(
        id=f"tag:example.org,2026-11-23:harbour/{number}",
        title=f"Ferry {number}",
        url=f"https://x.test/{number}",
        summary_html=f"<p>Fog on day {number}.</p>",
        published=NOON,
        updated=NOON,
    )
    return replace(item, **given)


def a_feed(*items: FeedItem, **given: Any) -> Feed:  # noqa: ANN401 - any field of a feed
    """A feed, of one item where none is given."""
    feed = Feed(
        id="tag:example.org,2026-11-23:harbour",
        title="Harbour <b>news</b> & more",
        description="What the harbour says",
        home_url="https://feeds.test/harbour/",
        author="Harbour office",
        language="EN_us",
        updated=NOON,
        urls=feed_paths("harbour").below("https://feeds.test/"),
        items=items or (a_feed_item(),),
    )
    return replace(feed, **given)
