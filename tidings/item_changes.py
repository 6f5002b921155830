"""What an operator does to items, for the verbs and the desk: named, changed, and said in words.

Whoever changes something publishes it afterwards.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from feeds.hold_back_store import HoldBackStore
from feeds.item_admin_store import BulletinBusyError, ItemError
from feeds.wordings import wordings
from tidings.cli import BUSY, USAGE, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.item_split_store import Split
    from feeds.model import Item
    from tidings.app import App


def item_named(app: App, name: str) -> Item:
    """Return the item of an id or token. Raises CommandError."""
    found = app.item_admin.named(name)
    if not found:
        raise CommandError(f"no item {name!r}; see: tidings items list BULLETIN", code=USAGE)
    if len(found) > 1:
        ids = ", ".join(item.id for item in found)
        raise CommandError(f"{name!r} names several items; write one of: {ids}", code=USAGE)
    return found[0]


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ItemError as error:
        raise CommandError(str(error), code=USAGE) from error
    except BulletinBusyError as error:
        raise CommandError(str(error), code=BUSY) from error


def withdraw(app: App, item: Item) -> str:
    """Have an item shown as withdrawn. Raises CommandError, as all that follow."""
    with _refusals():
        app.item_admin.withdraw(item, now=app.clock())
    return f"{item.token} is withdrawn: {item.content.title}"


def restore(app: App, item: Item) -> str:
    """Take a withdrawal back."""
    with _refusals():
        app.item_admin.restore(item, now=app.clock())
    return f"{item.token} stands again: {item.content.title}"


def hold_back(app: App, item: Item) -> str:
    """Keep an item out of coming mails."""
    with _refusals():
        HoldBackStore(app.database).hold_back(item, now=app.clock())
    return f"{item.token} is in no mail until it is released: {item.content.title}"


def release(app: App, item: Item) -> str:
    """Let an item that was held back be mailed to those who were not told of it."""
    with _refusals():
        HoldBackStore(app.database).release(item)
    return f"{item.token} is mailed to those who wait for it: {item.content.title}"


def merge(app: App, item: Item, into: Item) -> str:
    """Make an item one with an older one."""
    with _refusals():
        app.item_admin.merge(item, into, now=app.clock())
    return f"{item.token} is {into.token} now: {into.content.title}"


def split(app: App, item: Item, *, at: int | None = None, announce: bool = False) -> str:
    """Take the merge of an item back; or make what it became from a revision on another one."""
    with _refusals():
        if item.merged_into:
            if at is not None or announce:
                raise CommandError(
                    f"{item.token} was merged, and is split as it was then, without --at and "
                    "--announce: nobody is mailed an item again",
                    code=USAGE,
                )
            parted = app.item_split.unmerge(item, now=app.clock())
            return _said_of(parted, "again, mailed to nobody")
        if at is None:
            raise CommandError(_what_to_split(app, item), code=USAGE)
        parted = app.item_split.split(
            item,
            at=at,
            announce=announce,
            zone=app.bulletin(item.bulletin).time_zone,
            now=app.clock(),
        )
        return _said_of(parted, "and news" if announce else "and mailed to nobody")


def _said_of(parted: Split, how: str) -> str:
    kept, other = parted.kept, parted.other
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


def forget(app: App, item: Item) -> str:
    """Take an item out of feeds, pages and coming mails for good."""
    with _refusals():
        app.item_admin.forget(item, now=app.clock())
    return f"{item.token} is forgotten: {item.content.title}"
