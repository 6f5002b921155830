"""What is said of a check: its counts, why it went as it did, and what can be done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.guards import is_acceptable

if TYPE_CHECKING:
    from feeds.model import Changes, Reading
    from feeds.records import Check


def counted(check: Check, reading: Reading, changes: Changes) -> Check:
    """Return the check with what it found and would change."""
    outcome = "changed" if changes.new or changes.revised or changes.missing else "unchanged"
    return replace(
        check,
        outcome="baseline" if changes.baseline else outcome,
        found=len(reading.entries),
        new=len(changes.new),
        revised=len(changes.revised),
        missing=len(changes.missing),
        dated=sum(entry.when is not None for entry in reading.entries),
        linked=sum(bool(entry.url) for entry in reading.entries),
        summarised=sum(bool(entry.summary_html) for entry in reading.entries),
        doubted="" if changes.held else changes.doubted,
    )


def remedy(reason: str, bulletin: str) -> str:
    """Say what becomes of a reading that is held, and what the operator can do."""
    if not is_acceptable(reason):
        return "the last good feed stays"
    return (
        f"held, the last good feed stays. If that is right: tidings release {bulletin}, or, to "
        f"publish it and mail it to nobody: tidings discard {bulletin}; it is believed by itself "
        "when it has lasted (hold)"
    )


def believed(changes: Changes) -> str:
    """Say what is stored of a reading that was doubted."""
    if changes.baseline:
        return f"taken for no news: {changes.doubted}; announced to nobody"
    if changes.announced is None:
        return f"believed now: {changes.doubted}"
    return (
        f"believed now: {changes.doubted}; all are published, and of the new ones only the "
        f"{changes.announced} at the top of the page are announced"
    )


def summary(check: Check) -> str:
    """Say in one line how a check went."""
    took = (check.finished - check.started).total_seconds()
    name = f"{check.bulletin}/{check.source}"
    if check.error:
        return f"{name} {check.outcome} in {took:.2f} s: {check.error}"
    return (
        f"{name} {check.outcome} in {took:.2f} s: {check.found} found, {check.new} new, "
        f"{check.revised} revised, {check.missing} missing"
    )
