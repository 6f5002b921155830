"""The configuration as rows: bulletins and sources come, change, are renamed and rest, in SQL."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from feeds.identifiers import mint_id, new_token
from feeds.instants import to_column
from feeds.rename_store import rename_bulletins

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from config.settings import BulletinSettings, SourceSettings
    from feeds.database import Database, Transaction

# Moves when reading became better: pages that did not change are then read once more.
READER_VERSION = 1


def register(
    database: Database, bulletins: Sequence[BulletinSettings], *, authority: str, now: datetime
) -> None:
    """Bring the rows of bulletins and sources in line with the configuration.

    A new source is due at once, and so is one whose location or schedule was changed; a
    source that is no longer configured rests, with all that is known of it, and so do those of a
    bulletin that ended. One that is renamed goes on as what it was.
    """
    rename_bulletins(database, bulletins)
    wanted = {
        (bulletin.slug, source.name): _registered(source)
        for bulletin in bulletins
        for source in bulletin.sources
        if not bulletin.ended
    }
    with database.reading() as transaction:
        slugs = {row["slug"] for row in transaction.all("SELECT slug FROM bulletins")}
        known = {
            (row["bulletin"], row["name"]): (row["location"], row["schedule"], row["recipe"])
            for row in transaction.all(
                "SELECT bulletin, name, location, schedule, recipe FROM sources WHERE active = 1"
            )
        }
    if wanted == known and all(bulletin.slug in slugs for bulletin in bulletins):
        return
    with database.transaction() as transaction:
        for bulletin in bulletins:
            _register_bulletin(transaction, bulletin.slug, authority=authority, now=now)
        transaction.run("UPDATE sources SET active = 0")
        for (slug, name), (location, _, _) in wanted.items():
            _rename_source(
                transaction, slug, name, location, wanted={n for s, n in wanted if s == slug}
            )
        for (slug, name), columns in wanted.items():
            _register_source(transaction, slug, name, columns, now=now)


def _register_bulletin(
    transaction: Transaction, slug: str, *, authority: str, now: datetime
) -> None:
    transaction.run(
        "INSERT INTO bulletins (slug, feed_id) VALUES (:slug, :feed_id) "
        "ON CONFLICT (slug) DO NOTHING",
        slug=slug,
        feed_id=mint_id(authority, slug, new_token(), now=now),
    )


def _registered(source: SourceSettings) -> tuple[str, str, str]:
    """Return the columns that the configuration decides: location, schedule, recipe."""
    return source.location, str(source.schedule), recipe_of(source)


def recipe_of(source: SourceSettings) -> str:
    """Return a digest of all that a source is read by.

    Where it changes, an unchanged page is read again.
    """
    recipe = repr(
        (
            READER_VERSION,
            # With the login, which the location lacks and without which nothing may be read.
            source.url,
            source.kind,
            source.language,
            source.time_zone.key,
            source.rules,
            sorted(source.headers.items()),
        )
    )
    return hashlib.sha256(recipe.encode()).hexdigest()[:16]


def _rename_source(
    transaction: Transaction, slug: str, name: str, location: str, *, wanted: set[str]
) -> None:
    """Let a source that only has a new name go on as what it was: its items are no baseline."""
    rows = transaction.all(
        "SELECT name, location FROM sources WHERE bulletin = :bulletin", bulletin=slug
    )
    known = {row["name"]: row["location"] for row in rows}
    former = next(
        (old for old, place in known.items() if place == location and old not in wanted), None
    )
    if name in known or former is None:
        return
    for statement in (
        "UPDATE sources SET name = :name WHERE bulletin = :bulletin AND name = :former",
        "UPDATE sightings SET source = :name WHERE bulletin = :bulletin AND source = :former",
        "UPDATE checks SET source = :name WHERE bulletin = :bulletin AND source = :former",
        "UPDATE kept_pages SET source = :name WHERE bulletin = :bulletin AND source = :former",
    ):
        transaction.run(statement, name=name, bulletin=slug, former=former)


def _register_source(
    transaction: Transaction, slug: str, name: str, columns: tuple[str, str, str], *, now: datetime
) -> None:
    """Insert a source, or wake a known one; due at once where its settings changed."""
    location, schedule, recipe = columns
    place = {"bulletin": slug, "name": name, "now": to_column(now)}
    transaction.run(
        """
        INSERT INTO sources (bulletin, name, location, schedule, recipe, next_check)
        VALUES (:bulletin, :name, :location, :schedule, :recipe, :now)
        ON CONFLICT (bulletin, name) DO UPDATE SET active = 1
        """,
        **place,
        location=location,
        schedule=schedule,
        recipe=recipe,
    )
    transaction.run(
        "UPDATE sources SET schedule = :schedule, next_check = :now "
        "WHERE bulletin = :bulletin AND name = :name AND schedule <> :schedule",
        **place,
        schedule=schedule,
    )
    transaction.run(
        """
        UPDATE sources SET recipe = :recipe, next_check = :now, etag = '', last_modified = '',
            digest = '', repaired = ''
        WHERE bulletin = :bulletin AND name = :name AND recipe <> :recipe
        """,
        **place,
        recipe=recipe,
    )
    # Another page has another archive, which is news to nobody; and nothing is missing from it.
    moved = transaction.run(
        """
        UPDATE sources SET location = :location, next_check = :now, etag = '',
            last_modified = '', digest = '', moved_to = '', baseline = NULL,
            held = '', held_since = NULL, held_news = '', repaired = '', habit = '',
            silent_at = ''
        WHERE bulletin = :bulletin AND name = :name AND location <> :location
        """,
        **place,
        location=location,
    )
    if moved:
        transaction.run(
            "UPDATE sightings SET position = NULL WHERE bulletin = :bulletin AND source = :name",
            bulletin=slug,
            name=name,
        )
