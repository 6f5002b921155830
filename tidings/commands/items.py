"""``tidings items``: list, show, why, merge, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.corrections import changes_of
from feeds.item_admin_store import BulletinBusyError, ItemError
from feeds.markup import plain_text
from tidings.app import load_settings, open_app
from tidings.cli import BUSY, OK, USAGE, CommandError
from tidings.explaining import standing_words, told_words
from tidings.logs import set_up_logging
from tidings.reports import history_report, item_report
from tidings.terminal import say, say_json, say_pieces, say_table
from tidings.work import publish

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from feeds.item_admin_store import History, Sighting
    from feeds.model import Content, Former, Item
    from tidings.app import App


def run(options: argparse.Namespace) -> int:
    """Perform the action; what was merged or forgotten is published at once."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    changes = options.action in {"merge", "forget"}
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


def _item(app: App, name: str) -> Item:
    """Return the item of an id or token. Raises CommandError."""
    found = app.item_admin.named(name)
    if not found:
        raise CommandError(f"no item {name!r}; see: tidings items list BULLETIN", code=USAGE)
    if len(found) > 1:
        ids = ", ".join(item.id for item in found)
        raise CommandError(f"{name!r} names several items; write one of: {ids}", code=USAGE)
    return found[0]


def _list(app: App, options: argparse.Namespace) -> None:
    items = app.item_admin.listed(options.bulletin, limit=options.limit, find=options.find)
    if not items:
        # A name that nobody knows is a mistake; one that is no longer configured has its items.
        app.bulletin(options.bulletin)
    if options.json:
        say_json([item_report(item) for item in items])
        return
    say_table(
        ("item", "date", "corrected", "title"),
        [(item.token, _date(item.content), _corrected(item), item.content.title) for item in items],
    )


def _why(app: App, options: argparse.Namespace) -> None:
    """Print who was told of an item and when, and who was not and why."""
    item = _item(app, options.item)
    told = app.readers.told_of(item, limit=options.limit)
    others = app.readers.not_told(item, limit=options.limit)
    now = app.clock()
    rows = [
        *((one.address or "deleted", f"edition {one.number}", told_words(one)) for one in told),
        *((one.address, "none", standing_words(one, item, now=now)) for one in others),
    ]
    if options.json:
        names = ("address", "edition", "outcome")
        say_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    say(f"{item.token}: {item.content.title}, first seen {item.first_seen:%Y-%m-%d %H:%M} UTC")
    say_table(("address", "edition", "outcome"), rows)


def _date(content: Content) -> str:
    return content.when.day.isoformat() if content.when else ""


def _corrected(item: Item) -> str:
    return "" if item.updated == item.published else f"{item.updated:%Y-%m-%d}"


def _show(app: App, options: argparse.Namespace) -> None:
    item = _item(app, options.item)
    history = app.item_admin.history(item)
    if options.json:
        say_json(history_report(history))
        return
    for name, text in _facts(item):
        if text:
            say(f"{name + ':':<13}{text}")
    for sighting in history.sightings:
        say(f"{'source:':<13}{_place(sighting)}")
    text = plain_text(item.content.full_html or item.content.summary_html)
    if text:
        say()
        say(text)
    for former, content in _steps(history):
        say()
        _say_step(former, content)


def _facts(item: Item) -> Iterator[tuple[str, str]]:
    content = item.content
    yield "title", content.title
    yield "id", item.id
    yield "bulletin", item.bulletin
    yield "address", content.url
    yield "date", _date(content)
    yield "author", content.author
    yield "categories", ", ".join(content.categories)
    yield "picture", content.image_url
    yield "source id", item.source_id
    yield "published", _instant(item.published)
    yield "updated", _instant(item.updated)
    yield "first seen", _instant(item.first_seen)
    yield "announced", "to nobody: it was there at the first reading" if item.baseline else ""
    yield "merged into", item.merged_into
    yield "forgotten", _instant(item.forgotten) if item.forgotten else ""


def _instant(instant: datetime) -> str:
    return instant.isoformat(sep=" ", timespec="seconds")


def _place(sighting: Sighting) -> str:
    if sighting.position is not None:
        where = f"number {sighting.position + 1} on the page"
    elif sighting.missing_since is not None:
        where = f"missing since {_instant(sighting.missing_since)}"
    else:
        where = "on a page of older items"
    return f"{sighting.source}: {where}, by {sighting.evidence} ({sighting.strength:.2f})"


def _steps(history: History) -> Iterator[tuple[Former, Content]]:
    """Yield each former content with what took its place: the newest, the one that follows it.

    The wording of a merged item was never replaced by another; it is held against the present.
    """
    own = [former for former in history.former if not former.merged_from]
    following = [*(former.content for former in own[1:]), history.item.content]
    yield from zip(own, following, strict=bool(own))
    for former in history.former:
        if former.merged_from:
            yield former, history.item.content


def _say_step(former: Former, content: Content) -> None:
    day = _instant(former.replaced)
    if former.merged_from:
        say(f"as {former.merged_from} had it, until {day}")
    else:
        say(f"corrected {day}, known by {former.evidence}")
    changes = changes_of(former.content, content)
    for change in changes:
        say_pieces(
            f"  {change.name}: ", [(piece.kind.value, piece.text) for piece in change.pieces]
        )
    if not changes:
        say("  no word differs")


def _change(app: App, options: argparse.Namespace) -> None:
    item = _item(app, options.item)
    try:
        if options.action == "merge":
            into = _item(app, options.into)
            app.item_admin.merge(item, into, now=app.clock())
            done = f"{item.token} is {into.token} now: {into.content.title}"
        else:
            app.item_admin.forget(item, now=app.clock())
            done = f"{item.token} is forgotten: {item.content.title}"
    except ItemError as error:
        raise CommandError(str(error), code=USAGE) from error
    except BulletinBusyError as error:
        raise CommandError(str(error), code=BUSY) from error
    say(done)
    publish(app)
