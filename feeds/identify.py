"""Which found entry is which stored item: a reading is matched as a whole, best evidence first.

Pure. What no evidence ties to an item is new; nothing here is a hash of content. Whether one
entry and one item may be one is judged in ``feeds.resemblance``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.diff import PUT_OFF, content_of, fingerprint
from feeds.keys import one_reading, title_key, url_key
from feeds.model import Evidence, Match, Matching
from feeds.resemblance import (
    agree_in_more_than_address,
    agreement,
    days_differ,
    has_no_other_text,
    has_title_and_text_of,
    has_title_of,
    have_own_address,
    is_not_foreign,
    likeness,
    threshold,
    words_of,
)
from feeds.similarity import candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from feeds.model import Entry, Item

    # What two things have in common; None and the empty text are nothing in common.
    Key = str | tuple[str, date] | None

# Known items that an entry without any equal key is compared with.
_MOST_COMPARED = 12
# Things with one key that are compared each with each; beyond, the order of the page decides.
_MOST_ALIKE = 60
# Between two matched neighbours less is enough.
_BETWEEN = 0.3


def identify(entries: Sequence[Entry], known: Sequence[Item]) -> Matching:
    """Match entries with items, each at most once.

    ``known`` may hold items that were not on the page; only those with a position count as
    missing where nothing matched them. The order of entries decides only between twins.
    What matches a merged item is the item that it was merged into; where a page shows both, one
    of them speaks for it and the others are nothing of their own.
    """
    with one_reading():
        return _identified(_Board(entries, known))


def _identified(board: _Board) -> Matching:
    """Match by one kind of evidence after the other, the strongest first."""
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


def _stated_id(item: Item) -> str:
    """Return the id that this source gave an item: "17" of another source is another item."""
    return item.source_id if item.sighted or ":" in item.source_id else ""


def _as_said_here(item: Item) -> Item:
    """Return an item in the words of this source, where its content has those of another.

    What this source does not show is taken from the content: a redesign may show it again.
    """
    content, said = item.content, item.said
    if said is None or item.merged_into:
        return item
    return replace(
        item,
        content=replace(
            said,
            url=said.url or content.url,
            when=said.when or content.when,
            summary_html=said.summary_html or content.summary_html,
        ),
    )


def _says(entry: Entry) -> Key:
    return fingerprint(content_of(entry))


def _said(item: Item) -> Key:
    """Return what this source said of an item, whatever another has corrected since."""
    return item.stated.removeprefix(PUT_OFF)


def _title_and_day(entry: Entry) -> Key:
    return (title_key(entry.title), entry.when.day) if entry.when else None


def _item_title_and_day(item: Item) -> Key:
    content = item.content
    return (title_key(content.title), content.when.day) if content.when else None


class _Board:
    """Entries on one side, items on the other, and the pairs made so far."""

    def __init__(self, entries: Sequence[Entry], known: Sequence[Item]) -> None:
        self._entries = entries
        self._known = {item.id: item for item in known}
        # By place on the page, then by age: so twins pair in the order in which they stand.
        self._items = sorted(
            map(_as_said_here, known),
            key=lambda i: (i.position is None, i.position or 0, -i.number),
        )
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
                self._known[item.id]
                for item in self._items
                if item.position is not None and not item.merged_into and item.id not in found
            ),
        )

    def _survivors(self) -> tuple[Match, ...]:
        """Return the matches by place, each item once, merged ones as what they were merged into.

        The item's own match goes before those of its merged ones: it has its wording.
        """
        items = self._known
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
                accept=agree_in_more_than_address if shared else have_own_address,
            )

    def match_by_title_and_day(self, *, rewritten: bool) -> None:
        """Pair what has the same title and day; texts that are foreign wait, as with titles."""
        for indices, items in self._groups(_title_and_day, _item_title_and_day):
            self._pair_best(
                indices,
                items,
                Evidence.TITLE_AND_DATE,
                0.95,
                accept=is_not_foreign if rewritten else has_no_other_text,
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
                accept=has_title_of if rewritten else has_title_and_text_of,
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
                -agreement(self._entries[index], item),
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
        texts = [words_of(self._entries[index]) for index in indices]
        others = [words_of(item.content) for item in items]
        for place, near in candidates(texts, others, most=_MOST_COMPARED):
            entry = self._entries[indices[place]]
            for other in near:
                alike = likeness(entry, items[other])
                if alike >= threshold(entry, items[other]):
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
            alike = likeness(entry, item)
            if alike >= _BETWEEN and not days_differ(entry, item):
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
        return sorted(groups, key=lambda group: max(len(group[0]), len(group[1])) > 1)

    def _pair(self, index: int, item: Item, evidence: Evidence, strength: float) -> None:
        if index in self._matches or item.id in self._taken:
            return
        self._taken.add(item.id)
        self._matches[index] = Match(
            entry=self._entries[index],
            place=index,
            item=self._known[item.id],
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
