"""The pages of subscribers: found, explained, ended, suppressed, revived, added."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from notifier.address import parse_address
from notifier.cadence import check_cadence
from notifier.model import Form, Rule, SubscriberState
from notifier.subscriber_list_store import Sought, SubscriberListStore
from notifier.suppression_store import Reason
from tidings.cli import USAGE, CommandError
from tidings.explaining import told_words
from tidings.options import time_zone
from tidings.standings import standing_of
from tidings.subscribing import Wanted, add, address_of, ask, end, revive, when_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response
    from starlette.routing import Route

    from notifier.subscriber_list_store import Listed
    from notifier.suppression_store import Suppression
    from tidings.app import App
    from tidings.desk.visit import Desk, Visit

_LISTED = 50
_TOLD = 50
_LARGEST = 2**62
_CADENCES = ("instant", "daily", "weekly", "monthly")
ALL = "/desk/subscribers"


def subscriber_routes(desk: Desk) -> list[Route]:
    """Return the addresses of subscribers."""
    pages = _Pages(desk)
    one = f"{ALL}/{{id:int}}"
    return [
        desk.get(ALL, pages.all),
        desk.get(f"{ALL}/add", pages.form),
        desk.post(f"{ALL}/add", pages.add),
        desk.post(f"{ALL}/suppress", pages.suppress),
        desk.post(f"{ALL}/revive", pages.revive),
        desk.post(f"{ALL}/new-links", pages.new_links),
        desk.get(one, pages.one),
        desk.post(f"{one}/end", pages.end),
    ]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # --- looking -----------------------------------------------------------------------------

    def all(self, visit: Visit) -> Response:
        """List those who are looked for, by address, a page at a time."""
        app, query = self._desk.app, visit.query
        sought = Sought(
            find=query.get("find", "").strip(),
            state=query.get("state", ""),
            bulletin=query.get("bulletin", ""),
            cadence=query.get("cadence", "") if query.get("cadence") in _CADENCES else "",
        )
        lists = SubscriberListStore(app.database)
        after = query.get("after", "")
        found = lists.find(sought, after=after, limit=_LISTED + 1)
        shown = found[:_LISTED]
        more = {**asdict(sought), "after": shown[-1].address if shown else ""}
        return self._desk.page(
            "desk/subscribers.html",
            visit,
            found=[(one, [when_words(each) for each in one.subscriptions]) for one in shown],
            more=urlencode(more) if len(found) > _LISTED else "",
            many=lists.count(sought),
            sought=sought,
            is_first=not after,
            suppressed=_suppressed(app, sought.find),
            states=[state.value for state in SubscriberState],
            cadences=_CADENCES,
            bulletins=app.settings.bulletins,
        )

    def one(self, visit: Visit) -> Response:
        """Say how an address stands, and what became of each of its last editions."""
        subscriber = self._subscriber(visit)
        app = self._desk.app
        try:
            standing = standing_of(app, subscriber.address, limit=_TOLD)
        except CommandError as error:
            raise HTTPException(404, str(error)) from error
        return self._desk.page(
            "desk/subscriber.html",
            visit,
            subscriber=subscriber,
            standing=standing,
            consent=app.readers.consent(subscriber.id),
            told=[(line, told_words(line)) for line in standing.told],
            notices=[(line, told_words(line)) for line in standing.notices],
            words={one.id: when_words(one) for one, _ in standing.subscriptions},
            most=_TOLD,
        )

    def form(self, visit: Visit) -> Response:
        """Show the form that adds somebody."""
        settings = self._desk.app.settings
        return self._desk.page(
            "desk/subscriber_add.html",
            visit,
            bulletins=settings.bulletins,
            address=visit.query.get("address", ""),
            today=self._desk.app.clock().date().isoformat(),
        )

    # --- changing ----------------------------------------------------------------------------

    def add(self, visit: Visit) -> Response:
        """Ask somebody by mail, or add them where they have asked for it already."""
        app, fields = self._desk.app, visit.fields
        wanted = _wanted(app, fields)
        after = {
            "bulletin": wanted.bulletin.slug,
            "cadence": wanted.rules[0].cadence,
            "language": wanted.language,
            "time_zone": wanted.time_zone.key,
        }
        if fields.get("how") != "consent":
            with self._desk.change(visit, "ask by mail", wanted.address) as change:
                ask(app, wanted, source="desk")
                change.after = after
            said = f"{wanted.address} is asked by mail, unless that was done within the last hours."
            return self._desk.see(ALL, visit, said=said)
        consent = _consent(fields, now=app.clock())
        before = _known(app, wanted)
        with self._desk.change(visit, "add subscription", wanted.address, before=before) as change:
            subscription = add(app, wanted, consent=consent)
            change.after = {**after, "consent": consent[0], "consent_date": consent[1].isoformat()}
        said = f"{wanted.address} gets {wanted.bulletin.slug}: {when_words(subscription)}."
        return self._desk.see(f"{ALL}/{subscription.subscriber_id}", visit, said=said)

    def end(self, visit: Visit) -> Response:
        """End a subscription of somebody, or all."""
        subscriber = self._subscriber(visit)
        address, slug = subscriber.address, visit.fields.get("bulletin", "")
        before = {one.bulletin: when_words(one) for one in subscriber.subscriptions}
        with self._desk.change(visit, "end subscription", address, before=before) as change:
            ended = end(self._desk.app, address, slug)
            change.after = {"ended": [one.bulletin for one in ended]}
        said = f"{address} no longer gets {', '.join(one.bulletin for one in ended)}."
        return self._desk.see(f"{ALL}/{subscriber.id}", visit, said=said)

    def suppress(self, visit: Visit) -> Response:
        """Never write to an address again, whoever asks."""
        app, address = self._desk.app, address_of(visit.fields.get("address", ""))
        before = _standing(app.suppressions.find(address))
        with self._desk.change(visit, "suppress", address, before=before) as change:
            app.suppressions.suppress(address, Reason.OPERATOR, now=app.clock())
            change.after = _standing(app.suppressions.find(address))
        said = f"{address} is not written to any more."
        return self._desk.see(_back(visit), visit, said=said)

    def revive(self, visit: Visit) -> Response:
        """Let an address that is suppressed subscribe again."""
        app, address = self._desk.app, address_of(visit.fields.get("address", ""))
        before = _standing(app.suppressions.find(address))
        with self._desk.change(visit, "revive", address, before=before):
            revive(app, address)
        return self._desk.see(_back(visit), visit, said=f"{address} can subscribe again.")

    def new_links(self, visit: Visit) -> Response:
        """Sign the links of all mails to come anew; those of former mails end where wanted."""
        retire = "retire" in visit.fields
        with self._desk.change(visit, "new links", "subscribers") as change:
            renewed = self._desk.app.subscribers.rotate_tokens(retire=retire)
            former = "open nothing any more" if retire else "still work"
            said = f"{renewed} subscriptions have new links; those of former mails {former}."
            change.after = said
        return self._desk.see(ALL, visit, said=said)

    def _subscriber(self, visit: Visit) -> Listed:
        number = min(int(visit.place["id"]), _LARGEST)
        found = SubscriberListStore(self._desk.app.database).by_id(number)
        if found is None:
            raise HTTPException(404, "There is no such subscriber.")
        return found


def _suppressed(app: App, text: str) -> tuple[str, Suppression] | None:
    """Return why an address is written to no more: the list holds digests, so it must be whole."""
    try:
        address = parse_address(text)
    except ValueError:
        return None
    suppression = app.suppressions.find(address)
    return None if suppression is None else (address, suppression)


def _standing(suppression: Suppression | None) -> str | None:
    if suppression is None:
        return None
    return f"suppressed ({suppression.reason.value}) since {suppression.since:%Y-%m-%d %H:%M} UTC"


def _back(visit: Visit) -> str:
    """Return the page that a form came from: that of a subscriber, or the list."""
    number = visit.fields.get("id", "")
    return f"{ALL}/{number}" if number.isascii() and number.isdigit() else ALL


def _known(app: App, wanted: Wanted) -> str | None:
    of = {one.bulletin: one for one in app.subscribers.of_address(wanted.address)}
    known = of.get(wanted.bulletin.slug)
    return None if known is None or known.ended else when_words(known)


def _wanted(app: App, fields: Mapping[str, str]) -> Wanted:
    """Read the form. Raises CommandError, with what is wrong."""
    bulletin = app.bulletin(fields.get("bulletin", ""))
    try:
        cadence = check_cadence(fields.get("cadence", "").strip() or "weekly")
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error
    zone = fields.get("time_zone", "").strip()
    return Wanted(
        address=address_of(fields.get("address", "").strip()),
        bulletin=bulletin,
        rules=(Rule(cadence=cadence),),
        time_zone=time_zone(zone) if zone else bulletin.time_zone,
        language=fields.get("language", "").strip()[:35] or bulletin.language,
        form=Form.TEXT if "text" in fields else None,
    )


def _consent(fields: Mapping[str, str], *, now: datetime) -> tuple[str, datetime]:
    source = fields.get("consent_source", "").strip()[:200]
    if not source:
        raise CommandError("say how they asked for it, such as: a form at the counter", code=USAGE)
    try:
        made = datetime.fromisoformat(fields.get("consent_date", "").strip()).replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError("say on which day they asked for it: 2026-11-23", code=USAGE) from error
    if made > now:
        raise CommandError("a consent of a day to come is none", code=USAGE)
    return source, made
