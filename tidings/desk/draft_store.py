"""Drafts between two requests, in SQL: a few, for a day, within a bound of bytes."""

from __future__ import annotations

import json
import secrets
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.fetch_parts import Parts
from feeds.instants import from_column, to_column
from feeds.page import Page, Validators
from feeds.snapshot import Picture
from tidings.desk.draft import draft_from, state_of

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.database import Database
    from tidings.desk.draft import Draft

KEPT = timedelta(days=1)
# Of all open drafts together; beyond it those go that were used least lately.
MOST_DRAFTS = 12
MOST_BYTES = 40_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An open draft as a list names it."""

    id: str
    used: datetime
    url: str
    title: str
    of: tuple[str, str]


class DraftStore:
    """Drafts in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, draft: Draft, parts: Parts, *, now: datetime) -> None:
        """Keep a draft; others make room for it."""
        page, around = _written_page(draft.page), _written_parts(parts)
        with self._database.transaction() as transaction:
            transaction.run(
                "INSERT INTO drafts (id, made, used, state, page, parts, size) "
                "VALUES (:id, :made, :now, :state, :page, :parts, :size)",
                id=draft.id,
                made=to_column(draft.made),
                now=to_column(now),
                state=state_of(draft),
                page=page,
                parts=around,
                size=len(page) + len(around),
            )
            transaction.run("DELETE FROM drafts WHERE used < :old", old=to_column(now - KEPT))
            rows = transaction.all("SELECT id, size FROM drafts ORDER BY used DESC, made DESC")
            room = MOST_BYTES
            for place, row in enumerate(rows):
                room -= int(row["size"])
                if place and (place >= MOST_DRAFTS or room < 0):
                    transaction.run("DELETE FROM drafts WHERE id = :id", id=row["id"])

    def find(self, identifier: str, *, now: datetime) -> Draft | None:
        """Return a draft; None where there is none, or none any more."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT made, state, page FROM drafts WHERE id = :id AND used >= :old",
                id=identifier,
                old=to_column(now - KEPT),
            )
        if row is None:
            return None
        made = from_column(str(row["made"]))
        return draft_from(identifier, made, row["state"], _read_page(bytes(row["page"])))

    def parts(self, identifier: str) -> Parts:
        """Return the style sheets and pictures of a draft's page."""
        with self._database.reading() as transaction:
            row = transaction.one("SELECT parts FROM drafts WHERE id = :id", id=identifier)
        return _read_parts(bytes(row["parts"])) if row else Parts(styles={}, pictures={})

    def update(self, draft: Draft, *, now: datetime) -> None:
        """Keep what was made of a draft."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE drafts SET state = :state, used = :now WHERE id = :id",
                id=draft.id,
                state=state_of(draft),
                now=to_column(now),
            )

    def remove(self, identifier: str) -> None:
        """Throw a draft away; nothing where there is none."""
        with self._database.transaction() as transaction:
            transaction.run("DELETE FROM drafts WHERE id = :id", id=identifier)

    def open(self, *, now: datetime) -> tuple[Kept, ...]:
        """Return the open drafts, the last used first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT id, used, state FROM drafts WHERE used >= :old ORDER BY used DESC, id",
                old=to_column(now - KEPT),
            )
        return tuple(_kept(row["id"], str(row["used"]), json.loads(row["state"])) for row in rows)


def new_draft_id() -> str:
    """Return an identifier for a draft."""
    return secrets.token_urlsafe(9)


def _kept(identifier: str, used: str, state: dict[str, object]) -> Kept:
    form, of = state["form"], state["of"]
    title = str(form["title"]) if isinstance(form, dict) else ""
    slug, name = of if isinstance(of, list) else ("", "")
    return Kept(
        id=identifier,
        used=from_column(used),
        url=str(state["url"]),
        title=title,
        of=(str(slug), str(name)),
    )


# --- bytes: a line of JSON that says what follows it, compressed --------------------------------


def _packed(head: dict[str, object], *bodies: bytes) -> bytes:
    lines = json.dumps(head | {"sizes": [len(body) for body in bodies]}).encode()
    return zlib.compress(lines + b"\n" + b"".join(bodies), 6)


def _unpacked(packed: bytes) -> tuple[dict[str, list[str]], list[bytes]]:
    line, _, rest = zlib.decompress(packed).partition(b"\n")
    head = json.loads(line)
    bodies = []
    for size in head.pop("sizes"):
        bodies.append(rest[:size])
        rest = rest[size:]
    return head, bodies


def _written_page(page: Page) -> bytes:
    return _packed({"page": [page.url, page.content_type]}, page.body)


def _read_page(packed: bytes) -> Page:
    head, (body,) = _unpacked(packed)
    url, content_type = head["page"]
    return Page(body=body, url=url, content_type=content_type, status=None, validators=Validators())


def _written_parts(parts: Parts) -> bytes:
    return _packed(
        {
            "styles": list(parts.styles),
            "pictures": list(parts.pictures),
            "types": [picture.mime for picture in parts.pictures.values()],
        },
        *(style.encode("utf-8", "replace") for style in parts.styles.values()),
        *(picture.body for picture in parts.pictures.values()),
    )


def _read_parts(packed: bytes) -> Parts:
    head, bodies = _unpacked(packed)
    styles = zip(head["styles"], bodies, strict=False)
    pictures = zip(head["pictures"], head["types"], bodies[len(head["styles"]) :], strict=True)
    return Parts(
        styles={address: body.decode() for address, body in styles},
        pictures={address: Picture(mime=mime, body=body) for address, mime, body in pictures},
    )
