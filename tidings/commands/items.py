"""``tidings items``: list, show, why, withdraw, hold, merge, split, forget."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from feeds.corrections import changes_of, corrected_at
from feeds.markup import plain_text
from feeds.wordings import wordings
from tidings.app import load_settings, open_app
from tidings.cli import OK
from tidings.item_audience import audience_of
from tidings.item_changes import (
    forget,
    hold_back,
    item_named,
    merge,
    release,
    restore,
    split,
    withdraw,
)
from tidings.item_words import day_of, facts_of, instant, place_of, states_of
from tidings.logs import set_up_logging
from tidings.reports import history_report, item_report
from tidings.terminal import say, say_json, say_pieces, say_table
from tidings.work import publish

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from feeds.model import Content, Former, Item
    from feeds.wordings import Wording
    from tidings.app import App


_QUESTIONS = ("list", "show", "why")


def run(options: argparse.Namespace) -> int:
    """Perform the action; what it changed is published at once."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    changes = options.action not in _QUESTIONS
    with open_app(load_settings(options.config), register=changes) as app:
        if options.action == "list":
            _list(app, options)
        elif options.action == "show":
            _show(app, options)
        elif options.action == "why":
            _why(app, options)
        else:
            _change(app, options)
    return OK


def _list(app: App, options: argparse.Namespace) -> None:
    items = app.item_admin.listed(options.bulletin, limit=options.limit, find=options.find)
    if not items:
        # A name that nobody knows is a mistake; one that is no longer configured has its items.
        app.bulletin(options.bulletin)
    if options.json:
        say_json([item_report(item) for item in items])
        return
    say_table(
        ("item", "date", "corrected", "title", "state"),
        [
            (
                item.token,
                day_of(item.content),
                _day(corrected_at(item)),
                item.content.title,
                states_of(item),
            )
            for item in items
        ],
    )


def _why(app: App, options: argparse.Namespace) -> None:
    """Print who was told of an item and when, and who was not and why."""
    item = item_named(app, options.item)
    rows = audience_of(app, item, limit=options.limit)
    if options.json:
        names = ("address", "edition", "outcome")
        say_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    say(f"{item.token}: {item.content.title}, first seen {item.first_seen:%Y-%m-%d %H:%M} UTC")
    say_table(("address", "edition", "outcome"), rows)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


def _show(app: App, options: argparse.Namespace) -> None:
    item = item_named(app, options.item)
    history = app.item_admin.history(item)
    if options.json:
        say_json(history_report(history))
        return
    for name, text in facts_of(item):
        if text:
            say(f"{name + ':':<13}{text}")
    for sighting in history.sightings:
        say(f"{'source:':<13}{place_of(sighting)}")
    text = plain_text(item.content.full_html or item.content.summary_html)
    if text:
        say()
        say(text)
    for before, after in pairwise(wordings(history.former, item)):
        say()
        _say_revision(before, after)
    for former in history.former:
        if former.merged_from:
            say()
            _say_merged(former, item)


def _say_revision(before: Wording, after: Wording) -> None:
    known = after.evidence if after.strength is None else f"{after.evidence} ({after.strength:.2f})"
    since = instant(after.since) if after.since else ""
    say(f"revision {after.revision}, corrected {since}, known by {known}")
    _say_changes(before.content, after.content)


def _say_merged(former: Former, item: Item) -> None:
    """Print the wording of a merged item, which replaced none, beside the present one."""
    say(f"as {former.merged_from} had it, until {instant(former.replaced)}")
    _say_changes(former.content, item.content)


def _say_changes(old: Content, new: Content) -> None:
    changes = changes_of(old, new)
    for change in changes:
        say_pieces(
            f"  {change.name}: ", [(piece.kind.value, piece.text) for piece in change.pieces]
        )
    if not changes:
        say("  no word differs")


def _change(app: App, options: argparse.Namespace) -> None:
    item = item_named(app, options.item)
    say(_done(app, item, options))
    publish(app)


def _done(app: App, item: Item, options: argparse.Namespace) -> str:
    if options.action == "withdraw":
        return (restore if options.undo else withdraw)(app, item)
    if options.action == "hold":
        return (release if options.undo else hold_back)(app, item)
    if options.action == "merge":
        return merge(app, item, item_named(app, options.into))
    if options.action == "split":
        return split(app, item, at=options.at, announce=options.announce)
    return forget(app, item)
