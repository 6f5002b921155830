"""What follows of a mail that came back: nothing, a note, a slower pace, no more mail.

Whose delivery it is must be proved by a mark that only its mail carried; else the mail is
foreign, whatever it says. Taking the same report twice changes nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from notifier.bounces import Kind, Weight, read_report, weigh
from notifier.suppression_store import Reason
from notifier.tokens import bounced

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifier.bounce_store import About, BounceStore
    from notifier.bounces import Report
    from notifier.subscriber_store import SubscriberStore
    from notifier.suppression_store import SuppressionStore
    from notifier.wish_store import WishStore

# Who is slowed hears once in this time, of all that came in it.
SLOW = timedelta(days=7)


class Follows(StrEnum):
    """What a mail changes."""

    SUPPRESSED = "suppressed"
    SLOWED = "slowed"
    NOTED = "noted"
    TOLD = "told to the operator"
    UNSUBSCRIBED = "unsubscribed"
    NOTHING = "nothing"
    LEFT = "left alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many mails in a row may come back softly within a time, until what."""

    within: timedelta
    slow_after: int
    suppress_after: int

    def follows(self, in_a_row: int) -> Follows:
        """Return what follows of so many."""
        if in_a_row >= self.suppress_after:
            return Follows.SUPPRESSED
        return Follows.SLOWED if in_a_row >= self.slow_after else Follows.NOTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a mail was and what follows, in words that name the delivery."""

    kind: Kind
    follows: Follows
    words: str

    @property
    def is_ours(self) -> bool:
        """Whether it was meant for us; all other mail is nobody's to touch."""
        return self.follows is not Follows.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Takes mails that came back. ``secret`` is the one of bounce addresses."""

    bounces: BounceStore
    subscribers: SubscriberStore
    suppressions: SuppressionStore
    wishes: WishStore
    patience: Patience
    secret: str
    clock: Callable[[], datetime]

    def take(self, mail: bytes, *, dry: bool = False) -> Taken:
        """Read a mail, do what follows of it, and say it; ``dry`` only says it."""
        return self.follow(read_report(mail), dry=dry)

    def follow(self, report: Report, *, dry: bool = False) -> Taken:
        """Do what follows of a report, and say it."""
        match report.kind:
            case Kind.FOREIGN:
                return _left(report, "no report, and no way out of a mail")
            case Kind.UNSUBSCRIBE:
                return self._leave(report, dry=dry)
        about = self._about(report)
        if about is None:
            return _left(report, "it names no mail of ours")
        match report.kind:
            case Kind.BOUNCE:
                return self._bounce(report, about, dry=dry)
            case Kind.COMPLAINT:
                return self._complaint(report, about, dry=dry)
        words = f"{about.name}: {report.status} {report.words}".rstrip(" :")
        return Taken(kind=report.kind, follows=Follows.NOTHING, words=words)

    def _about(self, report: Report) -> About | None:
        """Return the mail by the surest mark: our token, then an id that nobody can guess."""
        for address in report.addresses:
            about = self._named_by(address)
            if about is not None:
                return about
        for message_id in report.message_ids:
            about = self.bounces.of_message(message_id)
            if about is not None:
                return about
        return None

    def _named_by(self, address: str) -> About | None:
        """Return the mail whose bounces come to an address."""
        delivery = bounced(address, secret=self.secret)
        if delivery is not None:
            return self.bounces.of_delivery(delivery)
        notice = bounced(address, secret=self.secret, of="notice")
        return None if notice is None else self.bounces.of_notice(notice)

    def _leave(self, report: Report, *, dry: bool) -> Taken:
        for token in report.tokens:
            subscription = self.subscribers.by_token(token)
            if subscription is None:
                continue
            words = f"{subscription.address} leaves {subscription.bulletin}"
            if subscription.ended is not None:
                return Taken(kind=report.kind, follows=Follows.NOTHING, words=f"{words} again")
            if not dry:
                self.subscribers.unsubscribe(subscription, now=self.clock())
            return Taken(kind=report.kind, follows=Follows.UNSUBSCRIBED, words=words)
        return _left(report, "it holds no token of ours")

    def _complaint(self, report: Report, about: About, *, dry: bool) -> Taken:
        words = f"{about.name}: {report.words}"
        if not about.address:
            return Taken(kind=report.kind, follows=Follows.NOTHING, words=words)
        if not dry:
            self.suppressions.suppress(about.address, Reason.COMPLAINED, now=self.clock())
            self.bounces.say(about, f"complained of: {report.words}")
        return Taken(kind=report.kind, follows=Follows.SUPPRESSED, words=words)

    def _bounce(self, report: Report, about: About, *, dry: bool) -> Taken:
        said = f"{report.status} {report.words.removeprefix(report.status).strip()}".strip()
        words = f"{about.name}: {said or 'no reason given'}"
        weight, known = weigh(report), self.bounces.known(about)
        if not about.address or (known is not None and not weight.outweighs(known)):
            return Taken(kind=report.kind, follows=Follows.NOTHING, words=f"{words} (known)")
        follows = self._follows(weight, about)
        if not dry:
            self._do(follows, about)
            self.bounces.note(
                about, weight, status=report.status, words=report.words, now=self.clock()
            )
            self.bounces.say(about, f"came back: {said or 'no reason given'}")
        return Taken(kind=report.kind, follows=follows, words=words)

    def _follows(self, weight: Weight, about: About) -> Follows:
        if weight is Weight.OURS:
            return Follows.TOLD
        if about.is_overtaken:
            return Follows.NOTED
        if weight is Weight.HARD:
            return Follows.SUPPRESSED
        if not about.token:
            # Nobody subscribes by a notice: there is nothing to slow down.
            return Follows.NOTED
        before = self.bounces.in_a_row(about.address, within=self.patience.within, now=self.clock())
        return self.patience.follows(before + 1)

    def _do(self, follows: Follows, about: About) -> None:
        """Act on an address; who asked for no mail, or complained, stays suppressed for that."""
        now = self.clock()
        if follows is Follows.SUPPRESSED and self.suppressions.find(about.address) is None:
            self.suppressions.suppress(about.address, Reason.BOUNCED, now=now)
        elif follows is Follows.SLOWED:
            subscription = self.subscribers.by_token(about.token)
            if subscription is None:
                return
            until = max(now + SLOW, subscription.paused_until or now)
            self.wishes.pause(subscription, until, now=now)


def _left(report: Report, words: str) -> Taken:
    return Taken(kind=report.kind, follows=Follows.LEFT, words=words)
