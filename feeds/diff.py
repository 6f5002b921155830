"""What a matched reading changes: new, revised, missing, or nothing to be believed. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from feeds.keys import text_key, title_key, url_key
from feeds.model import Changes, Content, Revision

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from feeds.model import Entry, Match, Matching, When

# A page that lost all it had and shows hardly anything instead is broken, not renewed.
_FEWEST_LOST = 5
_LEFT_OF_A_BROKEN_PAGE = 3
_NOON = 12


def diff(matching: Matching, *, first: bool, left_out: int = 0) -> Changes:
    """Decide what a reading changes.

    ``first`` says that the source was never read with success before: what it holds is the
    baseline then. ``left_out`` counts what stands on the page but is not wanted of it.
    """
    if alarm := _alarm(matching, left_out):
        return Changes(alarm=alarm)
    revised: list[Revision] = []
    unchanged: list[Match] = []
    for match in matching.matches:
        content = _merged(match)
        if _reads_differently(match.item.content, content):
            revised.append(Revision(item=match.item, content=content, match=match))
        else:
            unchanged.append(match)
    return Changes(
        new=matching.unmatched,
        new_places=matching.unmatched_places,
        revised=tuple(revised),
        unchanged=tuple(unchanged),
        missing=matching.missing,
        baseline=first,
    )


def _alarm(matching: Matching, left_out: int) -> str:
    """Say why the reading is not to be believed; empty where it is."""
    lost = len(matching.missing)
    found = len(matching.matches) + len(matching.unmatched) + left_out
    if not found and lost:
        return f"nothing found, where {lost} items stood before; the last good feed stays"
    broken = found * _LEFT_OF_A_BROKEN_PAGE <= lost and lost >= _FEWEST_LOST
    if not matching.matches and broken:
        return (
            f"none of the {lost} items that stood here is found any more, and only "
            f"{found} others; the last good feed stays until the page is whole again"
        )
    return ""


def content_of(entry: Entry) -> Content:
    """Return what a reader sees of an entry."""
    return Content(
        title=entry.title,
        url=entry.url,
        when=entry.when,
        summary_html=entry.summary_html,
        full_html=entry.full_html,
        author=entry.author,
        image_url=entry.image_url,
        categories=entry.categories,
        language=entry.language,
    )


def _merged(match: Match) -> Content:
    """Return the content to keep: what the page says now, and what it no longer says as it was.

    A redesign that drops dates or cuts texts to teasers takes nothing from an item.
    """
    old, new = match.item.content, content_of(match.entry)
    return replace(
        new,
        url=new.url or old.url,
        when=_finer(old.when, new.when),
        summary_html=old.summary_html if _is_teaser(new, old) else new.summary_html,
        full_html=new.full_html or old.full_html,
        author=new.author or old.author,
        image_url=new.image_url or old.image_url,
        categories=new.categories or old.categories,
        language=new.language or old.language,
    )


def _finer(old: When | None, new: When | None) -> When | None:
    """Keep the time of an unchanged day where the page shows the day alone now."""
    if new is None:
        return old
    if old is not None and old.day == new.day and new.instant is None:
        return old
    return new


def _is_teaser(new: Content, old: Content) -> bool:
    """Tell whether the new summary is nothing but the beginning of the old one."""
    short, long = text_key(new.summary_html), text_key(old.summary_html)
    return short != long and long.startswith(short)


def _reads_differently(old: Content, new: Content) -> bool:
    """Tell whether a reader would see a change: blanks, counters and tracking are none."""
    return (
        title_key(old.title) != title_key(new.title)
        or url_key(old.url) != url_key(new.url)
        or (old.when.day if old.when else None) != (new.when.day if new.when else None)
        or text_key(old.summary_html) != text_key(new.summary_html)
        or (old.author, old.categories) != (new.author, new.categories)
        or url_key(old.image_url) != url_key(new.image_url)
    )


def publication_time(
    when: When | None, *, number: int, rank: int, now: datetime, zone: ZoneInfo
) -> datetime:
    """Return the instant that feeds show of a new item, fixed at first sight, in whole seconds.

    A time stands as it was given. A day without one is noon of the bulletin's zone, which is
    that day nearly everywhere, and a second or more apart from its neighbours, for readers sort
    by it. Nothing is later than now: neither an announced event nor noon of this morning.
    ``rank`` counts the new items above this one on the page.
    """
    latest = now.astimezone(UTC).replace(microsecond=0) - timedelta(seconds=rank)
    if when is None:
        return latest
    if when.instant is not None:
        return min(when.instant.astimezone(UTC).replace(microsecond=0), latest)
    try:
        noon = datetime.combine(when.day, time(_NOON), tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return latest
    return min(noon + timedelta(seconds=number % 3600), latest)
