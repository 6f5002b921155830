"""What a matched reading changes: new, revised, missing. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from feeds.keys import text_key, title_key, url_key
from feeds.model import Changes, Content, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from feeds.model import Entry, Item, Match, Matching, When

_NOON = 12
# From noon on this is the same day nearly everywhere.
_UNTIL_EVENING_S = 36_000


def diff(
    matching: Matching,
    *,
    first: bool,
    last: datetime | None = None,
    left_out: int = 0,
) -> Changes:
    """Decide what a reading changes; whether it is believed is said in ``feeds.guards``.

    ``first`` says that the source was not read with success before as it is now: what it holds
    is the baseline then. ``last`` is the time of its last good reading, ``left_out`` counts what
    stands on the page but is not wanted of it.
    """
    revised: list[Revision] = []
    unchanged: list[Match] = []
    shared = _shared_addresses(matching)
    for match in matching.matches:
        content = _merged(match, shared)
        if _is_corrected(match, content):
            revised.append(Revision(item=match.item, content=content, match=match))
        else:
            unchanged.append(match)
    return Changes(
        new=matching.unmatched,
        new_places=matching.unmatched_places,
        revised=tuple(revised),
        unchanged=tuple(unchanged),
        missing=matching.missing,
        promoted=() if first else tuple(_promoted(unchanged, last)),
        baseline=first,
        since=last.date() if first and last else None,
        left_out=left_out,
    )


def _promoted(unchanged: Sequence[Match], last: datetime | None) -> Iterator[Item]:
    """Yield items that another source had at its own first reading, and that are news here.

    They came after this source was last read, so its readers are owed them.
    """
    for match in unchanged:
        item = match.item
        if last is not None and item.baseline and not item.sighted and item.first_seen > last:
            yield item


def is_baseline(entry: Entry, changes: Changes, *, rank: int = 0) -> bool:
    """Whether a new entry was there before anybody asked: what is announced to nobody.

    ``rank`` counts the new entries above it on the page.
    """
    if not changes.baseline:
        beyond = changes.announced is not None and rank >= changes.announced
        return beyond or rank in changes.old
    return not (changes.since and entry.when and entry.when.day > changes.since)


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


def _shared_addresses(matching: Matching) -> set[str]:
    """Return the addresses that several entries have: a section, a document for all."""
    entries = [*(match.entry for match in matching.matches), *matching.unmatched]
    times = Counter(url_key(entry.url) for entry in entries)
    return {key for key, count in times.items() if count > 1}


def _merged(match: Match, shared: set[str]) -> Content:
    """Return the content to keep: what the page says now, and what it no longer says as it was.

    A redesign that drops dates, cuts texts to teasers or links all items to one page takes
    nothing from an item.
    """
    old, new = match.item.content, content_of(match.entry)
    linked = new.url and url_key(new.url) not in shared
    return replace(
        new,
        url=new.url if linked else old.url or new.url,
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


def _is_corrected(match: Match, content: Content) -> bool:
    """Tell whether a reader would see a change, and this source is the one that made it.

    Two sources that word one item differently would else correct each other for ever.
    """
    item = match.item
    if not item.sighted or item.stated == fingerprint(content_of(match.entry)):
        return False
    return fingerprint(item.content) != fingerprint(content)


def fingerprint(content: Content) -> str:
    """Return what is equal where a reader sees no change: blanks, counters, tracking are none."""
    seen = (
        title_key(content.title),
        url_key(content.url),
        content.when.day.isoformat() if content.when else "",
        text_key(content.summary_html),
        content.author,
        url_key(content.image_url),
        *content.categories,
    )
    return hashlib.blake2b("\0".join(seen).encode(), digest_size=8).hexdigest()


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
    return min(noon + timedelta(seconds=number % _UNTIL_EVENING_S), latest)
