"""Who is signed in at the desk, in SQL: sessions, links that sign in once, failed attempts."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import to_column
from notifier.signup_store import network_of

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database

# Whoever is signed in signs in again after this time, however busy.
_LONGEST = timedelta(days=7)
# Who signed in so lately is believed to be the same person.
_FRESH = timedelta(minutes=10)
# A page of a busy operator writes nothing.
_NOTED = timedelta(minutes=1)
_LINK = timedelta(minutes=15)
_WINDOW = timedelta(minutes=15)
# Failed attempts within the window: of one network, and of all together. The command line's
# links are not counted, so that nobody can lock the operator out.
MOST_FAILURES = 10
MOST_FAILURES_OF_ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in; ``said`` is what the next page tells of the last change."""

    operator: str
    said: str


class SessionStore:
    """Sessions in a database."""

    def __init__(self, database: Database, *, idle: timedelta) -> None:
        self._database = database
        self._idle = idle

    def open(self, operator: str, *, now: datetime) -> str:
        """Begin a session; return its token, which is stored nowhere."""
        token = secrets.token_urlsafe(24)
        with self._database.transaction() as transaction:
            transaction.run(
                "DELETE FROM sessions WHERE used < :idle OR created < :old",
                **self._limits(now),
            )
            transaction.run(
                "INSERT INTO sessions (token, operator, created, used) "
                "VALUES (:token, :operator, :now, :now)",
                token=_hashed(token),
                operator=operator,
                now=to_column(now),
            )
        return token

    def find(self, token: str, *, now: datetime) -> Session | None:
        """Return a session that lasts, and count it as used."""
        if not token:
            return None
        hashed = _hashed(token)
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT operator, said, used FROM sessions "
                "WHERE token = :token AND used >= :idle AND created >= :old",
                token=hashed,
                **self._limits(now),
            )
        if row is None:
            return None
        if str(row["used"]) < to_column(now - _NOTED):
            with self._database.transaction() as transaction:
                transaction.run(
                    "UPDATE sessions SET used = :now WHERE token = :token",
                    token=hashed,
                    now=to_column(now),
                )
        return Session(operator=row["operator"], said=row["said"])

    def say(self, token: str, text: str) -> None:
        """Let the session's next page say something; nothing where the text is empty."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE sessions SET said = :said WHERE token = :token",
                said=text,
                token=_hashed(token),
            )

    def is_fresh(self, token: str, *, now: datetime) -> bool:
        """Tell whether somebody signed in a few minutes ago."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT token FROM sessions WHERE token = :token AND created >= :since",
                token=_hashed(token),
                since=to_column(now - _FRESH),
            )
        return row is not None

    def close_others(self, token: str) -> None:
        """End all sessions but one, and all links: whoever has the old password is out."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM sessions WHERE token <> :token", token=_hashed(token))
            transaction.run("DELETE FROM sign_in_links")

    def close(self, token: str) -> None:
        """End a session."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM sessions WHERE token = :token", token=_hashed(token))

    def close_all(self) -> None:
        """End all sessions: for the day on which a password has leaked."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM sessions")
            transaction.run("DELETE FROM sign_in_links")

    # --- links of the command line ---------------------------------------------------------

    def new_link(self, *, now: datetime) -> str:
        """Return the token of a link that signs somebody in once, within a quarter of an hour."""
        token = secrets.token_urlsafe(24)
        with self._database.transaction() as transaction:
            transaction.run(
                "DELETE FROM sign_in_links WHERE expires < :now",
                now=to_column(now),
            )
            transaction.run(
                "INSERT INTO sign_in_links (token, expires) VALUES (:token, :expires)",
                token=_hashed(token),
                expires=to_column(now + _LINK),
            )
        return token

    def is_link(self, token: str, *, now: datetime) -> bool:
        """Tell whether a link still signs in; it goes on to do so."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT token FROM sign_in_links WHERE token = :token AND expires >= :now",
                token=_hashed(token),
                now=to_column(now),
            )
        return row is not None

    def use_link(self, token: str, *, now: datetime) -> bool:
        """Use up a link; whether it was good."""
        with self._database.transaction() as transaction:
            row = transaction.one(
                "DELETE FROM sign_in_links WHERE token = :token RETURNING expires",
                token=_hashed(token),
            )
        return row is not None and str(row["expires"]) >= to_column(now)

    # --- attempts --------------------------------------------------------------------------

    def attempt(self, client: str, *, now: datetime) -> bool:
        """Count an attempt as failed before it is looked at; whether it may be made.

        So whoever tries many at once is not ahead of the count. What is refused is not counted:
        no network can use up the attempts of all.
        """
        network = network_of(client)
        if self._is_beyond(network, now=now, more=1):
            return False
        with self._database.transaction() as transaction:
            transaction.run(
                "DELETE FROM sign_in_failures WHERE at < :old", old=to_column(now - _WINDOW)
            )
            transaction.run(
                "INSERT INTO sign_in_failures (network, at) VALUES (:network, :now)",
                network=network,
                now=to_column(now),
            )
        return not self._is_beyond(network, now=now, more=0)

    def forgive(self, client: str) -> None:
        """Count the attempts of a network no more: one of them was right."""
        with self._database.transaction() as transaction:
            transaction.run(
                "DELETE FROM sign_in_failures WHERE network = :network", network=network_of(client)
            )

    def _is_beyond(self, network: str, *, now: datetime, more: int) -> bool:
        """Tell whether there are too many of a network, or of all, with so many more."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT count(*) AS of_all, "
                "coalesce(sum(CASE WHEN network = :network THEN 1 ELSE 0 END), 0) AS of_one "
                "FROM sign_in_failures WHERE at > :since",
                network=network,
                since=to_column(now - _WINDOW),
            )
        return row is not None and (
            int(row["of_one"]) + more > MOST_FAILURES
            or int(row["of_all"]) + more > MOST_FAILURES_OF_ALL
        )

    def use_code(self, step: int) -> bool:
        """Use up the code of a step of time; whether it was not used before."""
        with self._database.transaction() as transaction:
            row = transaction.one(
                "INSERT INTO used_codes (step) VALUES (:step) "
                "ON CONFLICT (step) DO NOTHING RETURNING step",
                step=step,
            )
            transaction.run("DELETE FROM used_codes WHERE step < :old", old=step - 100)
        return row is not None

    def _limits(self, now: datetime) -> dict[str, str]:
        return {"idle": to_column(now - self._idle), "old": to_column(now - _LONGEST)}


def _hashed(token: str) -> str:
    # A token has 192 bits of chance: no slow hash is needed against guessing.
    return hashlib.sha256(token.encode()).hexdigest()
