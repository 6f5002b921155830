"""What a check would change, for a person and for a program: each match with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.write import given_rules
from feeds.corrections import changes_of
from feeds.diff import is_baseline
from feeds.word_diff import excerpt
from tidings.terminal import say, say_beside
from tidings.turns import say_repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.corrections import Change
    from feeds.model import Changes, Entry, Item, Match, Repair, Revision
    from tidings.reports import Report

_ADDRESS = "address"
# What is said of an item stands below its title.
_INDENT = " " * 12


def show_changes(name: str, changes: Changes) -> None:
    """Print what a check of a source would change."""
    if changes.held:
        say(f"{name}: held: {changes.held}; without that it would bring:")
    elif changes.doubted and changes.repair is None:
        say(f"{name}: believed now: {changes.doubted}")
    say_repair(name, changes.repair)
    first = ", the baseline: published, mailed to nobody" if changes.baseline else ""
    revised, missing = _revised(changes), _missing(changes)
    moved = sum(map(_is_moved, revised))
    say(
        f"{name}: {len(changes.new)} new, {len(revised) - moved} revised, {moved} moved, "
        f"{len(missing)} missing, {len(changes.unchanged)} unchanged{first}"
    )
    for rank, entry in enumerate(changes.new):
        is_quiet = is_baseline(entry, changes, rank=rank)
        # Said of the few: what a baseline holds is no news as a rule, and all else is.
        aside = "mailed to nobody" if is_quiet else "mailed all the same"
        _say_line(
            "new", f"{_dated(entry)}{entry.title}", aside if is_quiet != changes.baseline else ""
        )
    for item in changes.promoted:
        _say_line("news here", item.content.title, "another source had it at its first reading")
    for revision in revised:
        _show_revision(revision)
    for item in missing:
        _say_line("missing", item.content.title, "stays in the feed")
    for state, match in _set_aside(changes):
        _say_line(state, match.entry.title, f"stays so; {_evidence(match)}")


def _revised(changes: Changes) -> list[Revision]:
    """Return what readers will see corrected: nobody sees a forgotten item."""
    return [revision for revision in changes.revised if not revision.item.forgotten]


def _missing(changes: Changes) -> list[Item]:
    return [item for item in changes.missing if not item.forgotten]


def _say_line(kind: str, title: str, more: str) -> None:
    say_beside(f"  {kind:<10}", [("kept", f"{title}{f'  ({more})' if more else ''}")])


def _dated(entry: Entry) -> str:
    return f"{entry.when.day.isoformat()}  " if entry.when else ""


def _evidence(match: Match) -> str:
    return f"{match.evidence.value}, {match.strength:.2f}"


def _show_revision(revision: Revision) -> None:
    kind = "moved" if _is_moved(revision) else "revised"
    _say_line(kind, revision.content.title, _evidence(revision.match))
    changes = _changes(revision)
    for change in changes:
        pieces = [(piece.kind.value, piece.text) for piece in excerpt(change.pieces)]
        say_beside(f"{_INDENT}{change.name}: ", pieces)
    if not changes:
        say(f"{_INDENT}no word differs")


def _changes(revision: Revision) -> tuple[Change, ...]:
    return changes_of(revision.item.content, revision.content)


def _is_moved(revision: Revision) -> bool:
    """Whether the address of an item changes, and nothing else that is read."""
    return [change.name for change in _changes(revision)] == [_ADDRESS]


def _set_aside(changes: Changes) -> Iterator[tuple[str, Match]]:
    """Yield what was found of items that an operator has withdrawn or forgotten."""
    for match in (*changes.unchanged, *(revision.match for revision in changes.revised)):
        if match.item.forgotten:
            yield "forgotten", match
        elif match.item.withdrawn:
            yield "withdrawn", match


def changes_report(bulletin: str, source: str, changes: Changes) -> Report:
    """Return what a check would change, with the evidence of each match.

    What is moved has another address and reads as before; it is not among what is revised.
    """
    moved = [revision for revision in _revised(changes) if _is_moved(revision)]
    revised = [revision for revision in _revised(changes) if not _is_moved(revision)]
    return {
        "bulletin": bulletin,
        "source": source,
        "held": changes.held,
        "doubted": changes.doubted,
        "repair": None if changes.repair is None else _repair_report(changes.repair),
        "baseline": changes.baseline,
        "new": [
            {
                "title": entry.title,
                "url": entry.url,
                "date": entry.when.day.isoformat() if entry.when else None,
                "announced": not is_baseline(entry, changes, rank=rank),
            }
            for rank, entry in enumerate(changes.new)
        ],
        "promoted": [{"id": item.id, "title": item.content.title} for item in changes.promoted],
        "revised": [_revision_report(revision) for revision in revised],
        "moved": [
            _match_report(revision.match)
            | {"from": revision.item.content.url, "to": revision.content.url}
            for revision in moved
        ],
        "missing": [{"id": item.id, "title": item.content.title} for item in _missing(changes)],
        "withdrawn": _state_report(changes, "withdrawn"),
        "forgotten": _state_report(changes, "forgotten"),
        "unchanged": [_match_report(match) for match in changes.unchanged],
    }


def _repair_report(repair: Repair) -> Report:
    return {
        "in_force": repair.in_force,
        "evidence": repair.evidence,
        "rules": given_rules(repair.rules),
    }


def _state_report(changes: Changes, state: str) -> list[Report]:
    return [_match_report(match) for found, match in _set_aside(changes) if found == state]


def _match_report(match: Match) -> Report:
    return {
        "id": match.item.id,
        "title": match.entry.title,
        "evidence": match.evidence.value,
        "strength": round(match.strength, 3),
    }


def _revision_report(revision: Revision) -> Report:
    return _match_report(revision.match) | {
        "changes": [
            {
                "part": change.name,
                "pieces": [[piece.kind.value, piece.text] for piece in change.pieces],
            }
            for change in _changes(revision)
        ]
    }
