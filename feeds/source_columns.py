"""What is stored of sources and checks, as columns and back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.fetch import Validators
from feeds.habit import Habit
from feeds.instants import from_column, to_column
from feeds.records import Check, HeldNews, Repaired, SourceState

if TYPE_CHECKING:
    from feeds.database import Row

SOURCE = (
    "bulletin, name, location, next_check, etag, last_modified, digest, moved_to, baseline, "
    "checked, succeeded, failures, problem, held, held_since, held_news, repaired, habit, "
    "silent_at, paused"
)
CHECK = (
    "bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, "
    "linked, summarised, doubted, error"
)


def source_from(row: Row) -> SourceState:
    """Read a source from a row with the columns of SOURCE."""
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
        held=row["held"],
        held_since=from_column(row["held_since"]),
        held_news=held_news_from(row["held_news"]),
        repaired=repaired_from(row["repaired"]),
        habit=habit_from(row["habit"], row["silent_at"]),
        paused=from_column(row["paused"]),
    )


def check_from(row: Row) -> Check:
    """Read a check from a row with the columns of CHECK."""
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
        dated=row["dated"],
        linked=row["linked"],
        summarised=row["summarised"],
        doubted=row["doubted"],
        error=row["error"],
    )


def held_news_column(news: HeldNews) -> str:
    """Return what a held reading would bring, as a column; empty where it brings nothing."""
    return _json({"count": news.count, "titles": news.titles}) if news.count else ""


def held_news_from(text: str) -> HeldNews:
    """Return what a held reading would bring."""
    if not text:
        return HeldNews()
    stored = json.loads(text)
    return HeldNews(count=stored["count"], titles=tuple(stored["titles"]))


def repaired_column(repaired: Repaired | None) -> str:
    """Return repaired rules as a column; empty where there are none."""
    if repaired is None:
        return ""
    return _json(
        {
            "selectors": repaired.selectors,
            "since": to_column(repaired.since),
            "evidence": repaired.evidence,
        }
    )


def repaired_from(text: str) -> Repaired | None:
    """Return repaired rules, None where there are none."""
    if not text:
        return None
    stored = json.loads(text)
    return Repaired(
        selectors=stored["selectors"],
        since=from_column(str(stored["since"])),
        evidence=stored["evidence"],
    )


def habit_column(habit: Habit) -> str:
    """Return a habit as a column; from when on its source is silent has one of its own."""
    return _json(
        {
            "last": to_column(habit.last),
            "usual_s": round(habit.usual.total_seconds()),
            "longest_s": round(habit.longest.total_seconds()),
        }
    )


def habit_from(text: str, silent_at: str) -> Habit | None:
    """Return a habit, None where it is not known."""
    if not text:
        return None
    stored = json.loads(text)
    return Habit(
        last=from_column(str(stored["last"])),
        usual=timedelta(seconds=stored["usual_s"]),
        longest=timedelta(seconds=stored["longest_s"]),
        silent_at=from_column(silent_at),
    )


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False)
