"""The secrets of an installation in SQL: made at their first use, and changed when wanted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from notifier.subscription_tokens import Tokens

if TYPE_CHECKING:
    from feeds.database import Database, Transaction

_TOKEN = "token-"  # noqa: S105 - the beginning of a name


class SecretStore:
    """Secrets in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def secret(self, name: str) -> str:
        """Return the secret of that name."""
        with self._database.reading() as transaction:
            row = transaction.one("SELECT value FROM secrets WHERE name = :name", name=name)
        if row is None:
            with self._database.transaction() as transaction:
                _make(transaction, name)
                row = transaction.one("SELECT value FROM secrets WHERE name = :name", name=name)
        if row is None:
            raise RuntimeError("a secret just written is not there")
        return str(row["value"])

    def tokens(self) -> Tokens:
        """Return what makes and reads tokens; asked each time, for another process may rotate."""
        with self._database.reading() as transaction:
            values = _token_secrets(transaction)
        if not values:
            with self._database.transaction() as transaction:
                _make(transaction, f"{_TOKEN}0001")
                values = _token_secrets(transaction)
        return Tokens(values)

    def rotate(self, *, retire: bool) -> None:
        """Sign with a new secret from now on, in the addresses of all mails to come.

        Tokens of the former secrets still open what they opened, unless they are retired: for
        the day on which a secret has leaked.
        """
        with self._database.transaction() as transaction:
            known = len(_token_secrets(transaction))
            row = transaction.one(
                "SELECT max(name) AS name FROM secrets WHERE name LIKE :names", names=f"{_TOKEN}%"
            )
            last = int(row["name"].removeprefix(_TOKEN)) if known and row else 0
            if retire:
                transaction.run("DELETE FROM secrets WHERE name LIKE :names", names=f"{_TOKEN}%")
            _make(transaction, f"{_TOKEN}{last + 1:04}")


def _token_secrets(transaction: Transaction) -> list[str]:
    rows = transaction.all(
        "SELECT value FROM secrets WHERE name LIKE :names ORDER BY name DESC", names=f"{_TOKEN}%"
    )
    return [str(row["value"]) for row in rows]


def _make(transaction: Transaction, name: str) -> None:
    transaction.run(
        "INSERT INTO secrets (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING",
        name=name,
        value=secrets.token_hex(32),
    )
