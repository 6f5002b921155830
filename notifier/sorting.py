"""Which rule of a subscription takes which item, and what is told now. Pure.

Each item is sorted once, when the subscription first has an occasion after it came: the first
rule that wants it takes it. What is taken is told at that rule's next occasion and waits until
then; what no rule wants is not told. So no item is told twice or lost, whatever a rule does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from feeds.filters import ItemFilter
    from notifier.model import Rule


@dataclass(frozen=True, slots=True)
class Sorted:
    """What one occasion of a subscription decides.

    ``told`` are the items of each rule, by its place, that are told now; ``waiting`` are the
    others that were taken, each with the place of its rule.
    """

    told: dict[int, tuple[str, ...]]
    waiting: dict[str, int]


def sort(
    rules: tuple[Rule, ...],
    *,
    waiting: Mapping[str, int | None],
    fresh: Iterable[str],
    accepted: Callable[[ItemFilter], Collection[str]],
    now: datetime,
) -> Sorted:
    """Sort items, and say which are told now.

    ``waiting`` are those that were sorted before, None for those that are to be sorted anew;
    ``fresh`` those that never were. ``accepted`` gives, of both, those that a filter accepts.
    """
    taken = {item: place for item, place in waiting.items() if place is not None}
    left = [*(item for item, place in waiting.items() if place is None), *fresh]
    for place, rule in enumerate(rules):
        if not left:
            break
        wanted = None if rule.wanted.is_empty else accepted(rule.wanted)
        taken |= {item: place for item in left if wanted is None or item in wanted}
        left = [item for item in left if item not in taken]
    due = {place for place, rule in enumerate(rules) if is_due(rule, now)}
    told = {
        place: tuple(sorted(item for item, of in taken.items() if of == place))
        for place in sorted(due & set(taken.values()))
    }
    return Sorted(
        told=told, waiting={item: place for item, place in taken.items() if place not in due}
    )


def is_due(rule: Rule, now: datetime) -> bool:
    """Tell whether this is an occasion of a rule."""
    return rule.next_digest is None or rule.next_digest <= now
