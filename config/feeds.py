"""What cannot be of feeds: names that two of them have, members that there are not. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from config.slugs import slug_problem, view_problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from config.selection_settings import MergeSettings
    from config.settings import (
        BulletinSettings,
        Settings,
    )

_Problem = tuple[tuple[str, ...], str]


def feed_problems(settings: Settings) -> Iterator[_Problem]:
    """Yield what is wrong with views, merges and former names: the key, and the sentence."""
    slugs = {bulletin.slug for bulletin in settings.bulletins}
    former: set[str] = set()
    for bulletin in settings.bulletins:
        yield from _of_bulletin(bulletin)
        for slug in bulletin.formerly:
            if problem := _former_problem(slug, slugs, former):
                yield ("bulletins", bulletin.slug, "formerly"), problem
            former.add(slug)
    for merge in settings.merges:
        yield from _of_merge(merge, settings, taken=slugs | former)


def _of_bulletin(bulletin: BulletinSettings) -> Iterator[_Problem]:
    path = ("bulletins", bulletin.slug)
    if bulletin.moved_to and bulletin.ended:
        yield (*path, "ended"), "has moved_to and ended; give one of them"
    sources = {source.name for source in bulletin.sources}
    for view in bulletin.views:
        place = (*path, "views", view.name)
        if problem := view_problem(view.name):
            yield place, problem
        yield from _unknown_sources(place, view.sources, sources)
    for channel in bulletin.channels:
        yield from _unknown_sources((*path, "channels", channel.name), channel.sources, sources)


def _unknown_sources(
    place: tuple[str, ...], named: Collection[str], sources: Collection[str]
) -> Iterator[_Problem]:
    for name in named:
        if name not in sources:
            yield (*place, "sources"), _unknown("source", name, sources)


def _former_problem(slug: str, slugs: Collection[str], former: Collection[str]) -> str:
    if slug in slugs:
        return f"{slug!r} is the name of a bulletin now; give names that are free"
    if slug in former:
        return f"{slug!r} is given twice; its addresses can lead to one place only"
    return slug_problem(slug)


def _of_merge(
    merge: MergeSettings, settings: Settings, *, taken: Collection[str]
) -> Iterator[_Problem]:
    path = ("merges", merge.slug)
    if problem := slug_problem(merge.slug):
        yield path, problem.replace("bulletin's", "merge's")
    if merge.slug in taken:
        yield path, f"{merge.slug!r} is a bulletin's name; choose another one"
    if not merge.bulletins:
        yield path, 'needs bulletins, such as bulletins = ["harbour", "airport"]'
    known = {bulletin.slug: bulletin for bulletin in settings.bulletins}
    for slug in merge.bulletins:
        if slug not in known:
            yield (*path, "bulletins"), _unknown("bulletin", slug, known)
    sources = {
        source.name for slug in merge.bulletins if slug in known for source in known[slug].sources
    }
    for name in merge.sources:
        if name not in sources:
            yield (*path, "sources"), _unknown("source", name, sources)


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"there is no {kind} {name!r}; {hint}there are: {', '.join(sorted(known)) or 'none'}"
