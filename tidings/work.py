"""All that is due, once: read, publish, decide, send. ``tick`` and the service do the same work."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.check import Checker, Word
from feeds.fetch import Fetcher
from feeds.render import TemplateError
from notifier.dkim import DkimError
from notifier.outbox import Sent
from tidings.alerts import mail_turns, note_turns
from tidings.app import MOST_WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from datetime import timedelta

    from config.settings import BulletinSettings
    from feeds.records import Check, Claim
    from tidings.app import App

log = logging.getLogger("tidings.work")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one round of work did."""

    checks: tuple[Check, ...]
    published: tuple[str, ...]
    queued: int
    sent: Sent


def tick(app: App, stopping: Callable[[], bool]) -> Done:
    """Do all that is due now, in the order in which it follows from one another.

    Pages that cannot be written keep nobody's mail waiting. Raises OSError and TemplateError
    for them in the end.
    """
    checks = tuple(check_due(app, stopping))
    note_turns(app)
    published: tuple[str, ...] = ()
    problem: Exception | None = None
    try:
        published = publish(app)
    except (OSError, TemplateError) as error:
        problem = error
    # Before it is decided who is told what: who is gone is told nothing more.
    take_reports(app, stopping)
    queued = open_editions(app, stopping)
    try:
        # Before their mails leave, which lead to them.
        publish_digests(app)
    except (OSError, TemplateError) as error:
        problem = problem or error
    telling = start_telling(app, stopping)
    mail_turns(app)
    sent = deliver(app, stopping)
    app.pinger.run(stopping)
    for channel in telling:
        channel.result()
    # At the end, when it is known whether mail and channels work.
    tell_operator(app, stopping)
    if problem is not None:
        raise problem
    return Done(checks=checks, published=published, queued=queued, sent=sent)


def check_due(app: App, stopping: Callable[[], bool]) -> list[Check]:
    """Check every source that is due, a few bulletins at a time."""
    known = {bulletin.slug: bulletin for bulletin in app.settings.bulletins}
    # Others were configured since this process began; those who know them read them.
    due = [known[slug] for slug in app.sources.due(now=app.clock()) if slug in known]
    if not due:
        return []
    if len(due) == 1:
        return list(_check_each(app, iter(due), stopping))
    left = _Shared(iter(due))
    rounds = [
        app.workers.submit(lambda: list(_check_each(app, left, stopping)))
        for _ in range(min(MOST_WORKERS, len(due)))
    ]
    return [check for checks in rounds for check in checks.result()]


class _Shared:
    """One iterator for several threads: each of its values goes to one of them."""

    def __init__(self, values: Iterator[BulletinSettings]) -> None:
        self._values = values
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[BulletinSettings]:
        return self

    def __next__(self) -> BulletinSettings:
        with self._lock:
            return next(self._values)


def _check_each(
    app: App, due: Iterator[BulletinSettings], stopping: Callable[[], bool]
) -> Iterator[Check]:
    """Claim and check one bulletin after another; those that another process holds are its."""
    with Fetcher(app.settings.fetch) as fetcher:
        for bulletin in due:
            if stopping():
                return
            claim = app.sources.claim(
                bulletin, now=app.clock(), lease=lease_length(app), only_due=True
            )
            if claim is not None:
                # What turned is said once, after the checks, and not at each of them.
                yield from check_claimed(app, claim, fetcher, complain=logging.INFO)


def lease_length(app: App) -> timedelta:
    """Return how long a claim lasts: longer than any one source may take."""
    return app.settings.server.lease + app.settings.fetch.deadline


def check_claimed(
    app: App,
    claim: Claim,
    fetcher: Fetcher,
    *,
    word: Word = Word.NONE,
    complain: int = logging.ERROR,
) -> Iterator[Check]:
    """Check the sources of a claimed bulletin, which is given back whatever happens."""
    checker = Checker(
        sources=app.sources,
        items=app.items,
        fetcher=fetcher,
        settings=app.settings.fetch,
        clock=app.clock,
        word=word,
        complain=complain,
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


def publish_digests(app: App) -> tuple[str, ...]:
    """Bring the pages of past digests in line with the store; return whose have changed."""
    from tidings.past_digests import publish_digests as publish_past

    return publish_past(app)


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


def take_reports(app: App, stopping: Callable[[], bool]) -> None:
    """Read the mails that came back, where any can."""
    if app.settings.bounces.are_read or app.settings.bounces.webhook_secret:
        from tidings.bouncing import read_reports

        read_reports(app, stopping)


def start_telling(app: App, stopping: Callable[[], bool]) -> list[Future[None]]:
    """Begin to tell the channels what is due, side by side; none where none is configured."""
    from tidings.channels import start_telling as start

    return start(app, stopping)


def tell_operator(app: App, stopping: Callable[[], bool]) -> None:
    """Tell the operator of what waits, where there are channels."""
    from tidings.alert_channels import tell_alerts
    from tidings.channels import has_channels

    if has_channels(app.settings):
        tell_alerts(app, stopping)


def tell_channels(app: App, stopping: Callable[[], bool]) -> None:
    """Tell channels and operator what is due."""
    for telling in start_telling(app, stopping):
        telling.result()
    tell_operator(app, stopping)


def deliver(app: App, stopping: Callable[[], bool]) -> Sent:
    """Send every delivery that is due, first the few mails that somebody waits for.

    The operator is let know where none can leave.
    """
    from tidings.mail_alerts import mail_stops, note_notices, note_run
    from tidings.mailing import open_outbox
    from tidings.notices import send_notices
    from tidings.trials import try_templates

    trial = try_templates(app)
    notices, broken = Sent(), ""
    try:
        notices, broken = send_notices(app, stopping)
        # An edition that opened waits for templates that can be used: its mail leaves once.
        sent = Sent(stopped=trial.digests) if trial.digests else open_outbox(app).run(stopping)
    except DkimError as error:
        sent = Sent(stopped=str(error))
        log.error("no mail leaves: %s", error)  # noqa: TRY400 - for an operator
    if not sent.sent:
        # What digests met says more; where none was due, a notice speaks for all.
        sent = replace(sent, stopped=sent.stopped or notices.stopped)
    broken = broken or trial.notices
    note_run(app, replace(sent, sent=sent.sent + notices.sent))
    note_notices(app, broken)
    mail_stops(app)
    return replace(sent, stopped=sent.stopped or broken)
