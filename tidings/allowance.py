"""How often a network may ask for what costs something, in the memory of this process. Pure.

A network gets back what it used as time goes by. This bounds cost and nothing else: who is served
by another process has another allowance there.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

# Networks that are remembered; the one that asked longest ago is forgotten first.
_MOST_KNOWN = 10_000


class Allowance:
    """So many at once, and so many more each second."""

    def __init__(self, *, at_once: int, per_second: float) -> None:
        self._at_once = float(at_once)
        self._per_second = per_second
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, who: Hashable, now_s: float) -> bool:
        """Take one, if there is one; ``now_s`` is a clock that only goes on."""
        left, since = self._left.pop(who, (self._at_once, now_s))
        left = min(self._at_once, left + (now_s - since) * self._per_second)
        is_there = left >= 1
        self._left[who] = (left - is_there, now_s)
        if len(self._left) > _MOST_KNOWN:
            self._left.popitem(last=False)
        return is_there
