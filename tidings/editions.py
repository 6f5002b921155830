"""What an operator does with editions: approve, skip, retry, send as a test. One way for all doors.

The command line and the desk call the same functions, which raise CommandError with the remedy.
"""

from __future__ import annotations

import logging
from email.utils import parseaddr
from typing import TYPE_CHECKING

from feeds.render import TemplateError
from notifier.address import parse_address
from notifier.approval_store import ApprovalStore
from notifier.edition_list_store import EditionListStore
from notifier.model import Approval
from notifier.retry_store import RetryStore
from tidings.cli import FAILED, USAGE, CommandError
from tidings.mailing import preview_mail, replayed_mail, send_preview
from tidings.past_digests import publish_digests
from tidings.trials import check_templates

if TYPE_CHECKING:
    from config.settings import BulletinSettings
    from notifier.approval_store import Decision
    from notifier.edition_list_store import EditionLine
    from notifier.retry_store import Requeued
    from tidings.app import App

log = logging.getLogger("tidings.work")


def edition_of(app: App, bulletin: str, number: int) -> EditionLine:
    """Return one edition, of a bulletin that may be configured no more. Raises CommandError."""
    found = EditionListStore(app.database).one(bulletin, number)
    if found is None:
        raise CommandError(
            f"{bulletin} has no edition {number}; see: tidings editions list {bulletin}"
        )
    return found


def approve(app: App, bulletin: str, number: int | None = None) -> tuple[Decision, ...]:
    """Let an edition that waits be sent, or all that wait of a bulletin. Raises CommandError."""
    decided = _decide(app, bulletin, number, Approval.APPROVED)
    try:
        # Before their mails leave, which lead to them; the next tick tries again.
        publish_digests(app)
    except (OSError, TemplateError) as error:
        log.warning("the pages of past digests could not be written: %s", error)
    return decided


def skip(app: App, bulletin: str, number: int) -> tuple[Decision, ...]:
    """Let an edition that waits be sent to nobody: no later one tells of its items."""
    return _decide(app, bulletin, number, Approval.SKIPPED)


def _decide(app: App, bulletin: str, number: int | None, word: Approval) -> tuple[Decision, ...]:
    decided = ApprovalStore(app.database).decide(bulletin, number, word, now=app.clock())
    if decided:
        for one in decided:
            log.info("edition %d of %s %s", one.number, bulletin, word.value)
        return decided
    if number is not None:
        found = edition_of(app, bulletin, number)
        stands = f"was {found.approval.value}" if found.approval else "needs no approval"
        raise CommandError(f"edition {number} of {bulletin} does not wait: it {stands}")
    raise CommandError(f"no edition of {bulletin} waits for approval")


def retry(  # noqa: PLR0913 - which of them, and how far it may go
    app: App,
    bulletin: str,
    number: int,
    *,
    delivery: int = 0,
    address: str = "",
    even_doubtful: bool = False,
) -> Requeued:
    """Queue failed deliveries of an edition anew, with their whole time. Raises CommandError."""
    edition_of(app, bulletin, number)
    done = RetryStore(app.database).requeue(
        bulletin,
        number,
        delivery=delivery,
        address=address,
        even_doubtful=even_doubtful,
        now=app.clock(),
    )
    if not done.queued and not done.gone and not done.doubtful:
        raise CommandError(f"no delivery of edition {number} of {bulletin} has failed there")
    return done


def retry_words(done: Requeued) -> str:
    """Say what became of a retry."""
    parts = [f"{done.queued} queued anew"]
    if done.gone:
        parts.append(f"{done.gone} left out: these readers are written to no more")
    if done.doubtful:
        parts.append(f"{done.doubtful} left out: they may have arrived, for an answer was lost")
    return "; ".join(parts)


def test_recipient(app: App, given: str) -> str:
    """Return where a test goes: an address, or where none is given [mail] operator's."""
    address = given.strip() or parseaddr(app.settings.mail.operator)[1]
    if not address:
        raise CommandError(
            "there is no address to send it to; type one, or set [mail] operator", code=USAGE
        )
    try:
        return parse_address(address)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error


def edition_mail(app: App, bulletin: BulletinSettings, address: str, number: int | None) -> bytes:
    """Return the mail of the next edition, or of the one with a number. Raises CommandError."""
    if number is None:
        mail = preview_mail(app, bulletin, address)
        problem = f"nothing was read yet; run first: tidings check {bulletin.slug}"
    else:
        mail = replayed_mail(app, bulletin, number, address)
        problem = f"there is no edition {number}; see: tidings editions list {bulletin.slug}"
    if mail is None:
        raise CommandError(f"{bulletin.slug}: {problem}", code=FAILED)
    return mail


def send_test(app: App, bulletin: BulletinSettings, address: str, number: int | None) -> str:
    """Send a mail as a test; return the relay's answer. Raises CommandError, TransportError."""
    # Also what stands in none of the items of today.
    check_templates(app)
    return send_preview(app, address, edition_mail(app, bulletin, address, number))
