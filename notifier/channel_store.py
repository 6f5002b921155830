"""Channels in SQL: those that are configured are subscribers, whose address is their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.model import CHANNEL, Rule
from notifier.subscriber_store import SubscriberStore, end
from notifier.subscription_columns import A_PERSON

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from feeds.database import Database, Transaction
    from feeds.filters import ItemFilter
    from notifier.alert_store import Alert, AlertStore
    from notifier.model import Subscription

_GONE = "taken out of the configuration"
_CHANNELS = f"""
SELECT subscriptions.id AS id, address, bulletin FROM subscriptions
JOIN subscribers ON subscribers.id = subscriber
WHERE active = 1 AND NOT ({A_PERSON}) ORDER BY bulletin, address
"""
_OPEN = """
SELECT count(*) AS waiting FROM deliveries WHERE subscription = :id AND channel = 1
AND state IN ('queued', 'deferred', 'uncertain', 'sending')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A channel as it is configured."""

    bulletin: str
    name: str
    rule: Rule
    time_zone: ZoneInfo
    language: str

    @classmethod
    def of(  # noqa: PLR0913 - what a channel is
        cls,
        bulletin: str,
        name: str,
        *,
        cadence: str,
        wanted: ItemFilter,
        time_zone: ZoneInfo,
        language: str,
    ) -> Wanted:
        """Return one of its parts."""
        rule = Rule(cadence=cadence, wanted=wanted)
        return cls(bulletin=bulletin, name=name, rule=rule, time_zone=time_zone, language=language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A channel that takes nothing: since when, and why."""

    bulletin: str
    channel: str
    problem: str
    since: datetime

    @property
    def full_name(self) -> str:
        """How the channel is named."""
        return f"{self.bulletin}/{self.channel}" if self.bulletin else self.channel


class ChannelStore:
    """Channels in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers = SubscriberStore(database)

    def register(self, wanted: Sequence[Wanted], *, now: datetime) -> None:
        """Bring the store in line with the configuration.

        A new channel begins now: what is there already it is not told. One that is gone ends,
        with all that it was still to be told.
        """
        names = {(one.bulletin, f"{CHANNEL}{one.name}") for one in wanted}
        with self._database.reading() as transaction:
            rows = transaction.all(_CHANNELS)
        gone = [row["id"] for row in rows if (row["bulletin"], row["address"]) not in names]
        if gone:
            with self._database.transaction() as transaction:
                for subscription in gone:
                    end(transaction, subscription, because=_GONE, now=now)
        for one in wanted:
            known = self.find(one.bulletin, one.name)
            if known is None or not _agrees(known, one):
                self._subscribers.subscribe(
                    f"{CHANNEL}{one.name}",
                    one.bulletin,
                    rules=(one.rule,),
                    time_zone=one.time_zone,
                    language=one.language,
                    now=now,
                )

    def find(self, bulletin: str, name: str) -> Subscription | None:
        """Return the subscription of a channel; None where it has none yet."""
        found = self._subscribers.of_address(f"{CHANNEL}{name}")
        return next((one for one in found if one.bulletin == bulletin), None)

    def waiting(self, subscription: int) -> int:
        """Count what a channel is still to be told."""
        with self._database.reading() as transaction:
            row = transaction.one(_OPEN, id=subscription)
        return int(row["waiting"]) if row else 0

    def troubles(self) -> tuple[Trouble, ...]:
        """Return the channels that take nothing."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT bulletin, channel, problem, since FROM channel_troubles "
                "ORDER BY bulletin, channel"
            )
        return tuple(
            Trouble(
                bulletin=row["bulletin"],
                channel=row["channel"],
                problem=row["problem"],
                since=from_column(row["since"]),
            )
            for row in rows
        )

    def troubled(
        self, trouble: Trouble, alert: Alert, *, alerts: AlertStore, ways: Collection[str]
    ) -> bool:
        """Note that a channel takes nothing, and queue its alert; True where that is new."""
        key = {"bulletin": trouble.bulletin, "channel": trouble.channel}
        with self._database.transaction() as transaction:
            if transaction.run(
                "UPDATE channel_troubles SET problem = :problem "
                "WHERE bulletin = :bulletin AND channel = :channel",
                problem=trouble.problem,
                **key,
            ):
                return False
            transaction.run(
                "INSERT INTO channel_troubles (bulletin, channel, problem, since) "
                "VALUES (:bulletin, :channel, :problem, :since)",
                problem=trouble.problem,
                since=to_column(trouble.since),
                **key,
            )
            alerts.add(transaction, [alert], ways, now=trouble.since)
        return True

    def well_again(
        self,
        trouble: Trouble,
        alert: Alert,
        *,
        alerts: AlertStore,
        ways: Collection[str],
        now: datetime,
    ) -> None:
        """Note that a channel takes messages again, and queue the word of it."""
        with self._database.transaction() as transaction:
            if _forget(transaction, trouble):
                alerts.add(transaction, [alert], ways, now=now)


def _forget(transaction: Transaction, trouble: Trouble) -> int:
    return transaction.run(
        "DELETE FROM channel_troubles WHERE bulletin = :bulletin AND channel = :channel",
        bulletin=trouble.bulletin,
        channel=trouble.channel,
    )


def _agrees(known: Subscription, wanted: Wanted) -> bool:
    """Tell whether a subscription is as configured."""
    rule = wanted.rule
    return (
        known.ended is None
        and [(one.cadence, one.wanted) for one in known.rules] == [(rule.cadence, rule.wanted)]
        and known.time_zone.key == wanted.time_zone.key
        and known.language == wanted.language
    )
