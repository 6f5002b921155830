"""Why somebody was told something, or was not: the words for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.model import DeliveryState

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.model import Item
    from notifier.ledger_store import Attempt, LedgerLine
    from notifier.model import Rule, Subscription
    from notifier.notice_ledger_store import NoticeLine
    from notifier.reader_store import Standing
    from notifier.suppression_store import Suppression

_STATES = {
    DeliveryState.QUEUED: "waits to be sent",
    DeliveryState.SENDING: "is being sent",
    DeliveryState.SENT: "sent",
    DeliveryState.DEFERRED: "was refused for now, and is tried again",
    DeliveryState.UNCERTAIN: "was handed over, but no answer came; it is sent once more",
    DeliveryState.FAILED: "could not be sent",
    DeliveryState.SUPPRESSED: "was not sent",
}


def told_words(told: LedgerLine | NoticeLine) -> str:
    """Say how far a mail has come, and what was said at each attempt before the last."""
    if told.state is DeliveryState.SENT and told.finished:
        words = f"sent {_time(told.finished)}: {told.reply}"
    else:
        words = _STATES[told.state] + (f" ({told.reply})" if told.reply else "")
    before = told.attempts[:-1] if told.finished else told.attempts
    return "; ".join([words, *map(_attempt_words, before)])


def _attempt_words(attempt: Attempt) -> str:
    relay = f" by {attempt.relay}" if attempt.relay else ""
    reply = f": {attempt.reply}" if attempt.reply else ""
    return f"attempt {attempt.number} {_time(attempt.started)}{relay} {attempt.state.value}{reply}"


def standing_words(standing: Standing, item: Item, *, now: datetime) -> str:
    """Say why a subscription was not told an item, or not yet."""
    if item.baseline:
        return "it was there when its source was first read: nobody is told of such items"
    if item.held_back and (standing.waits or item.number > standing.mark):
        return f"is held back since {_time(item.held_back)}: in no mail until it is released"
    if standing.waits:
        return f"waits for the digest of {_time(standing.next_digest)}"
    if item.number <= standing.mark:
        return _past_words(standing, item)
    return _hindrance(standing, item, now=now) or _coming_words(standing)


def _past_words(standing: Standing, item: Item) -> str:
    if item.first_seen < standing.created:
        return f"subscribed later, on {_time(standing.created)}"
    return "its wishes left it out, or it came while there was no subscription"


def _hindrance(standing: Standing, item: Item, *, now: datetime) -> str:
    """Say what keeps an item from being told; empty where nothing does."""
    if not standing.active:
        return f"{standing.ended_because or 'ended'} since {_time(standing.ended)}"
    if standing.state != "active":
        return standing.state
    if item.forgotten:
        return "it was forgotten before it was told"
    is_paused = standing.paused_until is not None and standing.paused_until > now
    return f"paused until {_time(standing.paused_until)}" if is_paused else ""


def _coming_words(standing: Standing) -> str:
    if standing.next_digest is None:
        return "is told at the next tick, if its wishes want it"
    return f"is told on {_time(standing.next_digest)}, if its wishes want it"


def subscription_words(
    subscription: Subscription, suppression: Suppression | None, *, now: datetime
) -> str:
    """Say how a subscription stands and when it is next told."""
    if suppression is not None:
        return f"suppressed ({suppression.reason.value}) since {_time(suppression.since)}"
    if subscription.ended is not None:
        return f"ended {_time(subscription.ended)}"
    if subscription.paused_until and subscription.paused_until > now:
        return f"paused until {_time(subscription.paused_until)}"
    return "; ".join(map(rule_words, subscription.rules))


def rule_words(rule: Rule) -> str:
    """Say what a rule wants, and how often."""
    parts = [
        f"{name} {', '.join(values)}"
        for name, values in (
            ("with", rule.wanted.words),
            ("without", rule.wanted.without),
            ("in", rule.wanted.categories),
            ("from", rule.wanted.sources),
            ("language", rule.wanted.languages),
        )
        if values
    ]
    return " ".join([rule.cadence, *parts])


def coming_words(rule: Rule, count: int, zone: ZoneInfo) -> str:
    """Say what a rule takes, and when that is told."""
    when = "at once"
    if rule.next_digest is not None:
        when = f"on {rule.next_digest.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
    return f"{rule_words(rule)}: {count} item{'s' * (count != 1)}, told {when}"


def _time(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "now"
