"""The tokens of programs that use the API, in SQL: each with a name, and what it may do."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database, Row

# By this beginning a token that leaked is found in what leaked it.
PREFIX = "tidings_"
# A program that asks often writes seldom.
_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """One token: its name, whether it may change anything, when it was used last."""

    name: str
    may_change: bool
    created: datetime
    used: datetime | None


class ApiTokenStore:
    """Tokens in a database; only a hash of each is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, *, may_change: bool, now: datetime) -> str | None:
        """Return a new token, which is shown once; None where the name is taken."""
        token = PREFIX + secrets.token_urlsafe(32)
        with self._database.transaction() as transaction:
            row = transaction.one(
                "INSERT INTO api_tokens (name, token, may_change, created) "
                "VALUES (:name, :token, :may_change, :now) "
                "ON CONFLICT (name) DO NOTHING RETURNING name",
                name=name,
                token=_hashed(token),
                may_change=int(may_change),
                now=to_column(now),
            )
        return token if row else None

    def find(self, token: str, *, now: datetime) -> ApiToken | None:
        """Return who uses a token, and count it as used; None where nobody has it."""
        with self._database.reading() as transaction:
            row = transaction.one(
                f"SELECT {_COLUMNS} FROM api_tokens WHERE token = :token", token=_hashed(token)
            )
        if row is None:
            return None
        if not row["used"] or str(row["used"]) < to_column(now - _NOTED):
            with self._database.transaction() as transaction:
                transaction.run(
                    "UPDATE api_tokens SET used = :now WHERE name = :name",
                    now=to_column(now),
                    name=row["name"],
                )
        return _token_from(row)

    def all(self) -> tuple[ApiToken, ...]:
        """Return all tokens, by name."""
        with self._database.reading() as transaction:
            rows = transaction.all(f"SELECT {_COLUMNS} FROM api_tokens ORDER BY name")
        return tuple(map(_token_from, rows))

    def revoke(self, name: str) -> bool:
        """End a token at once; whether there was one."""
        with self._database.transaction() as transaction:
            row = transaction.one(
                "DELETE FROM api_tokens WHERE name = :name RETURNING name", name=name
            )
        return row is not None


_COLUMNS = "name, may_change, created, used"


def _hashed(token: str) -> str:
    # 256 bits of chance: no slow hash is needed against guessing.
    return hashlib.sha256(token.encode()).hexdigest()


def _token_from(row: Row) -> ApiToken:
    return ApiToken(
        name=row["name"],
        may_change=bool(row["may_change"]),
        created=from_column(str(row["created"])),
        used=from_column(row["used"]) if row["used"] else None,
    )
