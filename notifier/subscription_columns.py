"""Subscriptions and their rules as columns and back."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feeds.filters import ItemFilter
from feeds.instants import from_column
from notifier.model import CHANNEL, EVERYTHING, Form, Rule, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from feeds.database import Row

SUBSCRIPTION = (
    "subscriptions.id AS id, subscriber, address, bulletin, time_zone, language, mark, token, "
    "form, paused_until, ended"
)

# Who is no channel.
A_PERSON = f"substr(address, 1, {len(CHANNEL)}) <> '{CHANNEL}'"

_SIZES = (1, 10, 100, 1000)


def several(values: Sequence[object]) -> tuple[str, dict[str, object]]:
    """Return a list for ``IN``, and its parameters: for a statement that asks for several at once.

    There are few lengths of it, so that few statements are ever prepared; what is left over is
    filled with the last value.
    """
    size = next(size for size in _SIZES if size >= len(values))
    filled = chain(values, repeat(values[-1] if values else None))
    return _listed(size), dict(zip(_names(size), filled, strict=False))


@lru_cache(maxsize=len(_SIZES))
def _names(size: int) -> tuple[str, ...]:
    # Names of parameters have no digits.
    letters = str.maketrans("0123456789", "abcdefghij")
    return tuple(f"of_{str(number).translate(letters)}" for number in range(size))


@lru_cache(maxsize=len(_SIZES))
def _listed(size: int) -> str:
    return ", ".join(f":{name}" for name in _names(size))


def filter_column(wanted: ItemFilter) -> str:
    """Write a filter; one that takes everything is empty."""
    parts = {name: values for name, values in asdict(wanted).items() if values}
    return json.dumps(parts, ensure_ascii=False, sort_keys=True) if parts else ""


def filter_from(column: str) -> ItemFilter:
    """Read a filter."""
    if not column:
        return EVERYTHING
    return ItemFilter(**{name: tuple(values) for name, values in json.loads(column).items()})


def subscription_from(row: Row, rules: Sequence[Rule]) -> Subscription:
    """Read a subscription from a row with the columns of SUBSCRIPTION, and its rules."""
    return Subscription(
        id=row["id"],
        subscriber_id=row["subscriber"],
        address=row["address"],
        bulletin=row["bulletin"],
        time_zone=ZoneInfo(row["time_zone"]),
        language=row["language"],
        mark=row["mark"],
        token=row["token"],
        rules=tuple(rules),
        form=Form(row["form"]),
        paused_until=from_column(row["paused_until"]),
        ended=from_column(row["ended"]),
    )


def rules_from(rows: Iterable[Row]) -> dict[int, list[Rule]]:
    """Read rules, those of each subscription in their order."""
    rules: defaultdict[int, list[Rule]] = defaultdict(list)
    for row in rows:
        rules[row["subscription"]].append(
            Rule(
                cadence=row["cadence"],
                wanted=filter_from(row["wanted"]),
                next_digest=from_column(row["next_digest"]),
            )
        )
    return rules
