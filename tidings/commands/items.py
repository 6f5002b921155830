"""``tidings items``: list, show, why, withdraw, merge, split, forget."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from feeds.corrections import changes_of, corrected_at
from feeds.item_admin_store import BulletinBusyError, ItemError
from feeds.markup import plain_text
from feeds.wordings import wordings
from tidings.app import load_settings, open_app
from tidings.cli import BUSY, OK, USAGE, CommandError
from tidings.explaining import standing_words, told_words
from tidings.logs import set_up_logging
from tidings.reports import history_report, item_report
from tidings.terminal import say, say_json, say_pieces, say_table
from tidings.work import publish

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from feeds.item_admin_store import Sighting
    from feeds.item_split_store import Split
    from feeds.model import Content, Former, Item
    from feeds.wordings import Wording
    from tidings.app import App


def run(options: argparse.Namespace) -> int:
    """Perform the action; what it changed is published at once."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    changes = options.action in _CHANGES
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
        ("item", "date", "corrected", "title", "state"),
        [
            (
                item.token,
                _date(item.content),
                _day(corrected_at(item)),
                item.content.title,
                _state(item),
            )
            for item in items
        ],
    )


def _why(app: App, options: argparse.Namespace) -> None:
    """Print who was told of an item and when, and who was not and why."""
    item = _item(app, options.item)
    told = app.ledger.of_item(item.id, limit=options.limit)
    others = app.readers.not_told(item, limit=options.limit)
    now = app.clock()
    rows = [
        *(
            (one.address or "deleted", f"edition {one.edition_number}", told_words(one))
            for one in sorted(told, key=lambda one: (one.address, one.delivery_id))
        ),
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


def _day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d}" if instant else ""


def _state(item: Item) -> str:
    states = {"withdrawn": item.withdrawn, "missing since": item.missing_since}
    return ", ".join(f"{state} {_day(since)}" for state, since in states.items() if since)


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
    for before, after in pairwise(wordings(history.former, item)):
        say()
        _say_revision(before, after)
    for former in history.former:
        if former.merged_from:
            say()
            _say_merged(former, item)


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
    yield "revision", str(item.revision) if item.revision else ""
    yield "withdrawn", _instant(item.withdrawn) if item.withdrawn else ""
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


def _say_revision(before: Wording, after: Wording) -> None:
    known = after.evidence if after.strength is None else f"{after.evidence} ({after.strength:.2f})"
    since = _instant(after.since) if after.since else ""
    say(f"revision {after.revision}, corrected {since}, known by {known}")
    _say_changes(before.content, after.content)


def _say_merged(former: Former, item: Item) -> None:
    """Print the wording of a merged item, which replaced none, beside the present one."""
    say(f"as {former.merged_from} had it, until {_instant(former.replaced)}")
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
    item = _item(app, options.item)
    try:
        done = _CHANGES[options.action](app, item, options)
    except ItemError as error:
        raise CommandError(str(error), code=USAGE) from error
    except BulletinBusyError as error:
        raise CommandError(str(error), code=BUSY) from error
    say(done)
    publish(app)


def _withdraw(app: App, item: Item, options: argparse.Namespace) -> str:
    if options.undo:
        app.item_admin.restore(item, now=app.clock())
        return f"{item.token} stands again: {item.content.title}"
    app.item_admin.withdraw(item, now=app.clock())
    return f"{item.token} is withdrawn: {item.content.title}"


def _merge(app: App, item: Item, options: argparse.Namespace) -> str:
    into = _item(app, options.into)
    app.item_admin.merge(item, into, now=app.clock())
    return f"{item.token} is {into.token} now: {into.content.title}"


def _split(app: App, item: Item, options: argparse.Namespace) -> str:
    if item.merged_into:
        if options.at is not None or options.announce:
            raise CommandError(
                f"{item.token} was merged, and is split as it was then, without --at and "
                "--announce: nobody is mailed an item again",
                code=USAGE,
            )
        return _said_of(app.item_split.unmerge(item, now=app.clock()), "again, mailed to nobody")
    if options.at is None:
        raise CommandError(_what_to_split(app, item), code=USAGE)
    split = app.item_split.split(
        item,
        at=options.at,
        announce=options.announce,
        zone=app.bulletin(item.bulletin).time_zone,
        now=app.clock(),
    )
    return _said_of(split, "and news" if options.announce else "and mailed to nobody")


def _said_of(split: Split, how: str) -> str:
    kept, other = split.kept, split.other
    return (
        f"{kept.token} is what it was: {kept.content.title}\n"
        f"{other.token} is an item of its own {how}: {other.content.title}"
    )


def _what_to_split(app: App, item: Item) -> str:
    """Say what can be split of an item of which it was not said."""
    history = app.item_admin.history(item)
    merged = dict.fromkeys(former.merged_from for former in history.former if former.merged_from)
    revisions = [str(wording.revision) for wording in wordings(history.former, item)[1:]]
    if not merged and not revisions:
        return f"{item.token} has had one wording only, and cannot be split"
    ways = [f"a merge is taken back with: tidings items split {id_}" for id_ in merged]
    if revisions:
        ways.append(
            f"what it became from a revision on, of {', '.join(revisions)}, is made an item of "
            f"its own with: tidings items split {item.token} --at N"
        )
    return f"{'; '.join(ways)}; see: tidings items show {item.token}"


def _forget(app: App, item: Item, _: argparse.Namespace) -> str:
    app.item_admin.forget(item, now=app.clock())
    return f"{item.token} is forgotten: {item.content.title}"


_CHANGES: dict[str, Callable[[App, Item, argparse.Namespace], str]] = {
    "withdraw": _withdraw,
    "merge": _merge,
    "split": _split,
    "forget": _forget,
}
