"""Which found entry is which stored item: a reading is matched as a whole, best evidence first.

Pure. What no evidence ties to an item is new; nothing here is a hash of content.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.diff import content_of, fingerprint
from feeds.keys import is_of_one_item, text_key, title_key, url_key
from feeds.model import Evidence, Match, Matching
from feeds.similarity import candidates, containment, similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from feeds.model import Entry, Item, When

    # What two things have in common; None and the empty text are nothing in common.
    Key = str | tuple[str, date] | None

# Known items that an entry without any equal key is compared with.
_MOST_COMPARED = 12
# Alike enough to be one item: the day agrees, no day disagrees, the days differ.
_SAME_DAY, _NO_DAY, _OTHER_DAY, _NEVER = 0.55, 0.7, 0.9, 2.0
# A key that may be used again must be backed by this much of text, where nothing else backs it.
_BACKED = 0.5
# A day counts more than a title or a text, and less than both.
_A_DAY = 1.25
# Things with one key that are compared each with each; beyond, the order of the page decides.
_MOST_ALIKE = 60
# Between two matched neighbours less is enough.
_BETWEEN = 0.3
# An equal text of this length is a text of its own, not a phrase used every week.
_OWN_TEXT = 100
_NUMBER = re.compile(r"\d+")


def identify(entries: Sequence[Entry], known: Sequence[Item]) -> Matching:
    """Match entries with items, each at most once.

    ``known`` may hold items that were not on the page; only those with a position count as
    missing where nothing matched them. The order of entries decides only between twins.
    What matches a merged item is the item that it was merged into; where a page shows both, one
    of them speaks for it and the others are nothing of their own.
    """
    board = _Board(entries, known)
    board.match_by(Evidence.SOURCE_ID, lambda e: e.source_id, _stated_id, 1.0)
    board.match_by(Evidence.UNCHANGED, _says, _said, 1.0)
    board.match_by_url(shared=False)
    board.match_by_title_and_day(rewritten=False)
    board.match_by_url(shared=True)
    board.match_by_title(rewritten=False)
    board.match_by_similarity()
    board.match_by_title_and_day(rewritten=True)
    board.match_by_title(rewritten=True)
    board.match_by_position()
    return board.matching()


def _always(_entry: Entry, _item: Item) -> bool:
    return True


def _day(when: When | None) -> date | None:
    return when.day if when else None


def _stated_id(item: Item) -> str:
    """Return the id that this source gave an item: "17" of another source is another item."""
    return item.source_id if item.sighted or ":" in item.source_id else ""


def _says(entry: Entry) -> Key:
    return fingerprint(content_of(entry))


def _said(item: Item) -> Key:
    """Return what this source said of an item, whatever another has corrected since."""
    return item.stated


def _title_and_day(entry: Entry) -> Key:
    return (title_key(entry.title), entry.when.day) if entry.when else None


def _item_title_and_day(item: Item) -> Key:
    content = item.content
    return (title_key(content.title), content.when.day) if content.when else None


class _Board:
    """Entries on one side, items on the other, and the pairs made so far."""

    def __init__(self, entries: Sequence[Entry], known: Sequence[Item]) -> None:
        self._entries = entries
        # By place on the page, then by age: so twins pair in the order in which they stand.
        self._items = sorted(known, key=lambda i: (i.position is None, i.position or 0, -i.number))
        self._matches: dict[int, Match] = {}
        self._taken: set[str] = set()
        self._shared = _shared_addresses(entries, known)

    def matching(self) -> Matching:
        """Return what was found, in page order."""
        unmatched = self._open_entries()
        matches = self._survivors()
        found = {match.item.id for match in matches}
        return Matching(
            matches=matches,
            unmatched=tuple(self._entries[place] for place in unmatched),
            unmatched_places=tuple(unmatched),
            missing=tuple(
                item
                for item in self._items
                if item.position is not None and not item.merged_into and item.id not in found
            ),
        )

    def _survivors(self) -> tuple[Match, ...]:
        """Return the matches by place, each item once, merged ones as what they were merged into.

        The item's own match goes before those of its merged ones: it has its wording.
        """
        items = {item.id: item for item in self._items}
        speaks: dict[str, Match] = {}
        for place in sorted(
            self._matches, key=lambda p: (bool(self._matches[p].item.merged_into), p)
        ):
            match = self._matches[place]
            survivor = items.get(match.item.merged_into, match.item)
            speaks.setdefault(survivor.id, replace(match, item=survivor))
        return tuple(sorted(speaks.values(), key=lambda match: match.place))

    def match_by(
        self,
        evidence: Evidence,
        of_entry: Callable[[Entry], Key],
        of_item: Callable[[Item], Key],
        strength: float,
    ) -> None:
        """Pair what has the same key; of several with one key those that agree best."""
        for indices, items in self._groups(of_entry, of_item):
            self._pair_best(indices, items, evidence, strength, accept=_always)

    def match_by_url(self, *, shared: bool) -> None:
        """Pair what has the same address: one of its own, or one that several share.

        An address of several items (a section page, one document for all) says little alone:
        there the title or the day must agree as well. So it must where an item left the page
        long ago, for addresses are used again.
        """
        for indices, items in self._groups(
            lambda entry: url_key(entry.url), lambda item: url_key(item.content.url)
        ):
            if (url_key(self._entries[indices[0]].url) in self._shared) is not shared:
                continue
            self._pair_best(
                indices,
                items,
                Evidence.URL,
                0.9 if shared else 1.0,
                accept=_agree_in_more_than_address if shared else _have_own_address,
            )

    def match_by_title_and_day(self, *, rewritten: bool) -> None:
        """Pair what has the same title and day; texts that are foreign wait, as with titles."""
        for indices, items in self._groups(_title_and_day, _item_title_and_day):
            self._pair_best(
                indices,
                items,
                Evidence.TITLE_AND_DATE,
                0.95,
                accept=_always if rewritten else _has_no_other_text,
            )

    def match_by_title(self, *, rewritten: bool) -> None:
        """Pair what has the same title, unless all else says that it is the next of a series.

        Where the texts are foreign to each other, others may have a better claim by theirs.
        """
        for indices, items in self._groups(
            lambda entry: title_key(entry.title), lambda item: title_key(item.content.title)
        ):
            self._pair_best(
                indices,
                items,
                Evidence.TITLE,
                0.8,
                accept=_has_title_of if rewritten else _has_title_and_text_of,
            )

    def _pair_best(
        self,
        indices: Sequence[int],
        items: Sequence[Item],
        evidence: Evidence,
        strength: float,
        *,
        accept: Callable[[Entry, Item], bool],
    ) -> None:
        """Pair the members of a group, those first that agree most.

        Twins are those whose neighbours are neighbours too, and else stand in page order.
        """
        pairs = [
            (
                -_agreement(self._entries[index], item),
                not self._stands_beside_its_neighbours(index, item),
                abs(row - column),
                row,
                column,
            )
            for row, index in enumerate(indices[:_MOST_ALIKE])
            for column, item in enumerate(items[:_MOST_ALIKE])
            if accept(self._entries[index], item)
        ]
        for *_, row, column in sorted(pairs):
            self._pair(indices[row], items[column], evidence, strength)
        for index, item in zip(indices[_MOST_ALIKE:], items[_MOST_ALIKE:], strict=False):
            if accept(self._entries[index], item):
                self._pair(index, item, evidence, strength)

    def _stands_beside_its_neighbours(self, index: int, item: Item) -> bool:
        if item.position is None:
            return False
        return any(
            match is not None and match.item.position == item.position + step
            for step in (-1, 1)
            for match in (self._matches.get(index + step),)
        )

    def match_by_similarity(self) -> None:
        """Pair what reads alike, the most alike first."""
        indices = self._open_entries()
        items = self._open_items()
        if not indices or not items:
            return
        pairs: list[tuple[float, int, int]] = []
        texts = [_words_of(self._entries[index]) for index in indices]
        others = [_words_of(item.content) for item in items]
        for place, near in candidates(texts, others, most=_MOST_COMPARED):
            entry = self._entries[indices[place]]
            for other in near:
                alike = _likeness(entry, items[other])
                if alike >= _threshold(entry, items[other]):
                    pairs.append((alike, place, other))
        pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
        for alike, place, other in pairs:
            self._pair(indices[place], items[other], Evidence.SIMILARITY, alike)

    def match_by_position(self) -> None:
        """Pair what stands between the same two neighbours and is not quite foreign."""
        by_position = {
            item.position: item
            for item in self._items
            if item.position is not None and not item.merged_into
        }
        for index in self._open_entries():
            before, after = self._matches.get(index - 1), self._matches.get(index + 1)
            if before is None or after is None or before.item.position is None:
                continue
            item = by_position.get(before.item.position + 1)
            if item is None or item.id in self._taken:
                continue
            if after.item.position != before.item.position + 2:
                continue
            entry = self._entries[index]
            alike = _likeness(entry, item)
            if alike >= _BETWEEN and not _days_differ(entry, item):
                self._pair(index, item, Evidence.POSITION, alike)

    def _open_entries(self) -> list[int]:
        return [index for index in range(len(self._entries)) if index not in self._matches]

    def _open_items(self) -> list[Item]:
        return [item for item in self._items if item.id not in self._taken]

    def _groups(
        self, of_entry: Callable[[Entry], Key], of_item: Callable[[Item], Key]
    ) -> list[tuple[list[int], list[Item]]]:
        """Return what is not paired yet and has a key in common, twins last.

        So the neighbours of twins are known before them.
        """
        items: dict[Key, list[Item]] = defaultdict(list)
        for item in self._open_items():
            key = of_item(item)
            if key:
                items[key].append(item)
        entries: dict[Key, list[int]] = defaultdict(list)
        for index in self._open_entries():
            key = of_entry(self._entries[index])
            if key in items:
                entries[key].append(index)
        groups = [(indices, items[key]) for key, indices in entries.items()]
        return sorted(groups, key=lambda group: max(map(len, group)) > 1)

    def _pair(self, index: int, item: Item, evidence: Evidence, strength: float) -> None:
        if index in self._matches or item.id in self._taken:
            return
        self._taken.add(item.id)
        self._matches[index] = Match(
            entry=self._entries[index],
            place=index,
            item=item,
            evidence=evidence,
            strength=strength,
        )


def _shared_addresses(entries: Sequence[Entry], known: Sequence[Item]) -> set[str]:
    """Return the addresses of several things, on the page or among what is known."""
    here = Counter(url_key(entry.url) for entry in entries)
    there = Counter(
        key for key, _ in {(url_key(i.content.url), i.merged_into or i.id) for i in known}
    )
    return {key for times in (here, there) for key, count in times.items() if count > 1}


def _words_of(text: Entry | Item | object) -> str:
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
    return _days_differ(entry, item) or bool(addresses)


def _agreement(entry: Entry, item: Item) -> float:
    """Say how much of two agrees that have a key in common: day, title, text."""
    # Two that have no date agree in nothing.
    day = _day(entry.when)
    days = day is not None and day == _day(item.content.when)
    titles = " ".join(entry.title.split()) == " ".join(item.content.title.split())
    return _A_DAY * days + titles + _likeness(entry, item)


def _have_own_address(entry: Entry, item: Item) -> bool:
    """Tell whether an address that nothing else has makes two things one."""
    gone = item.position is None and not is_of_one_item(entry.url)
    if gone and not _agree(entry, item) and _likeness(entry, item) < _BACKED:
        return False
    return not _is_next_issue(entry, item, shared=False)


def _agree_in_more_than_address(entry: Entry, item: Item) -> bool:
    """Tell whether title or day agree as well; a day alone, which many have, is backed by text."""
    titles = title_key(entry.title) == title_key(item.content.title)
    if not titles and (not _agree(entry, item) or _likeness(entry, item) < _BACKED):
        return False
    if _has_other_text(entry, item):
        return False
    return not _is_next_issue(entry, item, shared=True)


def _has_other_text(entry: Entry, item: Item) -> bool:
    """Tell whether both have texts of their own, and neither is the other's."""
    texts = _texts_alike(entry, item)
    return texts is not None and texts < _BACKED


def _has_no_other_text(entry: Entry, item: Item) -> bool:
    return not _has_other_text(entry, item)


def _has_title_and_text_of(entry: Entry, item: Item) -> bool:
    return _has_title_of(entry, item) and not _has_other_text(entry, item)


def _has_title_of(entry: Entry, item: Item) -> bool:
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


def _days_differ(entry: Entry, item: Item) -> bool:
    """Tell whether both state a day and not the same one."""
    one, other = _day(entry.when), _day(item.content.when)
    return one is not None and other is not None and one != other


def _is_next_issue(entry: Entry, item: Item, *, shared: bool) -> bool:
    """Tell whether an entry with the address or title of an item is rather the next of a series.

    So it is when it states another day, unless its text is the item's own, or title and an
    address that it does not share are: then the day was corrected. An address that was made for
    one item stays that item's, whatever is corrected, where title or text are still alike.
    """
    if not _days_differ(entry, item):
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


def _likeness(entry: Entry, item: Item) -> float:
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


def _threshold(entry: Entry, item: Item) -> float:
    """Return how alike two must be to be one."""
    if _are_foreign(entry, item) or _has_other_number(entry, item):
        return _NEVER
    if _days_differ(entry, item):
        return _NEVER if _is_next_issue(entry, item, shared=True) else _NO_DAY
    if entry.when and item.content.when:
        return _SAME_DAY
    # No. 6 and No. 5 read alike, and are two.
    numbers = _NUMBER.findall(title_key(entry.title))
    return _NO_DAY if numbers == _NUMBER.findall(title_key(item.content.title)) else _OTHER_DAY
