"""What pointing changed, and why it could not do more: in sentences for a person. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.keys import title_key, url_key
from feeds.repair_rules import SELECTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import RuleSettings
    from feeds.located import Located
    from feeds.model import Entry
    from feeds.numbered import Opened
    from feeds.pointing_values import Point

_SHOWN = 3
_LONGEST = 60


def explanation(
    before: Located, after: Located, rules: RuleSettings, new: RuleSettings
) -> tuple[str, ...]:
    """Say what is read otherwise than before, and by which rules."""
    if new == rules and after.reading.entries == before.reading.entries:
        return (f"It is read so already: {_count(before, after)}",)
    said = [_count(before, after)]
    said += filter(None, (_coming(before, after), _coming(after, before, gone=True)))
    said += filter(None, (_fields(before, after),))
    for name in SELECTORS:
        old, now = getattr(rules, name), getattr(new, name)
        if now and now != old:
            said.append(f"{name.capitalize()}: {now}" + (f", was {old}" if old else ""))
        elif old and not now:
            said.append(f"{name.capitalize()}: found by itself, was {old}")
    for name in ("exclude", "exclude_url"):
        old, now = getattr(rules, name), getattr(new, name)
        if now and now != old:
            said.append(f"Left out by a pattern, as no selector tells them: {name} = {now}")
        elif old and not now:
            said.append(f"No pattern leaves anything out any more, it was {name} = {old}")
    return tuple(said)


def _count(before: Located, after: Located) -> str:
    old, new = len(before.reading.entries), len(after.reading.entries)
    items = f"{new} item{'s' if new != 1 else ''}"
    return f"{items}, as before." if old == new else f"{items}, was {old}."


def _key(entry: Entry) -> tuple[str, str]:
    return title_key(entry.title), url_key(entry.url)


def _coming(before: Located, after: Located, *, gone: bool = False) -> str:
    known = {_key(entry) for entry in before.reading.entries}
    fresh = [entry.title for entry in after.reading.entries if _key(entry) not in known]
    if not fresh:
        return ""
    shown = ", ".join(f"“{_short(title)}”" for title in fresh[:_SHOWN])
    more = f" and {len(fresh) - _SHOWN} more" if len(fresh) > _SHOWN else ""
    return f"{'No more' if gone else 'New'}: {shown}{more}."


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"


def _fields(before: Located, after: Located) -> str:
    entries = after.reading.entries
    count = len(entries)
    if not count:
        return ""
    was = before.reading.entries
    said = []
    for name, word in (("when", "a date"), ("url", "a link")):
        now = sum(bool(getattr(entry, name)) for entry in entries)
        old = sum(bool(getattr(entry, name)) for entry in was)
        if (now, count) != (old, len(was)):
            said.append(f"{now} of {count} with {word}")
    return f"{', '.join(said).capitalize()}." if said else ""


def problem(opened: Opened, point: Point, points: Sequence[Point]) -> str:
    """Say why a point could not be satisfied, and what can be done."""
    element = opened.element(point.number)
    if element is None or element.parent is None:
        return f"The page has no element {point.number} that is read; point at the text itself."
    shown = _short(" ".join(element.text.split()))
    if point.part == "date":
        spot = opened.sheet.place.dates.first(element.text)
        if spot is None and not element.attributes.get("datetime"):
            return (
                f"“{shown}” is not understood as a date; point at one with day and month, or give "
                "date_format."
            )
    if point.part == "not":
        others = (opened.element(p.number) for p in points if p.part in {"title", "item"})
        if any(element.holds(other) for other in others if other is not None):
            return (
                f"“{shown}” is to be no item, and something in it is to be one; take one of both "
                "back."
            )
        return (
            f"Nothing tells “{shown}” from the other items: no class, no place, no address; give "
            "exclude, a pattern of its title."
        )
    if not element.length:
        return "There is no text where you pointed; point at the words themselves."
    what = "an item" if point.part == "item" else f"a {point.part}"
    return (
        f"“{shown}” could not be read as {what} "
        "together with the other things that you pointed at; point at fewer, or write the rule "
        f"{point.part} yourself."
    )
