"""What pointing is about: what a person pointed at, and the rules that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from config.settings import RuleSettings
    from feeds.located import Located

# ``not``: what stands here is no item.
Part = Literal["item", "title", "link", "date", "summary", "not"]


@dataclass(frozen=True, slots=True)
class Point:
    """An element that a person pointed at, by its number, and what they said it is."""

    number: int
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """The rules that follow from what was pointed at, and what they read.

    ``rules`` are those to configure; patterns and filters that were configured stay in them.
    ``located`` is the reading by them with the spots of its entries. ``unmet`` are the points that
    no rules could satisfy, and ``problems`` says for each of them why and what to do, one sentence
    each; the rules are the best that there are then. ``explanation`` says in sentences what
    changed against the reading before.
    """

    rules: RuleSettings
    located: Located
    unmet: tuple[Point, ...] = ()
    problems: tuple[str, ...] = ()
    explanation: tuple[str, ...] = ()
