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
from feeds.item_admin_store import ItemAdminStore
from feeds.item_store import ItemStore
from feeds.migrations import migrate
from feeds.output import FolderOutput
from feeds.publish import Publisher
from feeds.render import Renderer, package_templates
from feeds.schema import FEEDS
from feeds.source_store import SourceStore
from feeds.turn_store import TurnStore
from notifier.edition_store import EditionStore
from notifier.ledger_store import LedgerStore
from notifier.outbox_store import OutboxStore
from notifier.pace_store import PaceStore
from notifier.schema import NOTIFIER
from notifier.stop_store import StopStore
from notifier.subscriber_store import SubscriberStore
from tidings.cli import USAGE, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from config.settings import BulletinSettings, Settings
    from feeds.database import Database

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
    subscribers: SubscriberStore
    editions: EditionStore
    deliveries: OutboxStore
    paces: PaceStore
    ledger: LedgerStore
    stops: StopStore
    renderer: Renderer
    publisher: Publisher
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


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


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
        migrate(database, (FEEDS, NOTIFIER), now=clock())
        authority = settings.site.authority or urlsplit(settings.base_url).hostname or "localhost"
        sources = SourceStore(database, authority=authority)
        items = ItemStore(database, authority=authority)
        subscribers = SubscriberStore(database)
        renderer = Renderer(
            package_templates("feeds"),
            package_templates("notifier"),
            foreign=settings.site.templates,
        )
        app = App(
            settings=settings,
            database=database,
            sources=sources,
            items=items,
            turns=TurnStore(database),
            item_admin=ItemAdminStore(database),
            subscribers=subscribers,
            editions=EditionStore(
                database, secret=subscribers.signing_secret(), mail_domain=mail_domain(settings)
            ),
            deliveries=OutboxStore(database),
            paces=PaceStore(database),
            ledger=LedgerStore(database),
            stops=StopStore(database),
            renderer=renderer,
            publisher=Publisher(
                sources=sources,
                items=items,
                settings=settings,
                renderer=renderer,
                output=FolderOutput(settings.site.output),
            ),
            workers=workers,
            clock=clock,
        )
        if register:
            app.sources.register(settings.bulletins, now=clock())
        yield app


def mail_domain(settings: Settings) -> str:
    """Return the domain of the sender, which is the right side of every Message-ID."""
    return parseaddr(settings.mail.sender)[1].rpartition("@")[2] or "localhost"
