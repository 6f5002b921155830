"""Wordings that come by turns: an item that goes back and forth is revised no longer. Pure.

Two servers, a test of two headings, a cache: such a page shows one wording and then another for
ever. That a correction is taken back, and made again, is still a revision.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.diff import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from feeds.model import Changes, Content, Match, Revision

# So many times an item returns to what it was before; then only a content that it never had
# revises it, and the count begins anew.
MOST_RETURNS = 2


def settled(changes: Changes, former: Mapping[str, Sequence[Content]]) -> Changes:
    """Return the changes without the revisions that only go back and forth.

    ``former`` has the former contents of the revised items, the oldest first, by id. What is no
    revision is unchanged: the item was found, and keeps the content that it has.
    """
    kept: list[Revision] = []
    turned: list[Match] = []
    for revision in changes.revised:
        if alternates(revision, former.get(revision.item.id, ())):
            turned.append(revision.match)
        else:
            kept.append(revision)
    return replace(changes, revised=tuple(kept), unchanged=(*changes.unchanged, *turned))


def alternates(revision: Revision, former: Sequence[Content]) -> bool:
    """Tell whether a revision is one return too many to what the item was before."""
    before = [*map(fingerprint, former), fingerprint(revision.item.content)]
    if fingerprint(revision.content) not in before:
        return False
    returns = 0
    for place, seen in enumerate(before):
        returns = returns + 1 if seen in before[:place] else 0
    return returns >= MOST_RETURNS
