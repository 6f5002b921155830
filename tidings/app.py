"""The wiring: settings become stores, readers, writers and senders. One function, no container."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.database import open_database
from feeds.headers import SiteHeaders
from feeds.item_admin_store import ItemAdminStore
from feeds.item_split_store import ItemSplitStore
from feeds.item_store import ItemStore
from feeds.keys_store import renew_keys
from feeds.migrations import migrate
from feeds.output import FolderOutput
from feeds.output_topics import TopicOutput
from feeds.ping import Pinger
from feeds.ping_store import PingStore
from feeds.publishing import publisher_on
from feeds.render import Renderer, package_templates, package_translations
from feeds.schema import FEEDS
from feeds.search_index_store import prepare_search
from feeds.search_store import SearchStore
from feeds.selection_store import SelectionStore
from feeds.source_store import SourceStore
from feeds.turn_store import TurnStore
from notifier.alert_store import AlertStore
from notifier.bounce_store import BounceStore
from notifier.channel_store import ChannelStore
from notifier.coming_store import ComingStore
from notifier.edition_store import EditionStore
from notifier.ledger_store import LedgerStore
from notifier.notice_ledger_store import NoticeLedgerStore
from notifier.notice_store import NoticeStore
from notifier.outbox_store import OutboxStore
from notifier.pace_store import PaceStore
from notifier.private_feed_store import PrivateFeedStore
from notifier.reader_store import ReaderStore
from notifier.report_source_store import ReportSourceStore
from notifier.schema import NOTIFIER
from notifier.signup_store import SignUpStore
from notifier.stop_store import StopStore
from notifier.subscriber_store import SubscriberStore
from notifier.suppression_store import SuppressionStore
from notifier.wish_store import WishStore
from tidings.cli import DEFAULT_CONFIG, USAGE, CommandError
from tidings.desk.schema import DESK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from config.settings import BulletinSettings, Settings
    from feeds.database import Database
    from feeds.output import Output
    from feeds.publish import Publisher

# Sources are waited for, not computed: a few at a time keep a slow one from holding up the rest.
MOST_WORKERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a verb works with.

    ``clock`` gives the time, aware. ``workers`` are the same threads all the time, for each has
    a connection of its own.
    """

    settings: Settings
    database: Database
    sources: SourceStore
    items: ItemStore
    turns: TurnStore
    item_admin: ItemAdminStore
    item_split: ItemSplitStore
    search: SearchStore
    subscribers: SubscriberStore
    signups: SignUpStore
    wishes: WishStore
    suppressions: SuppressionStore
    bounces: BounceStore
    report_sources: ReportSourceStore
    notices: NoticeStore
    notice_ledger: NoticeLedgerStore
    readers: ReaderStore
    private_feeds: PrivateFeedStore
    selections: SelectionStore
    editions: EditionStore
    coming: ComingStore
    deliveries: OutboxStore
    paces: PaceStore
    ledger: LedgerStore
    stops: StopStore
    channels: ChannelStore
    alerts: AlertStore
    renderer: Renderer
    publisher: Publisher
    output: Output
    pinger: Pinger
    workers: ThreadPoolExecutor
    clock: Callable[[], datetime]

    @property
    def mails(self) -> Path:
        """The folder of mails that are written to disk for want of a relay."""
        return self.settings.store.data / "mails"

    def bulletin(self, slug: str) -> BulletinSettings:
        """Return a configured bulletin. Raises CommandError, with the names that there are."""
        bulletin = self.settings.bulletin(slug)
        if bulletin is None:
            known = ", ".join(known.slug for known in self.settings.bulletins) or "none"
            raise CommandError(
                f"no bulletin {slug!r} in {self.settings.path}; there are: {known}", code=USAGE
            )
        return bulletin


def load_settings(path: Path) -> Settings:
    """Read the configuration. Raises ConfigError, with every problem and its line."""
    from config.load import load

    return load(path, os.environ)


def load_or_default(path: Path) -> Settings:
    """Read the configuration; where none was named and there is none yet, all has its default.

    So the service can run before its first bulletin is made in a browser. Raises ConfigError.
    """
    if path is not DEFAULT_CONFIG or path.exists():
        return load_settings(path)
    from config.load import parse

    return parse("", path, os.environ)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def open_output(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Output:
    """Return where published documents go. Raises CommandError where its library is missing."""
    if not settings.bucket.address:
        return FolderOutput(settings.site.output)
    try:
        from feeds.output_bucket import BucketOutput
    except ImportError as error:  # pragma: no cover - it is there in every test environment
        raise CommandError(
            "[bucket] address names a bucket, but the library for it is not installed; "
            "install it with: pip install 'tidings[s3]'",
            code=USAGE,
        ) from error
    return BucketOutput(settings.bucket, SiteHeaders(settings), clock=clock)


@contextmanager
def open_app(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, register: bool = True
) -> Iterator[App]:
    """Open the store, bring it to this release and to the configuration, and wire the rest.

    Who only looks does not ``register``: a configuration that is being tried changes nothing of
    what is due. Raises StoreError.
    """
    with (
        open_database(settings.store.database, settings.store.data) as database,
        ThreadPoolExecutor(MOST_WORKERS, "check") as workers,
    ):
        migrate(database, (FEEDS, NOTIFIER, DESK), now=clock())
        renew_keys(database)
        pings = PingStore(database)
        authority = settings.site.authority or urlsplit(settings.base_url).hostname or "localhost"
        sources = SourceStore(database, authority=authority)
        items = ItemStore(database, authority=authority)
        selections = SelectionStore(database, authority=authority, clock=clock)
        subscribers = SubscriberStore(database)
        renderer = Renderer(
            package_templates("feeds"),
            package_templates("notifier"),
            foreign=settings.site.templates,
            translations=tuple(map(package_translations, ("feeds", "notifier"))),
        )
        output = _announced(open_output(settings, clock=clock), pings, settings, clock)
        app = App(
            settings=settings,
            database=database,
            sources=sources,
            items=items,
            turns=TurnStore(database),
            item_admin=ItemAdminStore(database),
            item_split=ItemSplitStore(database, authority=authority),
            search=SearchStore(database),
            subscribers=subscribers,
            signups=SignUpStore(database, mail_domain=mail_domain(settings)),
            wishes=WishStore(database),
            suppressions=SuppressionStore(database),
            bounces=BounceStore(database),
            report_sources=ReportSourceStore(database),
            notices=NoticeStore(database),
            notice_ledger=NoticeLedgerStore(database),
            readers=ReaderStore(database),
            private_feeds=PrivateFeedStore(database, authority=authority),
            selections=selections,
            editions=EditionStore(
                database,
                secret=subscribers.signing_secret(),
                mail_domain=mail_domain(settings),
                bulletins=settings.bulletins,
            ),
            coming=ComingStore(database),
            deliveries=OutboxStore(database),
            paces=PaceStore(database),
            ledger=LedgerStore(database),
            stops=StopStore(database),
            channels=ChannelStore(database),
            alerts=AlertStore(database),
            renderer=renderer,
            publisher=publisher_on(
                database,
                settings,
                authority=authority,
                renderer=renderer,
                output=output,
                clock=clock,
            ),
            output=output,
            pinger=Pinger(
                pings=pings,
                hubs=settings.site.hubs,
                user_agent=settings.fetch.user_agent,
                clock=clock,
            ),
            workers=workers,
            clock=clock,
        )
        if register:
            app.sources.register(settings.bulletins, now=clock())
            _register_channels(app)
        # After that, for a bulletin may have another name by now.
        prepare_search(database)
        yield app


def _register_channels(app: App) -> None:
    from tidings.channels import register_channels

    register_channels(app)


def _announced(
    output: Output, pings: PingStore, settings: Settings, clock: Callable[[], datetime]
) -> Output:
    """Let the hubs hear of what is put there, where there are any."""
    if not settings.site.hubs:
        return output
    return TopicOutput(output, pings, SiteHeaders(settings), hubs=settings.site.hubs, clock=clock)


def mail_domain(settings: Settings) -> str:
    """Return the domain of the sender, which is the right side of every Message-ID."""
    return parseaddr(settings.mail.sender)[1].rpartition("@")[2] or "localhost"
