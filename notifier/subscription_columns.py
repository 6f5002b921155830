"""Subscriptions and their rules as columns and back."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feeds.filters import ItemFilter
from feeds.instants import from_column
from notifier.model import EVERYTHING, Form, Rule, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from feeds.database import Row

SUBSCRIPTION = (
    "subscriptions.id AS id, subscriber, address, bulletin, time_zone, language, mark, token, "
    "form, paused_until, ended"
)


def numbers(ids: Iterable[int]) -> str:
    """Write ids of ours for a statement that asks for several at once."""
    return ", ".join(str(int(number)) for number in ids)


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
