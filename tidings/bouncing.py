"""The mailboxes of mails that came back: each is read by one process, and its mails are taken."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING, Protocol

from notifier.alert_store import Alert
from notifier.mailboxes import MailboxError
from notifier.maildir import Maildir
from notifier.operator_mail import operator_mail
from notifier.returns import Follows, Patience, Returns, Taken
from notifier.transport import TransportError
from tidings.alert_channels import queue_alert
from tidings.mailing import send_alone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.settings import Settings
    from notifier.bounce_store import Bounce
    from notifier.mailboxes import Read
    from notifier.report_source_store import Place
    from tidings.app import App

log = logging.getLogger("tidings.bounces")

# Longer than reading a mailbox takes; a process that died in it costs so much time.
_LEASE = timedelta(minutes=10)
# What the operator is told of us is told at most so often.
_TELLING = timedelta(days=1)


def open_returns(app: App) -> Returns:
    """Return what takes mails that came back."""
    settings = app.settings.bounces
    return Returns(
        bounces=app.bounces,
        subscribers=app.subscribers,
        suppressions=app.suppressions,
        wishes=app.wishes,
        patience=Patience(
            within=settings.within,
            slow_after=settings.slow_after,
            suppress_after=settings.suppress_after,
        ),
        secret=app.subscribers.signing_secret(),
        clock=app.clock,
    )


def read_reports(app: App, stopping: Callable[[], bool]) -> int:
    """Read every mailbox of reports that nobody else reads; return how many mails were ours.

    A mailbox that cannot be read is told in the log and keeps no other from being read.
    """
    taken = sum(_read_one(app, name, stopping) for name in _names(app.settings))
    tell_operator(app)
    return taken


def look_at_reports(app: App) -> list[tuple[str, Taken]]:
    """Return what each new mail would do, by the name of the mail; change nothing.

    Raises MailboxError.
    """
    returns = open_returns(app)
    found: list[tuple[str, Taken]] = []

    def show(name: str, mail: bytes) -> bool:
        found.append((name, returns.take(mail, dry=True)))
        return False

    for name in _names(app.settings):
        mailbox = _mailbox(app.settings, name, app.report_sources.foreign(name))
        mailbox.read(app.report_sources.peek(name), show, lambda: False)
    return found


class Mailbox(Protocol):
    """Where mails that came back are found."""

    def read(
        self, place: Place, take: Callable[[str, bytes], bool], stopping: Callable[[], bool]
    ) -> Read:
        """Give each new mail to ``take``; those for which it says True were ours."""


def _names(settings: Settings) -> list[str]:
    """Return the names in the store of the configured mailboxes."""
    bounces = settings.bounces
    found = [] if bounces.maildir is None else [f"maildir {bounces.maildir}"]
    if bounces.imap_host:
        place = f"{bounces.imap_user}@{bounces.imap_host}:{bounces.imap_port}"
        found.append(f"imap {place} {bounces.imap_folder}")
    return found


def _mailbox(settings: Settings, name: str, foreign: set[str]) -> Mailbox:
    """Return the mailbox of a name; a maildir has no numbers, and keeps what is foreign in it."""
    bounces = settings.bounces
    if bounces.maildir is not None and name.startswith("maildir "):
        return Maildir(bounces.maildir, foreign)
    from notifier.imap import ImapMailbox

    return ImapMailbox(bounces)


def _read_one(app: App, name: str, stopping: Callable[[], bool]) -> int:
    place = app.report_sources.claim(name, now=app.clock(), lease=_LEASE)
    if place is None:
        return 0
    before = app.report_sources.foreign(name)
    foreign = set(before)
    mailbox = _mailbox(app.settings, name, foreign)
    returns = open_returns(app)

    def take(_name: str, mail: bytes) -> bool:
        return note(returns.take(mail))

    try:
        read = mailbox.read(place, take, stopping)
        app.report_sources.read_to(place, validity=read.validity, uid=read.uid)
        app.report_sources.keep_foreign(name, came=foreign - before, went=before - foreign)
    except MailboxError as error:
        log.error("bounces: %s", error)  # noqa: TRY400 - the message is for an operator
        return 0
    finally:
        app.report_sources.give_back(place)
    return read.ours


def note(taken: Taken) -> bool:
    """Log what was taken, without the address; return whether it was ours."""
    if taken.is_ours:
        level = logging.ERROR if taken.follows is Follows.TOLD else logging.INFO
        what = taken.words.partition(" to ")[0] if " to " in taken.words else ""
        log.log(level, "%s: %s %s", taken.kind.value, taken.follows.value, what)
    return taken.is_ours


def tell_operator(app: App) -> None:
    """Tell the operator of bounces that are about us, at most once a day."""
    mail = app.settings.mail
    if not (mail.operator or app.settings.alerts):
        return
    untold = app.bounces.claim_untold(now=app.clock(), lease=_TELLING)
    if untold is None:
        return
    many, latest = untold
    queue_alert(app, returns_alert(many, latest))
    try:
        if mail.operator:
            send_alone(
                app,
                parseaddr(mail.operator)[1],
                returns_mail(many, latest, app.settings, sent_at=app.clock()),
            )
    except TransportError as error:
        log.warning("the operator could not be told of bounces about us: %s", error)
        return
    app.bounces.told(latest)


def returns_mail(many: int, latest: Bounce, settings: Settings, *, sent_at: datetime) -> bytes:
    """Return the mail about bounces that say something of us; the same has the same Message-ID."""
    alert = returns_alert(many, latest)
    return operator_mail(
        alert.subject, f"{alert.words}\n", name=alert.name, settings=settings.mail, sent_at=sent_at
    )


def returns_alert(many: int, latest: Bounce) -> Alert:
    """Return what the operator is to know of bounces that say something of us."""
    return Alert(
        name=f"returns.{latest.name}",
        subject=f"{many} mails came back for a reason that is ours",
        words=(
            "Servers of recipients refuse our mails for what they think of us: of our name, our "
            "signature or our relay. No recipient was suppressed for it.\n\n"
            f"The last one said on {latest.reported:%Y-%m-%d %H:%M} UTC:\n\n"
            f"    {latest.said}\n\n"
            "What is wrong, and how to mend it, may be told by: tidings doctor"
        ),
    )
