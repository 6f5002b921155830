"""The pages of editions: what was told to whom, what waits for a word, what failed."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from notifier.approval_store import ApprovalStore
from notifier.edition_list_store import EditionListStore
from notifier.ledger_store import LAST, OPEN
from notifier.model import DeliveryState
from tidings.desk.asked import number_in
from tidings.desk.frames import framed
from tidings.editions import (
    approve,
    edition_mail,
    retry,
    retry_words,
    send_test,
    skip,
    test_recipient,
)
from tidings.errors import expected

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import EmailMessage

    from starlette.responses import Response
    from starlette.routing import Route

    from config.settings import BulletinSettings
    from notifier.approval_store import Decision
    from notifier.edition_list_store import EditionLine
    from tidings.desk.visit import Desk, Visit

_LISTED = 30
_DELIVERIES = 50
# Who a mail that is only looked at is addressed to: nobody (RFC 2606).
_NOBODY = "reader@example.org"
_STATES = {
    "sent": (DeliveryState.SENT,),
    "failed": (DeliveryState.FAILED,),
    "suppressed": (DeliveryState.SUPPRESSED,),
    "open": OPEN,
}
NEXT = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """A mail as a page shows it; ``problem`` is why there is none."""

    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    has_html: bool = False
    problem: str = ""


def edition_routes(desk: Desk) -> list[Route]:
    """Return the addresses of editions."""
    pages = _Pages(desk)
    one = "/desk/editions/{bulletin}/{number:int}"
    coming = f"/desk/editions/{{bulletin}}/{NEXT}"
    return [
        desk.get("/desk/editions", pages.all),
        desk.post("/desk/editions/{bulletin}/approve", pages.approve_all),
        desk.get(coming, pages.coming),
        desk.get(f"{coming}/mail", pages.mail),
        desk.post(f"{coming}/test", pages.test),
        desk.get(one, pages.one),
        desk.get(f"{one}/mail", pages.mail),
        desk.post(f"{one}/test", pages.test),
        desk.post(f"{one}/approve", pages.approve),
        desk.post(f"{one}/skip", pages.skip),
        desk.post(f"{one}/retry", pages.retry),
    ]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # --- looking -----------------------------------------------------------------------------

    def all(self, visit: Visit) -> Response:
        """List editions, the latest first, and what waits above them."""
        app, bulletin = self._desk.app, visit.query.get("bulletin", "")
        lists = EditionListStore(app.database)
        before = number_in(visit.query, "before") or LAST
        lines = lists.latest(bulletin, before=before, limit=_LISTED + 1)
        configured = {one.slug for one in app.settings.bulletins}
        return self._desk.page(
            "desk/editions.html",
            visit,
            lines=lines[:_LISTED],
            has_more=len(lines) > _LISTED,
            is_first=before == LAST,
            bulletin=bulletin,
            bulletins=app.settings.bulletins,
            known=sorted(configured.union(lists.bulletins())),
            waiting=ApprovalStore(app.database).waiting(),
        )

    def one(self, visit: Visit) -> Response:
        """Show one edition: its mail, and the ledger of its deliveries."""
        line = self._line(visit)
        find, state = visit.query.get("find", "").strip(), visit.query.get("state", "")
        deliveries = self._desk.app.ledger.of_edition(
            line.id,
            find=find,
            states=_STATES.get(state, ()),
            before=number_in(visit.query, "before") or LAST,
            limit=_DELIVERIES + 1,
        )
        shown = deliveries[:_DELIVERIES]
        older = {"find": find, "state": state, "before": shown[-1].delivery_id if shown else 0}
        return self._desk.page(
            "desk/edition.html",
            visit,
            line=line,
            title=self._title(line.bulletin),
            mail=self._view(line.bulletin, line.number),
            operator=parseaddr(self._desk.app.settings.mail.operator)[1],
            deliveries=shown,
            older=urlencode(older) if len(deliveries) > _DELIVERIES else "",
            find=find,
            state=state,
            states=tuple(_STATES),
        )

    def coming(self, visit: Visit) -> Response:
        """Show the mail of the next edition, of the latest items where none is due."""
        bulletin = self._bulletin(visit)
        return self._desk.page(
            "desk/edition_next.html",
            visit,
            bulletin=bulletin,
            title=bulletin.title,
            mail=self._view(bulletin.slug, None),
            operator=parseaddr(self._desk.app.settings.mail.operator)[1],
        )

    def mail(self, visit: Visit) -> Response:
        """Give the HTML part of a mail for a frame."""
        try:
            message = self._message(visit.place["bulletin"], _number(visit))
        except Exception as error:
            problem = expected(error)
            if problem is None:
                raise
            raise HTTPException(404, problem) from error
        html = _part(message, "html")
        if html is None:
            raise HTTPException(404, "This mail is plain text.")
        return framed(html)

    # --- deciding ----------------------------------------------------------------------------

    def approve(self, visit: Visit) -> Response:
        """Let an edition be sent."""
        return self._approve(visit, _number(visit), self._path(visit))

    def approve_all(self, visit: Visit) -> Response:
        """Let all editions of a bulletin be sent that wait now."""
        return self._approve(visit, None, "/desk/editions")

    def _approve(self, visit: Visit, number: int | None, path: str) -> Response:
        slug = visit.place["bulletin"]
        subject = slug if number is None else f"{slug}/{number}"
        before = "waiting"
        with self._desk.change(visit, "approve edition", subject, before=before) as change:
            decided = approve(self._desk.app, slug, number)
            change.after = {"approved": [one.number for one in decided]}
        return self._desk.see(path, visit, said=f"Approved; now leaving: {_mails(decided)}.")

    def skip(self, visit: Visit) -> Response:
        """Let an edition be sent to nobody."""
        slug, number = visit.place["bulletin"], _number(visit) or 0
        subject = f"{slug}/{number}"
        with self._desk.change(visit, "skip edition", subject, before="waiting") as change:
            decided = skip(self._desk.app, slug, number)
            change.after = "skipped"
        said = f"Skipped; not sent: {_mails(decided)}."
        return self._desk.see(self._path(visit), visit, said=said)

    def retry(self, visit: Visit) -> Response:
        """Queue what failed anew: all of an edition, or one delivery."""
        slug, number = visit.place["bulletin"], _number(visit) or 0
        delivery = number_in(visit.fields, "delivery") or 0
        with self._desk.change(visit, "retry deliveries", f"{slug}/{number}") as change:
            done = retry(
                self._desk.app,
                slug,
                number,
                delivery=delivery,
                even_doubtful="doubtful" in visit.fields,
            )
            words = retry_words(done)
            change.after = {"delivery": delivery, "outcome": words} if delivery else words
        return self._desk.see(self._path(visit), visit, said=f"{words.capitalize()}.")

    def test(self, visit: Visit) -> Response:
        """Send a mail as a test."""
        app, bulletin, number = self._desk.app, self._bulletin(visit), _number(visit)
        address = test_recipient(app, visit.fields.get("address", ""))
        subject = f"{bulletin.slug}/{number or NEXT}"
        with self._desk.change(visit, "send a test", subject) as change:
            reply = send_test(app, bulletin, address, number)
            change.after = {"to": address, "reply": reply}
        return self._desk.see(self._path(visit), visit, said=f"Sent to {address}: {reply}")

    # --- parts -------------------------------------------------------------------------------

    def _line(self, visit: Visit) -> EditionLine:
        lists = EditionListStore(self._desk.app.database)
        line = lists.one(visit.place["bulletin"], _number(visit) or 0)
        if line is None:
            raise HTTPException(404, "There is no such edition.")
        return line

    def _bulletin(self, visit: Visit) -> BulletinSettings:
        bulletin = self._desk.app.settings.bulletin(visit.place["bulletin"])
        if bulletin is None:
            raise HTTPException(404, "No such bulletin is configured.")
        return bulletin

    def _title(self, slug: str) -> str:
        bulletin = self._desk.app.settings.bulletin(slug)
        return bulletin.title if bulletin else slug

    def _path(self, visit: Visit) -> str:
        return visit.path.rpartition("/")[0]

    def _message(self, slug: str, number: int | None) -> EmailMessage:
        """Return a mail to nobody. Raises what an operator can mend."""
        app = self._desk.app
        mail = edition_mail(app, app.bulletin(slug), _NOBODY, number)
        return message_from_bytes(mail, policy=policy.default)

    def _view(self, slug: str, number: int | None) -> MailView:
        try:
            message = self._message(slug, number)
        except Exception as error:
            problem = expected(error)
            if problem is None:
                raise
            return MailView(problem=problem)
        return MailView(
            headers=tuple((name, str(value)) for name, value in message.items()),
            text=_part(message, "plain") or "",
            has_html=_part(message, "html") is not None,
        )


# Numbers of editions are of this size at most.
_LARGEST = 2**31 - 1


def _number(visit: Visit) -> int | None:
    number = visit.place.get("number")
    return None if number is None else min(int(number), _LARGEST)


def _mails(decided: Iterable[Decision]) -> str:
    many = sum(one.deliveries for one in decided)
    return f"{many} mails" if many != 1 else "one mail"


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")
