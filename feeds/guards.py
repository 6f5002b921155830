"""Whether a reading is to be believed, by what its own source showed so far. Pure.

Each source has its own normal. A reading that breaks it is held: nothing of it is stored, the
last good feed stays, and the reason is said. What a page goes on to show is believed in the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from feeds.keys import text_key, title_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime, timedelta

    from feeds.model import Changes, Entry, Match, Revision
    from feeds.records import Check

# Of a flood that time has vouched for, so many are announced: the top of the page.
MOST_ANNOUNCED = 10

# So many new items at once are no flood, whatever the source brought so far.
_NO_FLOOD = 10
_FLOOD_TIMES = 3
# Fewer are far fewer only where so many are lost: small pages come and go.
_FEWEST_LOST = 5
_LEFT_OF_A_BROKEN_PAGE = 3
_FEWEST_REWRITTEN = 5
_NEARLY_ALL = 0.8
# Of fewer items a share says nothing.
_FEWEST_FOR_A_SHARE = 3
_MOST = 0.6
_HARDLY_ANY = 0.1
# A source that is read daily is read some seconds earlier on some days: its day is over then.
_NEARLY_OVER = 0.95
_NOTHING = "nothing found"
_ANOTHER_LIST = "another list"
_NO_TEXTS, _OTHER_TEXTS = "no more texts", "other texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """What a source is like when it is well, as far as it is known.

    ``found`` is the usual number of items, 0 where it is not known; ``most_new`` the most new
    items in one check that was not doubted. ``dated``, ``linked`` and ``summarised`` are the
    shares of items with a date, a link and a summary at the last good check, ``revised`` is the
    greatest share that one check revised. ``held`` is the reason for which the last reading was
    held, empty where it was not; from ``believed_at`` on the same kind is believed. ``read`` is the
    day of the last good check.
    """

    found: float = 0
    most_new: int = 0
    dated: float = 0
    linked: float = 0
    summarised: float = 0
    revised: float = 0
    held: str = ""
    believed_at: datetime | None = None
    read: date | None = None


def normal_of(checks: Sequence[Check], *, most_new: int = 0) -> Normal:
    """Return what is normal by the last good checks of a source, newest first.

    What was doubted and then believed is a new beginning, and so is a baseline: what stood
    before it says nothing of the page as it is now.
    """
    known: list[Check] = []
    for check in checks:
        known.append(check)
        if check.doubted or check.outcome == "baseline":
            break
    if not known:
        return Normal(most_new=most_new)
    last = known[0]
    return Normal(
        found=median(check.found for check in known),
        most_new=most_new,
        dated=(last.dated or 0) / last.found,
        linked=(last.linked or 0) / last.found,
        summarised=(last.summarised or 0) / last.found,
        revised=max(check.revised / check.found for check in known),
        read=last.finished.date(),
    )


def judge(changes: Changes, normal: Normal, now: datetime) -> str:
    """Say why a reading is held; empty where it is believed, by what it shows or by time.

    A page that shows nothing at all is never believed.
    """
    reason = doubt(changes, normal)
    if not reason or not is_acceptable(reason):
        return reason
    lasted = normal.believed_at is not None and now >= normal.believed_at
    return "" if lasted and is_same_kind(reason, normal.held) else reason


def doubt(changes: Changes, normal: Normal) -> str:
    """Say what a reading breaks of its source's normal, the worst first; empty where nothing.

    A reason begins with its kind, which ends at a colon. A baseline has no normal to break.
    """
    if changes.baseline:
        return ""
    return next(_broken(changes, normal), "")


def is_acceptable(reason: str) -> bool:
    """Whether the operator, or time, can vouch for a reading that is held for this reason."""
    return not reason.startswith(_NOTHING)


def is_same_kind(reason: str, other: str) -> bool:
    """Whether two reasons differ in their numbers alone."""
    return reason.partition(":")[0] == other.partition(":")[0]


def is_about_texts(reason: str) -> bool:
    """Whether a reading is doubted for its texts alone: its items are those that are known."""
    return reason.startswith((_NO_TEXTS, _OTHER_TEXTS))


def believed_at(held_since: datetime | None, hold: timedelta) -> datetime | None:
    """Return from when on what has been held since an instant is believed by itself."""
    return None if held_since is None else held_since + hold * _NEARLY_OVER


def believed_by_time(changes: Changes, normal: Normal) -> Changes:
    """Return what is stored of a reading that nobody but time vouches for.

    All of a flood is published, but only the top of the page is announced; and so it is of a list
    that took the place of another one.
    """
    many = _is_flood(changes, normal) or changes.doubted.startswith(_ANOTHER_LIST)
    return replace(changes, announced=MOST_ANNOUNCED) if many else changes


def discarded(changes: Changes) -> Changes:
    """Return a reading as the baseline of its source: published, announced to nobody."""
    return replace(changes, baseline=True, since=None, promoted=())


def _broken(changes: Changes, normal: Normal) -> Iterator[str]:
    """Yield each reason not to believe a reading."""
    entries = [
        *changes.new,
        *(match.entry for match in matches_of(changes)),
    ]
    found = len(entries) + changes.left_out
    matched = len(entries) - len(changes.new)
    lost = len(changes.missing)
    if not found and lost:
        yield f"{_NOTHING}: {lost} items stood there before"
    if _is_another_list(changes):
        yield (
            f"{_ANOTHER_LIST}: {changes.unread} of the {lost} items that are missed stand on the "
            f"page still, but not in the list of {found} that was read"
        )
    if _is_flood(changes, normal):
        yield (
            f"far more new items than ever: {len(changes.new)} of {found}, "
            f"and {normal.most_new} were the most so far"
        )
    if not matched and lost >= _FEWEST_LOST and found * _LEFT_OF_A_BROKEN_PAGE <= lost:
        yield f"another page: none of the {lost} items that stood there, and only {found} others"
    if not matched and lost >= _FEWEST_LOST and _have_their_days(changes):
        yield (
            f"other words: none of the {lost} items that stood there, "
            f"and {len(changes.new)} others of the same days"
        )
    if (
        found * _LEFT_OF_A_BROKEN_PAGE < normal.found
        and normal.found - found >= _FEWEST_LOST
        and found
    ):
        yield f"far fewer items than usual: {found}, where {normal.found:.0f} are found as a rule"
    yield from _broken_parts(entries, matched, normal)
    rewritten = sum(map(_is_rewritten, changes.revised))
    if rewritten >= max(_FEWEST_REWRITTEN, matched * _NEARLY_ALL) and normal.revised < _MOST:
        yield f"{_OTHER_TEXTS}: those of {rewritten} of {matched} items changed at once"


def _broken_parts(entries: Sequence[Entry], matched: int, normal: Normal) -> Iterator[str]:
    """Yield what most items had and hardly any has now.

    A redesign without summaries takes nothing from items that are known again.
    """
    for what, share, has in _parts(normal):
        if what == "texts" and matched * 2 >= len(entries):
            continue
        if share >= _MOST and len(entries) >= _FEWEST_FOR_A_SHARE:
            having = sum(map(has, entries))
            if having <= len(entries) * _HARDLY_ANY:
                yield f"no more {what}: {having} of {len(entries)} items, where {share:.0%} had"


def _is_another_list(changes: Changes) -> bool:
    """Whether most of what is missed stands on the page still, and hardly anything was met."""
    met = sum(match.item.position is not None for match in matches_of(changes))
    return changes.unread * 2 > len(changes.missing) and met * _LEFT_OF_A_BROKEN_PAGE <= min(
        changes.unread, len(changes.missing)
    )


def matches_of(changes: Changes) -> list[Match]:
    """Return all matches of a reading, of revised items and of others."""
    return [*changes.unchanged, *(revision.match for revision in changes.revised)]


def _is_flood(changes: Changes, normal: Normal) -> bool:
    """Whether far more is new than the source ever brought, and it is most of the page."""
    new = len(changes.new) - len(changes.old)
    found = len(changes.new) + len(changes.unchanged) + len(changes.revised) + changes.left_out
    if new <= max(_NO_FLOOD, _FLOOD_TIMES * normal.most_new) or new * 2 <= found:
        return False
    return len(_days_since(changes.new, normal.read)) * 2 < new


def _days_since(new: Sequence[Entry], read: date | None) -> set[date]:
    """Return the days of new items after the last good reading.

    Where they are many, the items came one by one while nobody read: that is no flood.
    """
    days = {entry.when.day for entry in new if entry.when}
    return {day for day in days if read is not None and day > read}


def _have_their_days(changes: Changes) -> bool:
    """Whether the new items have the days of the missing ones: the same ones in other words."""
    new = Counter(entry.when.day for entry in changes.new if entry.when)
    gone = Counter(item.content.when.day for item in changes.missing if item.content.when)
    return (new & gone).total() >= _MOST * max(len(changes.new), len(changes.missing))


def _parts(normal: Normal) -> tuple[tuple[str, float, Callable[[Entry], bool]], ...]:
    """Return what most items may have, the share that had it, and how to tell."""
    return (
        ("dates", normal.dated, lambda entry: entry.when is not None),
        ("links", normal.linked, lambda entry: bool(entry.url)),
        ("texts", normal.summarised, lambda entry: bool(entry.summary_html)),
    )


def _is_rewritten(revision: Revision) -> bool:
    """Whether the words of an item changed, not only its address, date or picture."""
    old, new = revision.item.content, revision.content
    return title_key(old.title) != title_key(new.title) or text_key(old.summary_html) != text_key(
        new.summary_html
    )
