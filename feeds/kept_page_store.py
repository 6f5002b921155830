"""The last pages of each source as they came, in SQL: to be read again by today's rules.

A page is kept that said something else than the one before, or could not be believed. Of the
others nothing could be learnt.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.page import Page, Validators
from feeds.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feeds.database import Database, Row, Transaction
    from feeds.records import Check

# Compressed; larger ones are not kept.
LARGEST_BYTES = 2_000_000
_LEVEL = 6
_KEPT = "id, fetched, outcome, url, content_type, status, size"
_OUTCOMES_NOT_BELIEVED = ("held", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """A page to be kept, compressed, and how many of its source are."""

    body: bytes
    size: int
    digest: str
    url: str
    content_type: str
    status: int | None
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page that was kept: when it last was so, and how the check of it went then."""

    id: int
    fetched: datetime
    outcome: str
    url: str
    content_type: str
    status: int | None
    size: int


def keeping(page: Page, *, most: int) -> Keeping | None:
    """Return a page as it is kept; None where it is too large, or none are wanted."""
    if most < 1:
        return None
    body = zlib.compress(page.body, _LEVEL)
    if len(body) > LARGEST_BYTES:
        return None
    return Keeping(
        body=body,
        size=len(page.body),
        digest=page.validators.digest,
        url=clean_text(page.url),
        content_type=clean_text(page.content_type),
        status=page.status,
        most=most,
    )


def keep(transaction: Transaction, check: Check, kept: Keeping) -> None:
    """Keep the page of a check; let go of the oldest of its source where there are too many.

    Of the pages that were believed, and of those that were not, the last one always stays: one
    is looked at beside the other.
    """
    place = {"bulletin": check.bulletin, "source": check.source}
    transaction.run(
        """
        INSERT INTO kept_pages (
            bulletin, source, digest, fetched, outcome, url, content_type, status, size, body
        ) VALUES (
            :bulletin, :source, :digest, :fetched, :outcome, :url, :content_type, :status, :size,
            :body
        ) ON CONFLICT (bulletin, source, digest)
        DO UPDATE SET fetched = excluded.fetched, outcome = excluded.outcome
        """,
        **place,
        digest=kept.digest,
        fetched=to_column(check.finished),
        outcome=check.outcome,
        url=kept.url,
        content_type=kept.content_type,
        status=kept.status,
        size=kept.size,
        body=kept.body,
    )
    rows = transaction.all(
        "SELECT id, outcome FROM kept_pages WHERE bulletin = :bulletin AND source = :source "
        "ORDER BY fetched DESC, id DESC",
        **place,
    )
    transaction.run_each(
        "DELETE FROM kept_pages WHERE id = :id", [{"id": id_} for id_ in _surplus(rows, kept.most)]
    )


def _surplus(rows: Sequence[Row], most: int) -> list[int]:
    """Return which of the pages, newest first, are let go."""
    last_of: set[bool] = set()
    surplus = []
    for rank, row in enumerate(rows):
        is_believed = row["outcome"] not in _OUTCOMES_NOT_BELIEVED
        if rank >= most and is_believed in last_of:
            surplus.append(int(row["id"]))
        last_of.add(is_believed)
    return surplus


class KeptPageStore:
    """Kept pages in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pages(self, bulletin: str, source: str) -> tuple[KeptPage, ...]:
        """Return the kept pages of a source, newest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {_KEPT} FROM kept_pages WHERE bulletin = :bulletin AND source = :source "
                "ORDER BY fetched DESC, id DESC",
                bulletin=bulletin,
                source=source,
            )
        return tuple(map(_kept_from, rows))

    def page(self, bulletin: str, source: str, number: int) -> tuple[KeptPage, Page] | None:
        """Return one of them, and the page as it came; None where it is not kept any more."""
        with self._database.reading() as transaction:
            row = transaction.one(
                f"SELECT {_KEPT}, digest, body FROM kept_pages "
                "WHERE id = :id AND bulletin = :bulletin AND source = :source",
                id=number,
                bulletin=bulletin,
                source=source,
            )
        if row is None:
            return None
        page = Page(
            body=zlib.decompress(bytes(row["body"])),
            url=row["url"],
            content_type=row["content_type"],
            status=row["status"],
            validators=Validators(digest=row["digest"]),
        )
        return _kept_from(row), page


def _kept_from(row: Row) -> KeptPage:
    return KeptPage(
        id=int(row["id"]),
        fetched=from_column(row["fetched"]),
        outcome=row["outcome"],
        url=row["url"],
        content_type=row["content_type"],
        status=row["status"],
        size=int(row["size"]),
    )
