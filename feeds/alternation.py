"""Wordings that come by turns: an item that goes back and forth is revised ever more rarely. Pure.

Two servers, a test of two headings, a cache: such a page shows one wording and then another for
ever. That a correction is taken back, and made again, is still a revision; so is what a page says
that is open in summer and closed in winter.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.diff import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from feeds.model import Changes, Former, Match, Revision

# So many times an item returns to what it was before; then it pauses, twice as long each time,
# until it says what it never said: the count begins anew.
MOST_RETURNS = 2
_PAUSE = timedelta(days=30)
_MOST_DOUBLED = 10
# What comes back so much later than it might have is no going back and forth.
_MUCH_LATER = 2


def settled(changes: Changes, former: Mapping[str, Sequence[Former]], now: datetime) -> Changes:
    """Return the changes without the revisions that only go back and forth.

    ``former`` has the former contents of the revised items, the oldest first, by id. What is no
    revision is put off: the item was found, and keeps the content that it has for the time being.
    """
    kept: list[Revision] = []
    turned: list[Match] = []
    for revision in changes.revised:
        if alternates(revision, former.get(revision.item.id, ()), now):
            turned.append(replace(revision.match, put_off=True))
        else:
            kept.append(revision)
    return replace(changes, revised=tuple(kept), unchanged=(*changes.unchanged, *turned))


def alternates(revision: Revision, former: Sequence[Former], now: datetime) -> bool:
    """Tell whether a revision is one return too many to what the item was before, for now."""
    before = [*(fingerprint(one.content) for one in former), fingerprint(revision.item.content)]
    if fingerprint(revision.content) not in before:
        return False
    # When each of them was taken over, but for the first.
    begun = [one.replaced for one in former]
    returns = 0
    for place in range(2, len(before)):
        stood = begun[place - 1] - begun[place - 2]
        is_turn = before[place] in before[:place] and stood <= _pause(returns) * _MUCH_LATER
        returns = returns + 1 if is_turn else 0
    return returns >= MOST_RETURNS and now - begun[-1] < _pause(returns)


def _pause(returns: int) -> timedelta:
    """Return how long an item pauses that returned so often."""
    return _PAUSE * (1 << min(max(returns - MOST_RETURNS, 0), _MOST_DOUBLED))
