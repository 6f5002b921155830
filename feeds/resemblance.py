"""Whether one entry and one item may be one: what two things agree in, and how much. Pure.

How a whole reading is matched by these judgements is in ``feeds.identify``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feeds.keys import is_of_one_item, text_key, title_key, url_key
from feeds.similarity import containment, similarity

if TYPE_CHECKING:
    from datetime import date

    from feeds.model import Entry, Item, When

# Alike enough to be one item: the day agrees, no day disagrees, the days differ.
_SAME_DAY, _NO_DAY, _OTHER_DAY, _NEVER = 0.55, 0.7, 0.9, 2.0
# A key that may be used again must be backed by this much of text, where nothing else backs it.
_BACKED = 0.5
# A day counts more than a title or a text, and less than both.
_A_DAY = 1.25
# An equal text of this length is a text of its own, not a phrase used every week.
_OWN_TEXT = 100
_NUMBER = re.compile(r"\d+")


def _day(when: When | None) -> date | None:
    return when.day if when else None


def words_of(text: Entry | Item | object) -> str:
    """Return the words of title and summary, by which things that read alike are found."""
    title = getattr(text, "title", "")
    summary = getattr(text, "summary_html", "")
    return f"{title_key(title)} {text_key(summary)}"


def _has_other_number(entry: Entry, item: Item) -> bool:
    """Tell whether two alike are two of a series: 2026 is not 2025, nor 0.13 what 0.12 was.

    A number that merely counts something changes while day and address stay.
    """
    content = item.content
    if _NUMBER.findall(title_key(entry.title)) == _NUMBER.findall(title_key(content.title)):
        return False
    addresses = entry.url and content.url and url_key(entry.url) != url_key(content.url)
    return days_differ(entry, item) or bool(addresses)


def agreement(entry: Entry, item: Item) -> float:
    """Say how much of two agrees that have a key in common: day, title, text."""
    # Two that have no date agree in nothing.
    day = _day(entry.when)
    days = day is not None and day == _day(item.content.when)
    titles = " ".join(entry.title.split()) == " ".join(item.content.title.split())
    return _A_DAY * days + titles + likeness(entry, item)


def have_own_address(entry: Entry, item: Item) -> bool:
    """Tell whether an address that nothing else has makes two things one."""
    gone = item.position is None and not is_of_one_item(entry.url)
    if gone and not _agree(entry, item) and likeness(entry, item) < _BACKED:
        return False
    return not _is_next_issue(entry, item, shared=False)


def agree_in_more_than_address(entry: Entry, item: Item) -> bool:
    """Tell whether title or day agree as well; a day alone, which many have, is backed by text."""
    titles = title_key(entry.title) == title_key(item.content.title)
    if not titles and (not _agree(entry, item) or likeness(entry, item) < _BACKED):
        return False
    if _has_other_text(entry, item):
        return False
    return not _is_next_issue(entry, item, shared=True)


def _has_other_text(entry: Entry, item: Item) -> bool:
    """Tell whether both have texts of their own, and neither is the other's."""
    texts = _texts_alike(entry, item)
    return texts is not None and texts < _BACKED


def is_not_foreign(entry: Entry, item: Item) -> bool:
    """Tell whether two with one title and day may be one: not where address and text differ."""
    addresses = entry.url and item.content.url and url_key(entry.url) != url_key(item.content.url)
    return not (addresses and _has_other_text(entry, item))


def has_no_other_text(entry: Entry, item: Item) -> bool:
    """Tell whether no text speaks against two being one."""
    return not _has_other_text(entry, item)


def has_title_and_text_of(entry: Entry, item: Item) -> bool:
    """Tell whether a title makes two things one, and no text speaks against it."""
    return has_title_of(entry, item) and not _has_other_text(entry, item)


def has_title_of(entry: Entry, item: Item) -> bool:
    """Tell whether a title makes two things one that agree in neither address nor day."""
    if _is_next_issue(entry, item, shared=True):
        return False
    if item.position is None and (entry.url and item.content.url):
        return False
    return not _are_foreign(entry, item)


def _are_foreign(entry: Entry, item: Item) -> bool:
    """Tell whether two have addresses and texts of their own, and neither is the other's."""
    addresses = entry.url and item.content.url and url_key(entry.url) != url_key(item.content.url)
    one, other = text_key(entry.summary_html), text_key(item.content.summary_html)
    texts = one and other and similarity(one, other) < _BACKED
    if item.position is None and not (entry.url or item.content.url):
        return bool(texts)
    return bool(addresses and texts)


def _agree(entry: Entry, item: Item) -> bool:
    """Tell whether title or day are the same."""
    day = _day(entry.when)
    return title_key(entry.title) == title_key(item.content.title) or (
        day is not None and day == _day(item.content.when)
    )


def days_differ(entry: Entry, item: Item) -> bool:
    """Tell whether both state a day and not the same one."""
    one, other = _day(entry.when), _day(item.content.when)
    return one is not None and other is not None and one != other


def _is_next_issue(entry: Entry, item: Item, *, shared: bool) -> bool:
    """Tell whether an entry with the address or title of an item is rather the next of a series.

    So it is when it states another day, unless its text is the item's own, or title and an
    address that it does not share are: then the day was corrected. An address that was made for
    one item stays that item's, whatever is corrected, where title or text are still alike.
    """
    if not days_differ(entry, item):
        return False
    texts = _texts_alike(entry, item)
    if texts is not None and texts >= _OTHER_DAY:
        return False
    if shared or not entry.url or url_key(entry.url) != url_key(item.content.url):
        return True
    titles = _titles_alike(entry, item)
    if is_of_one_item(entry.url):
        return max(titles, texts or 0.0) < _BACKED
    return texts is not None or titles < 1


def _texts_alike(entry: Entry, item: Item) -> float | None:
    """Return how much of their texts agrees, None where one is too short to be its own."""
    one, other = text_key(entry.summary_html), text_key(item.content.summary_html)
    if min(len(one), len(other)) < _OWN_TEXT:
        return None
    return max(similarity(one, other), containment(one, other))


def _titles_alike(entry: Entry, item: Item) -> float:
    """Return how much of two titles agrees: all where one has every word of the other.

    Nothing where they count: No. 6 is not what No. 5 was.
    """
    one, other = title_key(entry.title), title_key(item.content.title)
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        return 0.0
    words, others = set(one.split()), set(other.split())
    return 1.0 if words <= others or others <= words else similarity(one, other)


def likeness(entry: Entry, item: Item) -> float:
    """Return how alike two are by title and summary, from 0 to 1.

    A teaser is as good as the whole text that it was cut from. One text alone may carry it:
    a title is rewritten, or a summary replaced, rarely both on one day.
    """
    titles = similarity(title_key(entry.title), title_key(item.content.title))
    one, other = text_key(entry.summary_html), text_key(item.content.summary_html)
    if not one or not other:
        return titles
    texts = max(similarity(one, other), 0.95 * containment(one, other))
    long_enough = min(len(one), len(other)) >= _OWN_TEXT
    return max((titles + texts) / 2, titles * 0.9, texts * 0.9 if long_enough else 0.0)


def threshold(entry: Entry, item: Item) -> float:
    """Return how alike two must be to be one."""
    if _are_foreign(entry, item) or _has_other_number(entry, item):
        return _NEVER
    if days_differ(entry, item):
        return _NEVER if _is_next_issue(entry, item, shared=True) else _NO_DAY
    if entry.when and item.content.when:
        return _SAME_DAY
    # No. 6 and No. 5 read alike, and are two.
    numbers = _NUMBER.findall(title_key(entry.title))
    return _NO_DAY if numbers == _NUMBER.findall(title_key(item.content.title)) else _OTHER_DAY
