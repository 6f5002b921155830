"""What the API can do about editions and subscribers, by the functions of the verbs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notifier.cadence import check_cadence
from notifier.model import Form, Rule
from notifier.subscriber_list_store import Sought, SubscriberListStore
from notifier.suppression_store import Reason
from tidings import editions, subscribing
from tidings.api import telling_shapes as shapes
from tidings.api.calls import MissingError, Operation
from tidings.api.shapes import Said
from tidings.cli import USAGE, CommandError
from tidings.options import time_zone
from tidings.reports import listed_report, standing_report
from tidings.standings import standing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifier.approval_store import Decision
    from tidings.api.calls import Call
    from tidings.app import App

_TOLD = 100
_DIGITS = 9


# --- editions ------------------------------------------------------------------------------


def _edition(call: Call) -> tuple[str, int]:
    """Return which edition the address names. Raises MissingError."""
    slug, number = call.visit.place["bulletin"], call.visit.place["number"]
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        raise MissingError(f"{slug} has no edition {number!r}")
    return slug, int(number)


def _decide(
    call: Call, *, action: str, decide: Callable[[App, str, int], tuple[Decision, ...]]
) -> object:
    slug, number = _edition(call)
    subject = f"{slug}/{number}"
    with call.desk.change(call.visit, f"{action} edition", subject, before="waiting") as logged:
        decided = decide(call.app, slug, number)
        many = sum(one.deliveries for one in decided)
        logged.after = {"deliveries": many}
    return {"said": f"{action}: edition {number} of {slug}, {many} deliveries"}


def _retry(call: Call) -> object:
    slug, number = _edition(call)
    body = call.body
    with call.desk.change(call.visit, "retry deliveries", f"{slug}/{number}") as logged:
        done = editions.retry(
            call.app, slug, number, address=body.address, even_doubtful=body.doubtful
        )
        words = editions.retry_words(done)
        logged.after = words
    return {"said": words}


# --- subscribers ---------------------------------------------------------------------------


def _subscribers(call: Call) -> object:
    asked = call.asked
    sought = Sought(find=asked.find, bulletin=asked.bulletin)
    found = SubscriberListStore(call.app.database).find(
        sought, after=asked.after, limit=asked.limit
    )
    return [listed_report(one) for one in found]


def _standing(call: Call) -> object:
    try:
        address = subscribing.address_of(call.asked.address)
        standing = standing_of(call.app, address, limit=_TOLD)
    except CommandError as error:
        raise MissingError(str(error)) from error
    return standing_report(standing)


def _subscribe(call: Call) -> object:
    """Ask an address by mail; where its consent is stated, add it."""
    app, body = call.app, call.body
    wanted = _wanted(app, body)
    after = {"bulletin": wanted.bulletin.slug, "cadence": body.cadence}
    if not body.consent:
        with call.desk.change(call.visit, "ask by mail", wanted.address) as logged:
            subscribing.ask(app, wanted, source="api")
            logged.after = after
        return {"said": f"{wanted.address} is asked by mail, unless that was done of late"}
    with call.desk.change(call.visit, "add subscription", wanted.address) as logged:
        subscription = subscribing.add(app, wanted, consent=(body.consent, app.clock()))
        logged.after = {**after, "consent": body.consent}
    return {"said": f"{wanted.address} gets {subscription.bulletin}"}


def _wanted(app: App, body: shapes.Subscribe) -> subscribing.Wanted:
    bulletin = app.settings.bulletin(body.bulletin)
    if bulletin is None:
        raise MissingError(f"no bulletin {body.bulletin!r} is configured")
    try:
        cadence = check_cadence(body.cadence)
    except ValueError as error:
        raise CommandError(str(error), code=USAGE) from error
    return subscribing.Wanted(
        address=subscribing.address_of(body.address),
        bulletin=bulletin,
        rules=(Rule(cadence=cadence),),
        time_zone=time_zone(body.time_zone) if body.time_zone else bulletin.time_zone,
        language=body.language or bulletin.language,
        form=Form(body.form) if body.form else None,
    )


def _end(call: Call) -> object:
    address = subscribing.address_of(call.body.address)
    with call.desk.change(call.visit, "end subscription", address) as logged:
        ended = subscribing.end(call.app, address, call.body.bulletin)
        slugs = [one.bulletin for one in ended]
        logged.after = {"ended": slugs}
    return {"said": f"{address} no longer gets {', '.join(slugs)}"}


def _suppress(call: Call) -> object:
    address = subscribing.address_of(call.body.address)
    with call.desk.change(call.visit, "suppress", address) as logged:
        call.app.suppressions.suppress(address, Reason.OPERATOR, now=call.app.clock())
        logged.after = "suppressed"
    return {"said": f"{address} is not written to any more"}


def _revive(call: Call) -> object:
    address = subscribing.address_of(call.body.address)
    with call.desk.change(call.visit, "revive", address):
        subscribing.revive(call.app, address)
    return {"said": f"{address} can subscribe again"}


_ONE_EDITION = "/editions/{bulletin}/{number}"
TELLING = (
    *(
        Operation(
            name=f"{action}Edition",
            method="POST",
            path=f"{_ONE_EDITION}/{action}",
            does=does,
            work=partial(_decide, action=action, decide=decide),
            answer=Said,
        )
        for action, does, decide in (
            ("approve", "Let an edition be sent that waits for approval.", editions.approve),
            ("skip", "Let an edition that waits be sent to nobody.", editions.skip),
        )
    ),
    Operation(
        name="retryEdition",
        method="POST",
        path=f"{_ONE_EDITION}/retry",
        does="Queue failed deliveries of an edition anew.",
        work=_retry,
        body=shapes.Retry,
        answer=Said,
    ),
    Operation(
        name="listSubscribers",
        method="GET",
        path="/subscribers",
        does="List subscribers by address, or find some.",
        work=_subscribers,
        asked=shapes.SubscribersAsked,
        answer=list[shapes.Subscriber],
    ),
    Operation(
        name="getStanding",
        method="GET",
        path="/standing",
        does="Say how an address stands, and why it was told something or was not.",
        work=_standing,
        asked=shapes.StandingAsked,
        answer=shapes.Standing,
        names_something=True,
    ),
    Operation(
        name="addSubscriber",
        method="POST",
        path="/subscribers",
        does="Ask an address by mail whether it wants a bulletin; add it where it has said so.",
        work=_subscribe,
        body=shapes.Subscribe,
        answer=Said,
        names_something=True,
    ),
    Operation(
        name="endSubscription",
        method="POST",
        path="/subscribers/end",
        does="End a subscription of an address, or all.",
        work=_end,
        body=shapes.End,
        answer=Said,
    ),
    *(
        Operation(
            name=f"{action}Address",
            method="POST",
            path=f"/subscribers/{action}",
            does=does,
            work=work,
            body=shapes.Address,
            answer=Said,
        )
        for action, does, work in (
            ("suppress", "Write to an address no more, whoever asks.", _suppress),
            ("revive", "Let a suppressed address subscribe again.", _revive),
        )
    ),
)
