"""Which list is the news of the page: every group is scored in words, one is chosen."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from feeds.read_links import PROSE, is_about, links_in, own_link, running_text
from feeds.read_marks import WHOLE

if TYPE_CHECKING:
    from feeds.read_groups import Group, Slot
    from feeds.read_tree import Element

_ASIDE_TAGS = frozenset({"nav", "footer", "aside", "menu"})
_ASIDE_WORDS = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|sidebar|side-?bar|footer|breadcrumbs?|pagination"
    r"|pager|tags?-?cloud|tagcloud|related|popular|most-?read|trending|widget|toc|share|social"
    r"|cookie|banner|masthead|complementary|contentinfo|offcanvas|dropdown|modal|slider|carousel"
    r"|comments?)(?=$|[\s_-]|\d)",
    re.IGNORECASE,
)
_MAIN_WORDS = re.compile(
    r"(?:^|[\s_-])(?:posts?|articles?|news|entr(?:y|ies)|h-?feed|h-?entry|hentry|blog|archives?"
    r"|story|stories|list|events?|releases?|items?|updates?)(?=$|[\s_-]|\d)",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BY_KIND = {"heading": 1.6, "named": 1.4, "link": 1.0, "bare": 0.4, "strong": 0.4, "card": 0.0}
_LEAST = 0.8
_HALF = 0.5
_FEW = 2
_DISTINCT = 0.6
_LIGHT = 0.12
_MOST_DATES = 3
_MOST_JOINED = 50
_LONG_TITLE = 180
_SENTENCE = 60


def score(group: Group) -> None:
    """Set a group's score and its reasons; 0 means that it cannot be a list of items."""
    slots = group.slots
    count = len(slots)
    titles = [slot.title.text.casefold() for slot in slots]
    distinct = len(set(titles)) / count
    if distinct < _DISTINCT and group.kind == "heading":
        # A column returns under the same heading; only its address is new each time.
        distinct = len({own_link(slot)[0] for slot in slots}) / count
    if (count < _FEW and not _stands_alone(group)) or distinct < _DISTINCT:
        group.reasons.append("too few different titles")
        return
    dated = sum(bool(slot.marks or slot.heading_mark) for slot in slots) / count
    own_dated = sum(bool(slot.marks) for slot in slots) / count
    links = [own_link(slot)[0] for slot in slots]
    linked = [link for link in links if link]
    link_share = len(set(linked)) / count
    about = sum(_leads_to_lists(slot) for slot in slots) / count
    weight = sum(min(_weight(title), 12) for title in titles) / count / 12
    body = sum(slot_length(slot) > slot.title.length + 40 for slot in slots) / count
    crowded = sum(len(slot.marks) > _MOST_DATES for slot in slots) / count
    value = _BY_KIND[group.kind]
    value += 2.6 * dated + 0.6 * own_dated + 1.6 * link_share + 2.0 * weight + 0.7 * body
    value -= 1.5 * sum(_is_prose(slot.title.text) for slot in slots) / count
    if not (group.kind in {"heading", "named"} and _are_linked(group, link_share)):
        value -= 1.5 * sum(_is_date(slot) for slot in slots) / count
    if group.kind == "link":
        value -= 2.5 * sum(_is_mention(slot.title) for slot in slots) / count
    if group.kind in {"bare", "strong"}:
        # Where an element holds a link, the link is the closer title.
        value -= sum(next(links_in(slot.title), None) is not None for slot in slots) / count
    value -= 2.0 * about + 1.0 * crowded
    aside = max(lies_aside(slots[0].title), lies_aside(slots[-1].title))
    if aside and dated < _HALF:
        group.reasons.append("stands in navigation or beside the content, without dates")
        return
    main = _main(slots[0].title)
    value += 0.5 * main
    value *= 0.25 if aside else 1.0
    if weight < _LIGHT and dated < _HALF:
        value *= 0.5
    group.score = max(value, 0.0) * math.log2(1 + min(count, 60)) ** 0.6
    group.reasons += _reasons(dated, link_share, about, aside=aside > 0)


def _are_linked(group: Group, link_share: float) -> bool:
    """Whether each title leads to a page of its own: then even a date is the item's title."""
    return link_share == 1 and all(
        next(links_in(slot.title), None) is not None for slot in group.slots
    )


def _is_mention(link: Element) -> bool:
    """Whether a link is a word or two of a sentence, not what the sentence is about."""
    return link.tag == "a" and running_text(link) > max(PROSE, link.length)


def _stands_alone(group: Group) -> bool:
    """Whether a single dated heading is marked up as an item: a list may have one."""
    slot = group.slots[0]
    return (
        group.kind == "heading"
        and 0 < len(slot.marks) <= _MOST_DATES
        and any(around.tag == "article" for around in slot.title.ancestors())
    )


def slot_length(slot: Slot) -> int:
    """Return how much text belongs to an item."""
    return sum(part.length for part in slot.parts)


def _weight(title: str) -> float:
    """Count words; scripts that set no blanks count two characters for a word."""
    return len(title.split()) + len(_CJK.findall(title)) / 2


def _is_prose(title: str) -> bool:
    """Whether a text reads like a paragraph: it ends like a sentence, or runs on."""
    return len(title) > _LONG_TITLE or (
        len(title) > _SENTENCE and title.endswith((".", "…", "...", "。"))
    )


def _is_date(slot: Slot) -> bool:
    """Whether a title says nothing but a date."""
    return any(mark.element is slot.title and mark.strength == WHOLE for mark in slot.marks) or (
        sum(
            mark.element.length
            for mark in slot.marks
            if mark.strength == WHOLE and slot.title.holds(mark.element)
        )
        >= slot.title.length
    )


def _leads_to_lists(slot: Slot) -> bool:
    link = next(iter(links_in(slot.title)), None)
    return link is not None and is_about(link)


def lies_aside(element: Element) -> int:
    """Whether an element stands in a part of the page that accompanies its content."""
    for around in element.ancestors():
        if around.parent is None:
            return 0
        if around.tag in {"main", "article"}:
            return 0
        if around.tag in _ASIDE_TAGS:
            return 1
        if around.tag == "header" and around.parent.tag not in {"article", "li", "section"}:
            return int(around.parent.parent is None)
        words = around.words
        if words and _ASIDE_WORDS.search(words):
            return 1
    return 0


def stands_aside(element: Element) -> bool:
    """Whether an element itself is a menu, a side bar or a foot of the page."""
    words = element.words
    return element.tag in _ASIDE_TAGS or bool(words and _ASIDE_WORDS.search(words))


def _main(element: Element) -> bool:
    around = [element, *element.ancestors()][:8]
    return any(
        each.tag in {"main", "article"} or (each.words and bool(_MAIN_WORDS.search(each.words)))
        for each in around
    )


def _reasons(dated: float, linked: float, about: float, *, aside: bool) -> list[str]:
    found = [f"{dated:.0%} dated", f"{linked:.0%} with a link of their own"]
    if about > _HALF:
        found.append("links lead to lists or buttons")
    if aside:
        found.append("stands in navigation or beside the content")
    return found


def choose(groups: list[Group]) -> Group | None:
    """Score all groups and return the best one; None where none can be a list of items."""
    for group in groups:
        score(group)
    best = max(groups, key=lambda group: group.score, default=None)
    if best is None or best.score < _LEAST:
        return None
    _join(best, groups)
    _drop_lists(best)
    return best


def _join(best: Group, groups: list[Group]) -> None:
    """Add items of the same make that stand elsewhere: a featured one, another column."""
    make = _make(best.slots[0])
    dated = all(slot.marks for slot in best.slots)
    others = [
        slot
        for group in groups
        if group is not best and group.kind == best.kind
        for slot in group.slots
        if _make(slot) == make
        and (slot.marks or not dated)
        and len(slot.marks) <= _MOST_DATES
        and not lies_aside(slot.title)
        and not _leads_to_lists(slot)
    ]
    for slot in others[:_MOST_JOINED]:
        if all(slot.end < known.start or known.end < slot.start for known in best.slots):
            best.slots.append(slot)
    best.slots.sort(key=lambda slot: slot.start)


def _make(slot: Slot) -> tuple[object, ...]:
    title, part = slot.title, slot.parts[0]
    return (title.tag, _first_word(title), part.tag, _first_word(part))


def _first_word(element: Element) -> str:
    return next(iter(element.words.split()), "")


def _drop_lists(best: Group) -> None:
    """Drop links to lists of items where most links lead to items; a dated heading is one."""
    heading = best.kind == "heading"
    kept = [slot for slot in best.slots if (heading and slot.marks) or not _leads_to_lists(slot)]
    if len(kept) >= _FEW and len(kept) * 3 >= len(best.slots) * 2:
        best.slots = kept
