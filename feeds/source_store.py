"""Bulletins, sources and checks in SQL: what is due, who works on it, how it went.

Each method is one question or one transaction. Whoever checks a bulletin holds its lease; a
result that comes after the lease was lost is refused, so that no two processes write over each
other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.guards import normal_of
from feeds.habit import MOST_OCCASIONS
from feeds.instants import from_column, to_column
from feeds.kept_page_store import keep
from feeds.records import BulletinState, Claim, LeaseLostError, SickSource
from feeds.registration_store import register
from feeds.source_columns import (
    CHECK,
    SOURCE,
    check_from,
    habit_column,
    held_news_column,
    repaired_column,
    source_from,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from config.settings import BulletinSettings
    from feeds.database import Database, Transaction
    from feeds.guards import Normal
    from feeds.records import Check, Outcome, SourceState


class SourceStore:
    """Bulletins, sources and checks in a database."""

    def __init__(self, database: Database, *, authority: str) -> None:
        self._database = database
        self._authority = authority

    def register(self, bulletins: Sequence[BulletinSettings], *, now: datetime) -> None:
        """Bring the rows of bulletins and sources in line with the configuration."""
        register(self._database, bulletins, authority=self._authority, now=now)

    def bulletin_states(self) -> dict[str, BulletinState]:
        """Return all bulletins that were ever configured, by slug."""
        with self._database.reading() as transaction:
            rows = transaction.all("SELECT slug, feed_id, number FROM bulletins ORDER BY slug")
            ill = transaction.all(_SICK)
        sick: dict[str, list[SickSource]] = {}
        for row in ill:
            found = SickSource(row["name"], from_column(row["succeeded"]))
            sick.setdefault(row["bulletin"], []).append(found)
        return {
            row["slug"]: BulletinState(
                slug=row["slug"],
                feed_id=row["feed_id"],
                number=row["number"],
                sick=tuple(sick.get(row["slug"], ())),
            )
            for row in rows
        }

    def last_news(self, bulletin: str, sources: Iterable[str]) -> dict[str, datetime]:
        """Return when each of these sources had something new last, since its baseline."""
        found: dict[str, datetime] = {}
        with self._database.reading() as transaction:
            for source in sources:
                row = transaction.one(_LAST_NEWS, bulletin=bulletin, source=source)
                if row is not None:
                    found[source] = from_column(str(row["finished"]))
        return found

    def sources(self, *, resting: bool = False) -> tuple[SourceState, ...]:
        """Return the registered sources with their states; with those that rest, if wanted."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {SOURCE} FROM sources WHERE active = 1 OR :resting = 1 "
                "ORDER BY bulletin, name",
                resting=int(resting),
            )
        return tuple(source_from(row) for row in rows)

    def due(self, *, now: datetime) -> tuple[str, ...]:
        """Return the bulletins that have a source whose check is due, the longest due first.

        A check of the future is one of a clock that was wrong, and so is what followed from it.
        What is paused is never due.
        """
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT bulletin FROM sources WHERE active = 1 AND paused IS NULL "
                f"AND ({_IS_DUE}) "
                "GROUP BY bulletin ORDER BY min(next_check), bulletin",
                due=to_column(now),
                wrong=to_column(now + _WRONG_CLOCK),
            )
        return tuple(row["bulletin"] for row in rows)

    def claim(
        self,
        bulletin: BulletinSettings,
        *,
        now: datetime,
        lease: timedelta,
        only_due: bool = False,
        also_paused: bool = False,
    ) -> Claim | None:
        """Take a bulletin with its sources, all or the due ones; paused ones only if wanted.

        None where another process works on it, or none of the sources is due. Sources that this
        process does not know, for they were configured since it began, are left to those who do.
        """
        until = now + lease
        wrong = until + _WRONG_CLOCK
        values = {
            "now": to_column(now),
            "until": to_column(until),
            "wrong": to_column(wrong),
        }
        # "~" stands after every instant: all sources count as due.
        due = to_column(now) if only_due else "~"
        names = {source.name for source in bulletin.sources}
        with self._database.transaction() as transaction:
            row = transaction.one(_CLAIM, slug=bulletin.slug, **values)
            if row is None:
                return None
            rows = transaction.all(
                f"SELECT {SOURCE} FROM sources WHERE active = 1 AND bulletin = :bulletin "
                f"AND (paused IS NULL OR :also_paused = 1) AND ({_IS_DUE}) "
                "ORDER BY next_check, name",
                also_paused=int(also_paused),
                bulletin=bulletin.slug,
                due=due,
                wrong=to_column(now + _WRONG_CLOCK),
            )
            sources = tuple(source_from(source) for source in rows if source["name"] in names)
            if not sources:
                transaction.run(_RELEASE, slug=bulletin.slug, lease=row["lease"])
                return None
        return Claim(bulletin=bulletin.slug, lease=row["lease"], length=lease, sources=sources)

    def paused_bulletins(self) -> frozenset[str]:
        """Return the bulletins that have sources, all of which are paused."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                "SELECT bulletin FROM sources WHERE active = 1 GROUP BY bulletin "
                "HAVING count(*) = count(paused) ORDER BY bulletin"
            )
        return frozenset(row["bulletin"] for row in rows)

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
            transaction.run(_RELEASE, slug=claim.bulletin, lease=claim.lease)

    def record(self, claim: Claim, outcome: Outcome) -> None:
        """Store a check that changed nothing: unchanged, held or failed.

        Raises LeaseLostError.
        """
        with self._database.transaction() as transaction:
            hold(transaction, claim, until=outcome.leased_until)
            finish(transaction, outcome)

    def normal(self, bulletin: str, source: str) -> Normal:
        """Return what is normal for a source, by its good readings since its baseline."""
        place = {"bulletin": bulletin, "source": source}
        with self._database.reading() as transaction:
            rows = transaction.all(_LAST_READ, **place, limit=_READINGS)
            most = transaction.one(_MOST_NEW, **place)
        return normal_of([check_from(row) for row in rows], most_new=most["new"] if most else 0)

    def first_asked(self, bulletin: str, source: str) -> datetime | None:
        """Return when a source was first asked, whatever came of it; None where it never was."""
        with self._database.reading() as transaction:
            row = transaction.one(_FIRST_ASKED, bulletin=bulletin, source=source)
        return from_column(row["finished"]) if row else None

    def occasions(self, bulletin: str, source: str) -> tuple[datetime, ...]:
        """Return when a source brought new items since its baseline, newest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                _OCCASIONS, bulletin=bulletin, source=source, limit=MOST_OCCASIONS
            )
        return tuple(from_column(str(row["finished"])) for row in rows)

    def recent_checks(self, bulletin: str, limit: int, *, source: str = "") -> tuple[Check, ...]:
        """Return the last checks of a bulletin, or of one source of it, newest first."""
        with self._database.reading() as transaction:
            rows = transaction.all(
                f"SELECT {CHECK} FROM checks WHERE bulletin = :bulletin "
                f"{'AND source = :source ' if source else ''}ORDER BY id DESC LIMIT :limit",
                bulletin=bulletin,
                source=source,
                limit=limit,
            )
        return tuple(check_from(row) for row in rows)


# Readings that say what is usual: enough for one odd one not to count.
_READINGS = 9
_LAST_READ = f"""
SELECT {CHECK} FROM checks
WHERE bulletin = :bulletin AND source = :source AND dated IS NOT NULL AND found > 0
ORDER BY id DESC LIMIT :limit
"""
_MOST_NEW = """
SELECT new FROM checks
WHERE bulletin = :bulletin AND source = :source AND outcome = 'changed' AND doubted = ''
    AND finished > coalesce(
        (SELECT baseline FROM sources WHERE bulletin = :bulletin AND name = :source), ''
    )
ORDER BY new DESC LIMIT 1
"""
_OCCASIONS = """
SELECT finished FROM checks
WHERE bulletin = :bulletin AND source = :source AND outcome = 'changed' AND new > 0
    AND finished > coalesce(
        (SELECT baseline FROM sources WHERE bulletin = :bulletin AND name = :source), ''
    )
ORDER BY id DESC LIMIT :limit
"""
_IS_DUE = "next_check <= :due OR checked > :wrong"
# Later than this after now nothing was checked and nothing is leased but by a clock that was
# wrong; between two machines clocks may differ by less.
_WRONG_CLOCK = timedelta(hours=1)
_CLAIM = """
UPDATE bulletins SET lease = lease + 1, leased_until = :until
WHERE slug = (
    SELECT slug FROM bulletins
    WHERE slug = :slug AND (leased_until <= :now OR leased_until > :wrong)
    FOR UPDATE SKIP LOCKED
)
RETURNING lease
"""
_RELEASE = "UPDATE bulletins SET leased_until = '' WHERE slug = :slug AND lease = :lease"

_FIRST_ASKED = """
SELECT finished FROM checks WHERE bulletin = :bulletin AND source = :source ORDER BY id LIMIT 1
"""
_SICK = """
SELECT bulletin, name, succeeded FROM sources WHERE active = 1 AND problem <> ''
ORDER BY bulletin, name
"""
# As the index checks_with_news has the same words.
_LAST_NEWS = """
SELECT finished FROM checks
WHERE bulletin = :bulletin AND source = :source AND outcome = 'changed' AND new > 0
ORDER BY id DESC LIMIT 1
"""


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
    # A page that is held was fetched well, but is not the last good one.
    good = check.outcome not in {"failed", "held"}
    finished = to_column(check.finished)
    transaction.run(
        f"INSERT INTO checks ({CHECK}) VALUES (:bulletin, :source, :started, :finished, "
        ":outcome, :status, :found, :new, :revised, :missing, :dated, :linked, :summarised, "
        ":doubted, :error)",
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
        dated=check.dated,
        linked=check.linked,
        summarised=check.summarised,
        doubted=check.doubted,
        error=check.error,
    )
    transaction.run(
        """
        UPDATE sources SET
            next_check = :next_check, moved_to = :moved_to, checked = :finished,
            etag = CASE WHEN recipe = :recipe THEN :etag ELSE '' END,
            last_modified = CASE WHEN recipe = :recipe THEN :last_modified ELSE '' END,
            digest = CASE WHEN recipe = :recipe THEN :digest ELSE '' END, problem = :problem,
            failures = CASE WHEN :failed = 1 THEN failures + 1 ELSE 0 END,
            succeeded = CASE WHEN :good = 1 THEN :finished ELSE succeeded END,
            held = :held, held_since = :held_since, held_news = :held_news,
            repair_told = CASE WHEN :repaired <> '' AND repaired <> :repaired THEN ''
                ELSE repair_told END,
            repaired = CASE WHEN recipe = :recipe THEN :repaired ELSE '' END,
            habit = CASE WHEN :silent_at <> '' THEN :habit ELSE habit END,
            silent_at = CASE WHEN :silent_at <> '' THEN :silent_at ELSE silent_at END,
            baseline = CASE WHEN :is_baseline = 1 THEN :finished ELSE baseline END
        WHERE bulletin = :bulletin AND name = :source
        """,
        bulletin=check.bulletin,
        source=check.source,
        next_check=to_column(outcome.next_check),
        etag=outcome.validators.etag,
        last_modified=outcome.validators.last_modified,
        digest=outcome.validators.digest,
        recipe=outcome.recipe,
        moved_to=outcome.moved_to,
        finished=finished,
        problem=check.error,
        failed=int(failed),
        good=int(good),
        held=outcome.held,
        held_since=to_column(outcome.held_since) if outcome.held_since else None,
        held_news=held_news_column(outcome.held_news) if outcome.held else "",
        repaired=repaired_column(outcome.repaired),
        habit=habit_column(outcome.habit) if outcome.habit else "",
        silent_at=to_column(outcome.habit.silent_at) if outcome.habit else "",
        is_baseline=int(check.outcome == "baseline"),
    )
    if outcome.page:
        keep(transaction, check, outcome.page)
