"""The examination before the first mail, and at any time: what works, what does not, what to do.

Nothing is sent, stored or published by it. What needs mail stands in ``tidings.doctor_mail``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.check import Checker, ReadingError
from feeds.fetch import Fetcher, FetchError
from feeds.render import TemplateError
from notifier.dkim import DkimError
from notifier.findings import failure, ok, skipped, warning
from notifier.ledger_store import LedgerStore
from notifier.mail_lint import lint
from tidings.mailing import preview_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import BulletinSettings
    from notifier.findings import Finding
    from tidings.app import App

_LOCAL = ("localhost", "127.0.0.1", "::1", None)
# Where a mail would go that nobody gets.
_NOBODY = "reader@example.org"


def examine_house(app: App, *, offline: bool) -> Iterator[Finding]:
    """Look at the store, the sources, the files and the next mails."""
    yield ok("configuration", str(app.settings.path))
    yield from _store(app)
    yield from _sources(app, offline=offline)
    yield _output(app)
    yield _address(app)
    for bulletin in app.settings.bulletins:
        yield from _next_mail(app, bulletin)


def _store(app: App) -> Iterator[Finding]:
    """Look at the store, which was opened, written and brought to this release to get here."""
    yield ok(
        "store", f"{app.settings.store.database or app.settings.store.data}: opens, is written"
    )
    unbalanced = LedgerStore(app.database).unbalanced()
    if unbalanced:
        names = ", ".join(f"{one.bulletin} {one.edition_number}" for one in unbalanced)
        yield failure(
            "ledger", f"the audience of {names} does not add up", "report it as a fault of Tidings"
        )
    else:
        yield ok("ledger", "every edition's audience is accounted for")


def _sources(app: App, *, offline: bool) -> Iterator[Finding]:
    if not app.settings.bulletins:
        yield warning("sources", "none is configured", "find one with: tidings init URL")
    with Fetcher(app.settings.fetch) as fetcher:
        checker = Checker(
            sources=app.sources,
            items=app.items,
            fetcher=fetcher,
            settings=app.settings.fetch,
            clock=app.clock,
        )
        states = {
            (state.bulletin, state.name): state for state in app.sources.sources(resting=True)
        }
        for bulletin in app.settings.bulletins:
            for source in bulletin.sources:
                about = f"source {bulletin.slug}/{source.name}"
                state = states.get((bulletin.slug, source.name))
                if offline:
                    yield skipped(about, "not read: --offline")
                elif state is None:
                    yield skipped(about, "never read yet; read it first: tidings check")
                else:
                    try:
                        changes = checker.dry_run(bulletin, state)
                    except (FetchError, ReadingError) as error:
                        yield failure(about, str(error), f"see: tidings preview {source.location}")
                    else:
                        yield _read(about, changes.held, bulletin.slug)


def _read(about: str, held: str, slug: str) -> Finding:
    if held:
        return warning(about, f"would be held: {held}", f"see: tidings check {slug} --dry-run")
    return ok(about, "is read")


def _output(app: App) -> Finding:
    if app.settings.bucket.address:
        return skipped("output", f"{app.settings.bucket.address} is written when there is news")
    folder = app.settings.site.output
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return ok("output", f"{folder} can be written")
    return failure("output", f"{place} cannot be written", "see [site] output")


def _address(app: App) -> Finding:
    url = urlsplit(app.settings.base_url)
    if url.hostname in _LOCAL:
        return warning(
            "address",
            f"{app.settings.base_url} is reached from this machine alone",
            "set [site] base_url to the address at which readers reach it",
        )
    if url.scheme != "https":
        return failure(
            "address",
            f"{app.settings.base_url} is not https, which one click to unsubscribe needs",
            "put a certificate before the service, and https:// into [site] base_url",
        )
    return ok("address", app.settings.base_url)


def _next_mail(app: App, bulletin: BulletinSettings) -> Iterator[Finding]:
    about = f"next digest of {bulletin.slug}"
    try:
        mail = preview_mail(app, bulletin, _NOBODY)
    except TemplateError as error:
        yield failure(about, str(error), "mend the template; until then nothing is sent")
    except DkimError as error:
        yield failure(about, str(error), "make a key with: tidings doctor --make-dkim-key FILE")
    else:
        if mail is None:
            yield skipped(about, "there are no items yet; read them first: tidings check")
        else:
            yield from lint(about, mail)
