"""Checks, changes and sources as plain values for ``--json`` and for ``/health``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from notifier.approval_store import ApprovalStore
from notifier.stop_store import NOTICES
from tidings.explaining import rule_words
from tidings.renewing import IN_FORCE, UNUSABLE

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.item_admin_store import History
    from feeds.model import Content, Item
    from feeds.records import Check, Repaired, SourceState
    from notifier.edition_list_store import EditionLine
    from notifier.ledger_store import Attempt
    from notifier.subscriber_list_store import Listed
    from tidings.app import App
    from tidings.desk.audit_store import Line
    from tidings.renewing import State
    from tidings.standings import AddressStanding

Report = dict[str, object]

# Titles of what is held, in a report of many sources.
_TITLES = 5


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


def check_report(check: Check) -> Report:
    """Return what one check found."""
    return {
        "bulletin": check.bulletin,
        "source": check.source,
        "outcome": check.outcome,
        "status": check.status,
        "started": _instant(check.started),
        "found": check.found,
        "new": check.new,
        "revised": check.revised,
        "missing": check.missing,
        "error": check.error,
    }


def source_report(source: SourceState) -> Report:
    """Return how a source is."""
    return {
        "bulletin": source.bulletin,
        "source": source.name,
        "location": source.location,
        "moved_to": source.moved_to,
        "healthy": not source.problem,
        "problem": source.problem,
        "held": source.held,
        "held_since": _instant(source.held_since),
        "held_new": source.held_news.count,
        "held_titles": list(source.held_news.titles[:_TITLES]),
        "repaired": None if source.repaired is None else _repaired_report(source.repaired),
        "silent_since": (
            _instant(source.habit.last) if source.habit and source.is_silent else None
        ),
        "failures": source.failures,
        "checked": _instant(source.checked),
        "succeeded": _instant(source.succeeded),
        "next_check": None if source.paused else _instant(source.next_check),
        "paused": _instant(source.paused),
    }


def _repaired_report(repaired: Repaired) -> Report:
    return {
        "since": _instant(repaired.since),
        "evidence": repaired.evidence,
        "rules": {name: value for name, value in repaired.selectors.items() if value},
    }


def item_report(item: Item) -> Report:
    """Return an item as it stands."""
    content = item.content
    return {
        "id": item.id,
        "token": item.token,
        "bulletin": item.bulletin,
        "title": content.title,
        "url": content.url,
        "date": content.when.day.isoformat() if content.when else None,
        "published": _instant(item.published),
        "updated": _instant(item.updated),
        "first_seen": _instant(item.first_seen),
        "baseline": item.baseline,
        "forgotten": _instant(item.forgotten),
        "merged_into": item.merged_into or None,
        "withdrawn": _instant(item.withdrawn),
        "held_back": _instant(item.held_back),
        "missing_since": _instant(item.missing_since),
    }


def history_report(history: History) -> Report:
    """Return an item with its content, where it stands and what it was before."""
    return item_report(history.item) | {
        "source_id": history.item.source_id,
        "revision": history.item.revision,
        "content": _content_report(history.item.content),
        "sightings": [
            {
                "source": sighting.source,
                "position": sighting.position,
                "missing_since": _instant(sighting.missing_since),
                "evidence": sighting.evidence,
                "strength": round(sighting.strength, 3),
            }
            for sighting in history.sightings
        ],
        "former": [
            {
                "revision": former.revision,
                "content": _content_report(former.content),
                "replaced": _instant(former.replaced),
                "evidence": former.evidence,
                "strength": None if former.strength is None else round(former.strength, 3),
                "merged_from": former.merged_from or None,
            }
            for former in history.former
        ],
    }


def _content_report(content: Content) -> Report:
    return {
        "title": content.title,
        "url": content.url,
        "date": content.when.day.isoformat() if content.when else None,
        "summary_html": content.summary_html,
        "full_html": content.full_html,
        "author": content.author,
        "image_url": content.image_url,
        "categories": list(content.categories),
        "language": content.language,
    }


def attempt_report(attempt: Attempt) -> Report:
    """Return one try to hand a mail to a relay, and what was said to it."""
    return {
        "number": attempt.number,
        "started": _instant(attempt.started),
        "finished": _instant(attempt.finished) if attempt.finished else None,
        "state": attempt.state.value,
        "relay": attempt.relay,
        "reply": attempt.reply,
    }


def edition_report(line: EditionLine) -> Report:
    """Return one edition: what it holds, and where its audience is."""
    return {
        "bulletin": line.bulletin,
        "number": line.number,
        "opened": _instant(line.opened),
        "language": line.language,
        "form": line.form.value,
        "items": line.items,
        "approval": line.approval.value or None,
        "audience": line.sum.audience,
        "sent": line.sum.sent,
        "failed": line.sum.failed,
        "suppressed": line.sum.suppressed,
        "open": line.sum.open,
    }


def waiting_report(app: App) -> list[Report]:
    """Return which editions wait for an operator's word."""
    return [
        {
            "bulletin": edition.bulletin,
            "number": edition.number,
            "since": _instant(edition.opened),
            "items": edition.items,
            "deliveries": edition.deliveries,
        }
        for edition in ApprovalStore(app.database).waiting()
    ]


def refused_report(app: App) -> list[Report]:
    """Return which feeds are not published as they should be, by which item and rule."""
    return [asdict(refusal) for refusal in app.publisher.refused()]


def hubs_report(app: App) -> list[Report]:
    """Return what the hubs do not know yet, or could not be told, and why."""
    return [
        asdict(waiting) | {"changed": _instant(waiting.changed)}
        for waiting in app.pinger.pings.waiting(app.settings.site.hubs)
    ]


def channels_report(app: App) -> list[Report]:
    """Return which channels take nothing, since when and why; no address is in it."""
    return [
        {"channel": one.full_name, "problem": one.problem, "since": _instant(one.since)}
        for one in app.channels.troubles()
    ]


def health_report(app: App, configuration: State = IN_FORCE) -> Report:
    """Return how sources, feeds and hubs are, what waits in the outbox, whether mail goes out.

    What a relay said, perhaps of somebody's address, stands elsewhere, and so does what is wrong
    in a configuration. Others than the operator get it by ``public_health``.
    """
    sources = [source_report(source) for source in app.sources.sources()]
    refused = refused_report(app)
    waiting, stop = app.deliveries.tally(), app.stops.current()
    unwritten = app.stops.current(NOTICES)
    unbalanced = [f"{found.bulletin}/{found.edition_number}" for found in app.ledger.unbalanced()]
    # What is paused is somebody's word, and no alarm.
    read = all(source["healthy"] or source["paused"] for source in sources)
    usable = not configuration.problem
    mailed = stop is None and unwritten is None and not unbalanced
    well = read and not refused and mailed and usable
    return {
        "status": "ok" if well else "failing",
        "configuration": "in force" if usable else UNUSABLE,
        "waits_for_start": list(configuration.waiting),
        "sources": sources,
        "refused": refused,
        "hubs": hubs_report(app),
        "channels": channels_report(app),
        "deliveries": {state.value: count for state, count in waiting.items()},
        "mail_stopped_since": _instant(stop.since) if stop else None,
        "notices_unwritten_since": _instant(unwritten.since) if unwritten else None,
        "editions_out_of_balance": unbalanced,
        "editions_waiting": waiting_report(app),
    }


# Of a report what tells of an operator's own places: addresses with what stands in their queries,
# folders, hosts of a network inside, and titles that are held.
_PRIVATE = frozenset(("location", "moved_to", "problem", "held_titles", "repaired"))


def public_health(report: Report) -> Report:
    """Return a report of health as anybody may read it: how all is, and not where or why."""
    return {name: _without_private(value) for name, value in report.items()}


def _without_private(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [
        {name: kept for name, kept in each.items() if name not in _PRIVATE}
        if isinstance(each, dict)
        else each
        for each in value
    ]


def line_report(line: Line) -> Report:
    """Return a line of the log of changes."""
    return asdict(line) | {"at": _instant(line.at)}


def standing_report(standing: AddressStanding) -> Report:
    """Return how an address stands, and what became of its last mails."""
    return {
        "address": standing.address,
        "suppressed": standing.suppression.reason.value if standing.suppression else None,
        "came_back": list(standing.came_back),
        "subscriptions": [
            {"bulletin": one.bulletin, "standing": words} for one, words in standing.subscriptions
        ],
        "editions": [
            {
                "bulletin": one.bulletin,
                "number": one.edition_number,
                "opened": one.created.isoformat(),
                "state": one.state.value,
                "reply": one.reply,
                "attempts": [attempt_report(attempt) for attempt in one.attempts],
                "items": list(one.items),
            }
            for one in standing.told
        ],
        "notices": [
            {
                "kind": one.kind,
                "bulletin": one.bulletin,
                "asked": one.created.isoformat(),
                "state": one.state.value,
                "reply": one.reply,
                "attempts": [attempt_report(attempt) for attempt in one.attempts],
            }
            for one in standing.notices
        ],
    }


def listed_report(subscriber: Listed) -> Report:
    """Return a subscriber with the subscriptions that go on."""
    return {
        "address": subscriber.address,
        "state": subscriber.state.value,
        "created": _instant(subscriber.created),
        "subscriptions": [
            {
                "bulletin": one.bulletin,
                "rules": [rule_words(rule) for rule in one.rules],
                "language": one.language,
                "time_zone": one.time_zone.key,
                "form": one.form.value,
                "next_digest": _instant(one.next_digest),
            }
            for one in subscriber.subscriptions
        ],
    }
