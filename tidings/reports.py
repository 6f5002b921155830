"""Checks, changes and sources as plain values for ``--json`` and for ``/health``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.model import Changes
    from feeds.records import Check, SourceState
    from tidings.app import App

Report = dict[str, object]


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


def check_report(check: Check) -> Report:
    """Return what one check found."""
    return {
        "bulletin": check.bulletin,
        "source": check.source,
        "outcome": check.outcome,
        "status": check.status,
        "started": _instant(check.started),
        "found": check.found,
        "new": check.new,
        "revised": check.revised,
        "missing": check.missing,
        "error": check.error,
    }


def source_report(source: SourceState) -> Report:
    """Return how a source is."""
    return {
        "bulletin": source.bulletin,
        "source": source.name,
        "location": source.location,
        "moved_to": source.moved_to,
        "healthy": not source.problem,
        "problem": source.problem,
        "held": source.held,
        "held_since": _instant(source.held_since),
        "failures": source.failures,
        "checked": _instant(source.checked),
        "succeeded": _instant(source.succeeded),
        "next_check": _instant(source.next_check),
    }


def changes_report(bulletin: str, source: str, changes: Changes) -> Report:
    """Return what a check would change, with the evidence of each match that changes."""
    return {
        "bulletin": bulletin,
        "source": source,
        "held": changes.held,
        "baseline": changes.baseline,
        "new": [entry.title for entry in changes.new],
        "revised": [
            {
                "id": revision.item.id,
                "title": revision.content.title,
                "evidence": revision.match.evidence.value,
                "strength": round(revision.match.strength, 3),
            }
            for revision in changes.revised
        ],
        "missing": [{"id": item.id, "title": item.content.title} for item in changes.missing],
        "unchanged": len(changes.unchanged),
    }


def health_report(app: App) -> Report:
    """Return how all sources are and what waits in the outbox."""
    sources = [source_report(source) for source in app.sources.sources()]
    waiting = app.deliveries.tally()
    return {
        "status": "ok" if all(source["healthy"] for source in sources) else "failing",
        "sources": sources,
        "deliveries": {state.value: count for state, count in waiting.items()},
    }
