"""The operator hears once that something turned with a source, and once that it is over.

The log says it at the end of the checks; a mail says it where one is wanted, and is tried at
each tick until it left.
"""

from __future__ import annotations

import hashlib
import logging
from email.utils import parseaddr
from typing import TYPE_CHECKING

from feeds.instants import to_column
from feeds.turn_store import TurnKind
from notifier.alert_store import Alert
from notifier.operator_mail import operator_mail
from notifier.transport import TransportError
from tidings.turns import headline, line, paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from config.settings import Settings
    from feeds.database import Transaction
    from feeds.turn_store import Turn
    from tidings.app import App

log = logging.getLogger("tidings.alerts")

# Answers that one mail waits for, from the greeting to the end.
_STEPS = 10


def note_turns(app: App) -> int:
    """Say in the log what turned with which sources; return how many turns there were."""
    turns = app.turns.note(
        mailing=bool(app.settings.mail.operator), now=app.clock(), within=_queued(app)
    )
    for turn in turns:
        # What is no failure is a warning: a cron job hears of it once, and fails at nothing.
        level = logging.ERROR if turn.is_unwell else logging.WARNING
        log.log(level if turn.has_begun else logging.INFO, "%s", line(turn))
    return len(turns)


def _queued(app: App) -> Callable[[Transaction, Sequence[Turn]], None]:
    """Return what queues turns for the channels of alerts, in the transaction that notes them."""
    now = app.clock()

    def queue(transaction: Transaction, turns: Sequence[Turn]) -> None:
        ways = [channel.name for channel in app.settings.alerts]
        alerts = [
            Alert(
                name=f"{headline(turn)} {to_column(now)}",
                subject=headline(turn),
                words=paragraph(turn, app.settings),
            )
            for turn in turns
        ]
        app.alerts.add(transaction, alerts, ways, now=now)

    return queue


def mail_turns(app: App) -> None:
    """Mail the operator what turned since the last mail; what cannot leave waits for a tick."""
    settings = app.settings
    if not settings.mail.operator:
        return
    lease = settings.server.lease + _STEPS * settings.mail.timeout
    turns = app.turns.claim_mail(now=app.clock(), lease=lease)
    if not turns:
        return
    from tidings.mailing import send_alone

    recipient = parseaddr(settings.mail.operator)[1]
    try:
        mail = alert_mail(turns, settings, sent_at=app.clock())
        send_alone(app, recipient, mail)
    except TransportError as error:
        if error.permanent and not error.about_us:
            # Another try would get the same answer, at every tick.
            log.error("no mail to [mail] operator: %s", error)  # noqa: TRY400 - for an operator
            app.turns.mailed(turns)
        else:
            log.warning("the operator could not be told by mail; tried again: %s", error)
            app.turns.not_mailed(turns)
    except BaseException:
        app.turns.not_mailed(turns)
        raise
    else:
        app.turns.mailed(turns)


def alert_mail(turns: Sequence[Turn], settings: Settings, *, sent_at: datetime) -> bytes:
    """Return the mail that tells of turns; the same turns have the same Message-ID."""
    told = "\n".join(paragraph(turn, settings) for turn in turns)
    return operator_mail(
        _subject(turns),
        f"{told}\n{settings.base_url}/desk/\n",
        name=f"alert.{_digest(turns)}",
        settings=settings.mail,
        sent_at=sent_at,
    )


def _subject(turns: Sequence[Turn]) -> str:
    if len(turns) == 1:
        return headline(turns[0])
    unwell = sum(turn.is_unwell for turn in turns)
    well = sum(turn.kind is TurnKind.UNWELL for turn in turns) - unwell
    others = len(turns) - unwell - well
    parts = [f"{unwell} sources unwell, {well} well again"] if unwell + well else []
    parts += [f"{others} read otherwise or silent"] if others else []
    return ", ".join(parts)


def _digest(turns: Sequence[Turn]) -> str:
    text = "\0".join(
        part
        for turn in turns
        for part in (turn.bulletin, turn.source, turn.kind.value, turn.told, turn.mailed)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:24]
