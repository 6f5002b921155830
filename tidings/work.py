"""All that is due, once: read, publish, decide, send. ``tick`` and the service do the same work."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.check import Checker
from feeds.fetch import Fetcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from feeds.records import Check, Claim
    from notifier.outbox import Sent
    from tidings.app import App

log = logging.getLogger("tidings.work")

# Sources are waited for, not computed: a few at a time keep a slow one from holding up the rest.
_WORKERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one round of work did."""

    checks: tuple[Check, ...]
    published: tuple[str, ...]
    queued: int
    sent: Sent


def tick(app: App, stopping: Callable[[], bool]) -> Done:
    """Do all that is due now, in the order in which it follows from one another."""
    checks = tuple(check_due(app, stopping))
    return Done(
        checks=checks,
        published=publish(app),
        queued=open_editions(app, stopping),
        sent=deliver(app, stopping),
    )


def check_due(app: App, stopping: Callable[[], bool]) -> list[Check]:
    """Check every source that is due, a few bulletins at a time."""
    due = app.sources.count_due(now=app.clock())
    if not due:
        return []
    workers = min(_WORKERS, due)
    if workers == 1:
        return list(_check_some_due(app, due, stopping))
    with ThreadPoolExecutor(workers) as pool:
        rounds = [
            pool.submit(lambda: list(_check_some_due(app, due, stopping))) for _ in range(workers)
        ]
        return [check for checks in rounds for check in checks.result()]


def _check_some_due(app: App, most: int, stopping: Callable[[], bool]) -> Iterator[Check]:
    """Claim and check one bulletin after another until none is due."""
    with Fetcher(app.settings.fetch) as fetcher:
        for _ in range(most):
            if stopping():
                return
            claim = app.sources.claim_due(now=app.clock(), lease=lease_length(app))
            if claim is None:
                return
            yield from check_claimed(app, claim, fetcher)


def lease_length(app: App) -> timedelta:
    """Return how long a claim lasts: longer than any one source may take."""
    return app.settings.server.lease + app.settings.fetch.deadline


def check_claimed(app: App, claim: Claim, fetcher: Fetcher) -> Iterator[Check]:
    """Check the sources of a claimed bulletin, which is given back whatever happens."""
    checker = Checker(
        sources=app.sources,
        items=app.items,
        fetcher=fetcher,
        settings=app.settings.fetch,
        clock=app.clock,
    )
    try:
        yield from checker.check(claim, app.bulletin(claim.bulletin))
    except BaseException:
        # A check that comes to its end gives the bulletin back in its own transaction.
        app.sources.release(claim)
        raise


def publish(app: App) -> tuple[str, ...]:
    """Bring the published files in line with the store; return the bulletins that changed."""
    return app.publisher.publish_all()


def open_editions(app: App, stopping: Callable[[], bool]) -> int:
    """Decide for every due subscription; return how many deliveries were queued."""
    queued = 0
    while not stopping():
        decided = app.editions.open_due(now=app.clock())
        queued += decided.deliveries
        if not decided.subscriptions:
            break
    if queued:
        log.info("%d deliveries queued", queued)
    return queued


def deliver(app: App, stopping: Callable[[], bool]) -> Sent:
    """Send every delivery that is due."""
    from tidings.mailing import open_outbox

    return open_outbox(app).run(stopping)
