"""Bulletins, sources and checks in SQL: what is due, who works on it, how it went.

Each method is one question or one transaction. Whoever checks a bulletin holds its lease; a
result that comes after the lease was lost is refused, so that no two processes write over each
other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from feeds.fetch import Validators
from feeds.identifiers import mint_id, new_token
from feeds.instants import from_column, to_column
from feeds.records import BulletinState, Check, Claim, LeaseLostError, SourceState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from config.settings import BulletinSettings, SourceSettings
    from feeds.database import Database, Row, Transaction
    from feeds.records import Outcome


class SourceStore:
    """Bulletins, sources and checks in a database."""

    def __init__(self, database: Database, *, authority: str) -> None:
        self._database = database
        self._authority = authority

    def register(self, bulletins: Sequence[BulletinSettings], *, now: datetime) -> None:
        """Bring the rows of bulletins and sources in line with the configuration.

        A new source is due at once, and so is one whose location or schedule was changed; a
        source that is no longer configured rests, with all that is known of it.
        """
        wanted = {
            (bulletin.slug, source.name): _registered(source)
            for bulletin in bulletins
            for source in bulletin.sources
        }
        with self._database.reading() as transaction:
            slugs = {row["slug"] for row in transaction.all("SELECT slug FROM bulletins")}
            known = {
                (row["bulletin"], row["name"]): (row["location"], row["schedule"], row["recipe"])
                for row in transaction.all(
                    "SELECT bulletin, name, location, schedule, recipe FROM sources "
                    "WHERE active = 1"
                )
            }
        if wanted == known and all(bulletin.slug in slugs for bulletin in bulletins):
            return
        with self._database.transaction() as transaction:
            for bulletin in bulletins:
                self._register_bulletin(transaction, bulletin.slug, now=now)
            transaction.run("UPDATE sources SET active = 0")
            for (slug, name), columns in wanted.items():
                _register_source(transaction, slug, name, columns, now=now)

    def _register_bulletin(self, transaction: Transaction, slug: str, *, now: datetime) -> None:
        transaction.run(
            "INSERT INTO bulletins (slug, feed_id) VALUES (:slug, :feed_id) "
            "ON CONFLICT (slug) DO NOTHING",
            slug=slug,
            feed_id=mint_id(self._authority, slug, new_token(), now=now),
        )

    def bulletin_states(self) -> dict[str, BulletinState]:
        """Return all bulletins that were ever configured, by slug."""
        with self._database.reading() as transaction:
            rows = transaction.all("SELECT slug, feed_id, number FROM bulletins ORDER BY slug")
        return {
            row["slug"]: BulletinState(
                slug=row["slug"], feed_id=row["feed_id"], number=row["number"]
            )
            for row in rows
        }

    def sources(self, *, resting: bool = False) -> tuple[SourceState, ...]:
        """Return the registered sources with their states; with those that rest, if wanted."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {_SOURCE} FROM sources WHERE active = 1 OR :resting = 1 "
                "ORDER BY bulletin, name",
                resting=int(resting),
            )
        return tuple(_source_from(row) for row in rows)

    def count_due(self, *, now: datetime) -> int:
        """Return how many bulletins have a source whose check is due."""
        with self._database.reading() as transaction:
            row = transaction.one(
                "SELECT count(DISTINCT bulletin) AS due FROM sources "
                "WHERE active = 1 AND next_check <= :now",
                now=to_column(now),
            )
        return int(row["due"]) if row else 0

    def claim_due(self, *, now: datetime, lease: timedelta) -> Claim | None:
        """Take the bulletin whose check is due longest and that nobody works on.

        None where nothing is due; the claim holds only its due sources.
        """
        return self._claim(_CLAIM_DUE, now=now, lease=lease, slug="", due=to_column(now))

    def claim(self, slug: str, *, now: datetime, lease: timedelta) -> Claim | None:
        """Take one bulletin with all its sources, due or not; None where another works on it."""
        # "~" stands after every instant: all sources count as due.
        return self._claim(_CLAIM_ONE, now=now, lease=lease, slug=slug, due="~")

    def _claim(
        self, sql: str, *, now: datetime, lease: timedelta, slug: str, due: str
    ) -> Claim | None:
        values = {"now": to_column(now), "until": to_column(now + lease)}
        with self._database.transaction() as transaction:
            row = transaction.one(sql, **values, **({"slug": slug} if slug else {}))
            if row is None:
                return None
            rows = transaction.all(
                f"SELECT {_SOURCE} FROM sources WHERE active = 1 AND bulletin = :bulletin "
                "AND next_check <= :due ORDER BY next_check, name",
                bulletin=row["slug"],
                due=due,
            )
        return Claim(
            bulletin=row["slug"],
            lease=row["lease"],
            length=lease,
            sources=tuple(_source_from(source) for source in rows),
        )

    def hasten(self, slug: str, *, now: datetime) -> None:
        """Make the sources of a bulletin due now."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE sources SET next_check = :now WHERE bulletin = :slug AND active = 1",
                now=to_column(now),
                slug=slug,
            )

    def release(self, claim: Claim) -> None:
        """Give the bulletin back; a lease that was lost meanwhile is left to its new holder."""
        with self._database.transaction() as transaction:
            transaction.run(
                "UPDATE bulletins SET leased_until = '' WHERE slug = :slug AND lease = :lease",
                slug=claim.bulletin,
                lease=claim.lease,
            )

    def record(self, claim: Claim, outcome: Outcome) -> None:
        """Store a check that changed nothing: unchanged, or failed.

        Raises LeaseLostError.
        """
        with self._database.transaction() as transaction:
            hold(transaction, claim, until=outcome.leased_until)
            finish(transaction, outcome)

    def recent_checks(self, bulletin: str, limit: int) -> tuple[Check, ...]:
        """Return the last checks of a bulletin, newest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {_CHECK} FROM checks WHERE bulletin = :bulletin "
                "ORDER BY id DESC LIMIT :limit",
                bulletin=bulletin,
                limit=limit,
            )
        return tuple(_check_from(row) for row in rows)


# Moves when reading became better: pages that did not change are then read once more.
READER_VERSION = 1

_SOURCE = (
    "bulletin, name, location, next_check, etag, last_modified, digest, moved_to, baseline, "
    "checked, succeeded, failures, problem"
)
_CHECK = "bulletin, source, started, finished, outcome, status, found, new, revised, missing, error"
_CLAIM = """
UPDATE bulletins SET lease = lease + 1, leased_until = :until
WHERE slug = (
    SELECT slug FROM bulletins WHERE leased_until <= :now AND {which} LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING slug, lease
"""
_CLAIM_DUE = _CLAIM.format(
    which="""EXISTS (
        SELECT 1 FROM sources
        WHERE sources.bulletin = bulletins.slug AND active = 1 AND next_check <= :now
    ) ORDER BY (SELECT min(next_check) FROM sources
                WHERE sources.bulletin = bulletins.slug AND active = 1)"""
)
_CLAIM_ONE = _CLAIM.format(which="slug = :slug")


def _registered(source: SourceSettings) -> tuple[str, str, str]:
    """Return the columns that the configuration decides: location, schedule, recipe.

    The recipe stands for all that a page is read by: where it changes, an unchanged page is
    read again.
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
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    return source.location, str(source.schedule), digest


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
            digest = ''
        WHERE bulletin = :bulletin AND name = :name AND recipe <> :recipe
        """,
        **place,
        recipe=recipe,
    )
    transaction.run(
        """
        UPDATE sources SET location = :location, next_check = :now, etag = '',
            last_modified = '', digest = '', moved_to = ''
        WHERE bulletin = :bulletin AND name = :name AND location <> :location
        """,
        **place,
        location=location,
    )


def hold(
    transaction: Transaction, claim: Claim, *, until: datetime | None, numbers: int = 0
) -> int:
    """Take sequence numbers under the lease; return the first.

    The lease lasts until the instant that is given, and with this transaction ends where None is.
    Raises LeaseLostError.
    """
    row = transaction.one(
        "UPDATE bulletins SET number = number + :numbers, leased_until = :until "
        "WHERE slug = :slug AND lease = :lease RETURNING number",
        numbers=numbers,
        until=to_column(until) if until else "",
        slug=claim.bulletin,
        lease=claim.lease,
    )
    if row is None:
        raise LeaseLostError(
            f"{claim.bulletin}: another process took over this check; nothing of it was stored"
        )
    return int(row["number"]) - numbers + 1


def finish(transaction: Transaction, outcome: Outcome) -> None:
    """Store the check itself and what it leaves of its source."""
    check = outcome.check
    failed = check.outcome == "failed"
    finished = to_column(check.finished)
    transaction.run(
        f"INSERT INTO checks ({_CHECK}) VALUES (:bulletin, :source, :started, :finished, "
        ":outcome, :status, :found, :new, :revised, :missing, :error)",
        bulletin=check.bulletin,
        source=check.source,
        started=to_column(check.started),
        finished=finished,
        outcome=check.outcome,
        status=check.status,
        found=check.found,
        new=check.new,
        revised=check.revised,
        missing=check.missing,
        error=check.error,
    )
    transaction.run(
        """
        UPDATE sources SET
            next_check = :next_check, etag = :etag, last_modified = :last_modified,
            digest = :digest, moved_to = :moved_to, checked = :finished, problem = :problem,
            failures = CASE WHEN :failed = 1 THEN failures + 1 ELSE 0 END,
            succeeded = CASE WHEN :failed = 1 THEN succeeded ELSE :finished END,
            baseline = CASE WHEN :is_baseline = 1 THEN :finished ELSE baseline END
        WHERE bulletin = :bulletin AND name = :source
        """,
        bulletin=check.bulletin,
        source=check.source,
        next_check=to_column(outcome.next_check),
        etag=outcome.validators.etag,
        last_modified=outcome.validators.last_modified,
        digest=outcome.validators.digest,
        moved_to=outcome.moved_to,
        finished=finished,
        problem=check.error,
        failed=int(failed),
        is_baseline=int(check.outcome == "baseline"),
    )


def _source_from(row: Row) -> SourceState:
    return SourceState(
        bulletin=row["bulletin"],
        name=row["name"],
        location=row["location"],
        next_check=from_column(row["next_check"]),
        validators=Validators(
            etag=row["etag"], last_modified=row["last_modified"], digest=row["digest"]
        ),
        moved_to=row["moved_to"],
        baseline=from_column(row["baseline"]),
        checked=from_column(row["checked"]),
        succeeded=from_column(row["succeeded"]),
        failures=row["failures"],
        problem=row["problem"],
    )


def _check_from(row: Row) -> Check:
    return Check(
        bulletin=row["bulletin"],
        source=row["source"],
        started=from_column(row["started"]),
        finished=from_column(row["finished"]),
        outcome=row["outcome"],
        status=row["status"],
        found=row["found"],
        new=row["new"],
        revised=row["revised"],
        missing=row["missing"],
        error=row["error"],
    )
