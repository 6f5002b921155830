"""Editions in SQL: deciding who is told what is a single transaction, and its lists are frozen."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.columns import ITEM, content_from, item_from
from feeds.instants import from_column, to_column
from notifier.due_store import CORRECTED, NEW, decide, is_any_due, take_due
from notifier.fresh_store import ANNOUNCED
from notifier.health_store import health_from_column, health_of, health_to_column
from notifier.model import Form
from notifier.subscription_columns import A_PERSON
from notifier.suppression_store import SuppressionStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from config.settings import BulletinSettings
    from feeds.database import Database, Row, Transaction
    from feeds.model import Content, Item
    from notifier.due_store import Planned
    from notifier.model import Health, Subscription

# Subscriptions decided in one transaction: short enough that a check is not kept waiting.
BATCH = 500

_OPEN = """
INSERT INTO editions (
    bulletin, number, after, upto, opened, audience, key, language, form, whole, health
)
SELECT :bulletin, coalesce(max(number), 0) + 1, -coalesce(max(number), 0) - 1, :upto, :now, 0,
       :key, :language, :form, :whole, :health
FROM editions WHERE bulletin = :bulletin
RETURNING id
"""
_FREEZE = """
INSERT INTO edition_items (edition, item, kind, revision, was)
VALUES (:edition, :item, :kind, :revision, :was)
"""
_QUEUE = """
INSERT INTO deliveries (
    edition, subscription, address, channel, state, message_id, next_attempt, created, reply,
    finished
) VALUES (
    :edition, :subscription, :address, :channel, :state, :message_id, :now, :now, :reply, :finished
)
"""
_ITEMS = f"""
SELECT {ITEM}, kind, frozen, was FROM (
    SELECT item, kind, revision AS frozen, was FROM edition_items WHERE edition = :edition
) AS held JOIN items ON items.id = held.item
ORDER BY published DESC, number DESC
"""
_EDITION = """
SELECT id, bulletin, number, audience, language, form, whole, opened, health,
    (SELECT max(finished) FROM deliveries WHERE edition = editions.id AND state = 'sent') AS sent_at
FROM editions
"""
_WORDING = """
SELECT content FROM revisions
WHERE item = :item AND revision >= :revision AND merged_from IS NULL
ORDER BY revision LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One numbered digest occasion; ``audience`` counts its deliveries.

    It is written in ``language`` (empty: the bulletin's) and ``form``. ``whole`` says that it
    holds all that was new, so that it is no secret of somebody's filter. ``health`` is how the
    sources were read before it opened. ``sent`` is when its last mail left, None before.
    """

    id: int
    bulletin: str
    number: int
    audience: int
    language: str = ""
    form: Form = Form.HTML
    whole: bool = True
    opened: datetime
    health: Health | None = None
    sent: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An item of an edition that was told before, with the wording that was told."""

    item: Item
    former: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one transaction decided: subscriptions that were due, deliveries that were queued."""

    subscriptions: int
    deliveries: int


class EditionStore:
    """Editions in a database; ``bulletins`` are those that are configured."""

    def __init__(
        self,
        database: Database,
        *,
        secret: str,
        mail_domain: str,
        bulletins: Sequence[BulletinSettings] = (),
        batch: int = BATCH,
    ) -> None:
        self._database = database
        self._batch = batch
        self._secret = secret.encode()
        self._mail_domain = mail_domain
        self._suppressions = SuppressionStore(database)
        self._languages = {bulletin.slug: bulletin.language for bulletin in bulletins}
        self._correcting = {
            bulletin.slug for bulletin in bulletins if bulletin.corrections_in_digest
        }

    def open_due(self, *, now: datetime) -> Decided:
        """Decide for a batch of due subscriptions who gets which items, in one transaction.

        Call it again until no subscription was due. Where nothing is new, nothing is queued and
        only the next due time moves.
        """
        with self._database.reading() as transaction:
            if not is_any_due(transaction, now=now):
                return Decided(subscriptions=0, deliveries=0)
        is_suppressed = self._suppressions.test()
        with self._database.transaction() as transaction:
            due = take_due(transaction, now=now, limit=self._batch)
            audiences = decide(
                transaction,
                due,
                languages=self._languages,
                correcting=self._correcting,
                now=now,
            )
            reasons = is_suppressed(transaction, [one.subscription.address for one in due])
            queued = 0
            for planned, audience in audiences.items():
                edition = self._open(transaction, planned, now=now)
                queued += self._queue(transaction, edition, audience, reasons, now=now)
        return Decided(subscriptions=len(due), deliveries=queued)

    def _open(self, transaction: Transaction, planned: Planned, *, now: datetime) -> int:
        """Return the edition of these items, opened now or before."""
        # Two workers that open editions of one bulletin at once would take the same number.
        transaction.one(
            "SELECT 1 FROM bulletins WHERE slug = :slug FOR UPDATE", slug=planned.bulletin
        )
        known = transaction.one(
            "SELECT id FROM editions WHERE bulletin = :bulletin AND key = :key",
            bulletin=planned.bulletin,
            key=planned.key,
        )
        if known is not None:
            return int(known["id"])
        row = transaction.one(
            _OPEN,
            bulletin=planned.bulletin,
            upto=planned.upto,
            now=to_column(now),
            key=planned.key,
            language=planned.language,
            form=planned.form.value,
            whole=int(planned.whole),
            health=health_to_column(health_of(transaction, planned.bulletin, now=now)),
        )
        if row is None:
            raise RuntimeError("an edition just opened is not there")
        transaction.run_each(
            _FREEZE,
            [
                {"edition": row["id"], "item": item, "kind": kind, "revision": shown, "was": was}
                for item, kind, shown, was in planned.items
            ],
        )
        return int(row["id"])

    def _queue(
        self,
        transaction: Transaction,
        edition: int,
        audience: Sequence[Subscription],
        suppressed: Mapping[str, str],
        *,
        now: datetime,
    ) -> int:
        """Queue a delivery for each; those of suppressed addresses are counted, but not sent."""
        transaction.run_each(
            _QUEUE,
            [
                {
                    "edition": edition,
                    "subscription": subscription.id,
                    "address": subscription.address,
                    "channel": int(subscription.is_channel),
                    "state": "suppressed" if subscription.address in suppressed else "queued",
                    "reply": suppressed.get(subscription.address, ""),
                    "finished": to_column(now) if subscription.address in suppressed else None,
                    "message_id": self.message_id(edition, subscription.id),
                    "now": to_column(now),
                }
                for subscription in audience
            ],
        )
        transaction.run(
            "UPDATE editions SET audience = audience + :more WHERE id = :id",
            more=len(audience),
            id=edition,
        )
        return sum(subscription.address not in suppressed for subscription in audience)

    def message_id(self, edition: int, subscription: int) -> str:
        """Derive the Message-ID: the same for every try, and not to be guessed from outside."""
        text = f"{edition}/{subscription}".encode()
        digest = hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:24]
        return f"<e{edition}.{digest}@{self._mail_domain}>"

    def items(self, edition: int) -> tuple[Item, ...]:
        """Return the new items of an edition as they were when it opened, newest first.

        What it was opened with it holds, though an item be corrected or forgotten since.
        """
        with self._database.reading() as transaction:
            return tuple(
                _as_frozen(transaction, row)
                for row in transaction.all(_ITEMS, edition=edition)
                if row["kind"] == NEW
            )

    def corrected(self, edition: int) -> tuple[Corrected, ...]:
        """Return the items of an edition that were told before and corrected since."""
        with self._database.reading() as transaction:
            return tuple(
                Corrected(
                    item=_as_frozen(transaction, row),
                    former=_wording(transaction, item_from(row), row["was"]),
                )
                for row in transaction.all(_ITEMS, edition=edition)
                if row["kind"] == CORRECTED
            )

    def edition(self, edition: int) -> Edition:
        """Return one edition. Raises LookupError for an id that is not there."""
        with self._database.reading() as transaction:
            row = transaction.one(f"{_EDITION} WHERE id = :id", id=edition)
        if row is None:
            raise LookupError(f"no edition {edition}")
        return _edition_from(row)

    def numbered(self, bulletin: str, number: int) -> Edition | None:
        """Return the edition of a bulletin that has this number; None where none has."""
        with self._database.reading() as transaction:
            row = transaction.one(
                f"{_EDITION} WHERE bulletin = :bulletin AND number = :number",
                bulletin=bulletin,
                number=number,
            )
        return None if row is None else _edition_from(row)

    def health(self, bulletin: str, *, now: datetime) -> Health:
        """Return how the sources of a bulletin were read lately, for an edition to come."""
        with self._database.reading() as transaction:
            return health_of(transaction, bulletin, now=now)

    def next_items(self, bulletin: str) -> tuple[Item, ...]:
        """Return what the next edition could hold: the items after the oldest mark."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {ITEM} FROM items WHERE bulletin = :bulletin AND {ANNOUNCED} "
                "AND number > (SELECT min(mark) FROM subscriptions "
                "JOIN subscribers ON subscribers.id = subscriber "
                f"WHERE active = 1 AND bulletin = :bulletin AND {A_PERSON}) "
                "ORDER BY published DESC, number DESC",
                bulletin=bulletin,
            )
        return tuple(item_from(row) for row in rows)


def _edition_from(row: Row) -> Edition:
    return Edition(
        id=row["id"],
        bulletin=row["bulletin"],
        number=row["number"],
        audience=row["audience"],
        language=row["language"],
        form=Form(row["form"]),
        whole=bool(row["whole"]),
        opened=from_column(row["opened"]),
        health=health_from_column(row["health"]),
        sent=from_column(row["sent_at"]) if row["sent_at"] else None,
    )


def _as_frozen(transaction: Transaction, row: Row) -> Item:
    item = item_from(row)
    if row["frozen"] is None or row["frozen"] >= item.revision:
        return item
    return replace(item, content=_wording(transaction, item, row["frozen"]))


def _wording(transaction: Transaction, item: Item, revision: int) -> Content:
    """Return the wording that an item had at a revision."""
    row = transaction.one(_WORDING, item=item.id, revision=revision)
    return item.content if row is None else content_from(json.loads(row["content"]))
