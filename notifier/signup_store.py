"""Sign-ups in SQL: asked for, confirmed by mail, and kept from being used against others.

Whoever asks gets the same answer; what differs is which mail leaves, and that is only for the
owner of the address to see. Limits are rows, so that they hold across processes.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from notifier.notice_store import CONFIRM, KNOWN, VALID, WELCOME, queue_notice
from notifier.secret_store import SecretStore
from notifier.subscription_tokens import TokenKind
from notifier.suppression_store import SuppressionStore
from notifier.wishes import Wishes, wishes_from

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row, Transaction

# How long what was not confirmed is remembered.
_REMEMBERED = timedelta(days=30)
# Whatever is posted, an address gets one mail in so many hours, and so many in a month.
QUIET = timedelta(hours=6)
_MOST_MAILS = 6
_MONTH = timedelta(days=30)
# Attempts of one network in an hour: a school or an office at once, but no machine.
MOST_ATTEMPTS = 20
_HOUR = timedelta(hours=1)
_UPSERT = """
INSERT INTO signups (address, bulletin, wishes, source, network, created, expires)
VALUES (:address, :bulletin, :wishes, :source, :network, :now, :expires)
ON CONFLICT (address, bulletin) DO UPDATE SET
    wishes = excluded.wishes, source = excluded.source, network = excluded.network,
    created = excluded.created, expires = excluded.expires, confirmed = NULL
RETURNING id
"""
_PENDING = """
SELECT id, address, bulletin, wishes, source, created, expires, confirmed FROM signups
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What somebody asked for. ``confirmed`` is when they said so once more, None before."""

    id: int
    address: str
    bulletin: str
    wishes: Wishes
    source: str
    created: datetime
    expires: datetime
    confirmed: datetime | None


class SignUpStore:
    """Sign-ups in a database."""

    def __init__(self, database: Database, *, mail_domain: str) -> None:
        self._database = database
        self._mail_domain = mail_domain
        self._secrets = SecretStore(database)
        self._suppressions = SuppressionStore(database)

    def is_crowded(self, client: str, *, now: datetime) -> bool:
        """Count an attempt of a network; whether there were too many of late."""
        network = self._network(client)
        with self._database.transaction() as transaction:
            transaction.run(
                "DELETE FROM attempts_to_sign_up WHERE made < :old", old=to_column(now - _HOUR)
            )
            row = transaction.one(
                "SELECT count(*) AS attempts FROM attempts_to_sign_up "
                "WHERE network = :network AND made > :since",
                network=network,
                since=to_column(now - _HOUR),
            )
            if row is not None and int(row["attempts"]) >= MOST_ATTEMPTS:
                return True
            transaction.run(
                "INSERT INTO attempts_to_sign_up (network, made) VALUES (:network, :now)",
                network=network,
                now=to_column(now),
            )
        return False

    def ask(  # noqa: PLR0913 - a sign-up has these parts
        self,
        address: str,
        bulletin: str,
        wishes: Wishes,
        *,
        source: str,
        client: str,
        now: datetime,
    ) -> None:
        """Note what somebody asked for, and which mail they get; nothing else is ever answered."""
        tokens, network = self._secrets.tokens(), self._network(client)
        suppressed = self._suppressions.find(address)
        with self._database.transaction() as transaction:
            # Addresses of people who never wanted anything are not kept.
            old = to_column(now - _REMEMBERED)
            transaction.run("DELETE FROM signups WHERE expires < :old", old=old)
            transaction.run("DELETE FROM notices WHERE finished < :old", old=old)
            if suppressed is not None and not suppressed.reason.ends_by_consent:
                return
            known = transaction.one(
                "SELECT subscriptions.token AS token FROM subscriptions "
                "JOIN subscribers ON subscribers.id = subscriptions.subscriber "
                "WHERE address = :address AND bulletin = :bulletin AND active = 1",
                address=address,
                bulletin=bulletin,
            )
            kind, token = KNOWN, known["token"] if known else ""
            if known is None:
                row = transaction.one(
                    _UPSERT,
                    address=address,
                    bulletin=bulletin,
                    wishes=wishes.to_json(),
                    source=source,
                    network=network,
                    now=to_column(now),
                    expires=to_column(now + VALID),
                )
                if row is None:
                    raise RuntimeError("a sign-up just written is not there")
                kind, token = CONFIRM, tokens.token(TokenKind.SIGN_UP, row["id"])
            if not _is_pestered(transaction, address, now=now):
                queue_notice(
                    transaction,
                    kind,
                    address,
                    bulletin=bulletin,
                    language=wishes.language,
                    token=token,
                    mail_domain=self._mail_domain,
                    now=now,
                )

    def by_token(self, token: str) -> SignUp | None:
        """Return the sign-up of a token, expired or not; None for a token of nobody."""
        number = self._secrets.tokens().number(TokenKind.SIGN_UP, token)
        if number is None:
            return None
        with self._database.reading() as transaction:
            row = transaction.one(f"{_PENDING} WHERE id = :id", id=number)
        return None if row is None else _sign_up_from(row)

    def pending(self, address: str, *, now: datetime) -> tuple[SignUp, ...]:
        """Return what an address asked for and can still confirm, in the order of asking."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"{_PENDING} WHERE address = :address AND confirmed IS NULL AND expires > :now "
                "ORDER BY created, id",
                address=address,
                now=to_column(now),
            )
        return tuple(map(_sign_up_from, rows))

    def confirmed(self, sign_up: SignUp, *, token: str, now: datetime) -> None:
        """Note that a sign-up was confirmed and has its subscription; queue the welcome.

        A confirmation proves that mail arrives and is wanted, which ends most suppressions.
        """
        with self._database.transaction() as transaction:
            touched = transaction.run(
                "UPDATE signups SET confirmed = :now WHERE id = :id AND confirmed IS NULL",
                now=to_column(now),
                id=sign_up.id,
            )
            if touched:
                queue_notice(
                    transaction,
                    WELCOME,
                    sign_up.address,
                    bulletin=sign_up.bulletin,
                    language=sign_up.wishes.language,
                    token=token,
                    mail_domain=self._mail_domain,
                    now=now,
                )
        suppressed = self._suppressions.find(sign_up.address)
        if suppressed is not None and suppressed.reason.ends_by_consent:
            self._suppressions.revive(sign_up.address)

    def _network(self, client: str) -> str:
        """Return a digest of the network of an address: /24, or /64 of IPv6."""
        secret = self._secrets.secret("network").encode()
        return hmac.new(secret, network_of(client).encode(), hashlib.sha256).hexdigest()[:32]


def network_of(client: str) -> str:
    """Return the network that one household or office has: /24, or /64 of IPv6. Pure."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(ip_network((address, 24), strict=False))


def _is_pestered(transaction: Transaction, address: str, *, now: datetime) -> bool:
    """Whether an address got its mail of these hours already, or its mails of this month."""
    row = transaction.one(
        "SELECT count(*) AS mails, max(created) AS last FROM notices WHERE address = :address "
        "AND kind <> 'welcome' AND created > :since",
        address=address,
        since=to_column(now - _MONTH),
    )
    if row is None or row["last"] is None:
        return False
    return int(row["mails"]) >= _MOST_MAILS or row["last"] > to_column(now - QUIET)


def _sign_up_from(row: Row) -> SignUp:
    return SignUp(
        id=row["id"],
        address=row["address"],
        bulletin=row["bulletin"],
        wishes=wishes_from(row["wishes"]),
        source=row["source"],
        created=from_column(row["created"]),
        expires=from_column(row["expires"]),
        confirmed=from_column(row["confirmed"]),
    )
