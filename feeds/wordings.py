"""The wordings that an item had one after another, and which of them are another item's. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from feeds.diff import fingerprint
from feeds.keys import text_key, title_key, url_key
from feeds.model import Former
from feeds.similarity import similarity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from feeds.model import Content, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A content that an item had or has, under the number by which an operator names it.

    ``since`` is when it came, None for the first one, which was there from the beginning;
    ``evidence`` and ``strength`` are of the match that brought it.
    """

    content: Content
    revision: int
    since: datetime | None = None
    evidence: str = ""
    strength: float | None = None


def wordings(former: Sequence[Former], item: Item) -> tuple[Wording, ...]:
    """Return an item's own wordings, the oldest first, the present one last."""
    own = [one for one in former if not one.merged_from]
    return _joined(
        [*((one.content, one.revision) for one in own), (item.content, item.revision)], own
    )


def merged_wordings(former: Sequence[Former], item: Item) -> tuple[Wording, ...]:
    """Return the wordings that a merged item had before, out of those of its survivor."""
    theirs = [one for one in former if one.merged_from == item.id]
    if not theirs:
        return (Wording(content=item.content, revision=item.revision),)
    return _joined([(one.content, one.revision) for one in theirs], theirs)


def _joined(
    contents: Sequence[tuple[Content, int]], replaced: Sequence[Former]
) -> tuple[Wording, ...]:
    """Give each wording what is said of its coming, which stands with the one before it."""
    (content, revision), *later = contents
    first = Wording(content=content, revision=revision)
    return (
        first,
        *(
            Wording(
                content=content,
                revision=revision,
                since=before.replaced,
                evidence=before.evidence,
                strength=before.strength,
            )
            for (content, revision), before in zip(later, replaced, strict=False)
        ),
    )


def formers(given: Iterable[Wording]) -> tuple[Former, ...]:
    """Return all wordings but the last as what the last one replaced, one after another."""
    return tuple(
        Former(
            content=wording.content,
            revision=wording.revision,
            replaced=following.since,
            evidence=following.evidence,
            strength=following.strength,
        )
        for wording, following in pairwise(given)
        if following.since is not None
    )


def taken_apart(
    own: Sequence[Wording], theirs: Sequence[Wording]
) -> tuple[tuple[Wording, ...], tuple[Wording, ...]]:
    """Return the wordings of a survivor and of one that was merged into it, each its own again.

    ``theirs`` are those that the merged one had until then. What came since belongs to the one
    of the two that had it, and else to the one that reads more like it.
    """
    merged_at = theirs[-1].revision + 1
    mine = [wording for wording in own if wording.revision <= merged_at]
    others = list(theirs)
    for wording in own:
        if wording.revision > merged_at:
            side = others if _reads_like(wording.content, others, rather_than=mine) else mine
            if fingerprint(side[-1].content) != fingerprint(wording.content):
                side.append(wording)
    return tuple(mine), tuple(others)


def _reads_like(
    content: Content, these: Sequence[Wording], *, rather_than: Sequence[Wording]
) -> bool:
    seen = fingerprint(content)
    here, there = (
        any(fingerprint(wording.content) == seen for wording in side)
        for side in (these, rather_than)
    )
    if here is not there:
        return here
    return _likeness(content, these[-1].content) > _likeness(content, rather_than[-1].content)


def _likeness(one: Content, other: Content) -> float:
    address = bool(one.url) and url_key(one.url) == url_key(other.url)
    titles = similarity(title_key(one.title), title_key(other.title))
    texts = similarity(text_key(one.summary_html), text_key(other.summary_html))
    return address + titles + texts


def without_address(given: Sequence[Wording], url: str) -> tuple[Wording, ...]:
    """Return the wordings without an address that they were lent."""
    return tuple(
        replace(wording, content=replace(wording.content, url=""))
        if url_key(wording.content.url) == url_key(url)
        else wording
        for wording in given
    )
