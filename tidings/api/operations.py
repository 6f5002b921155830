"""What the API can do: each operation with its address, its types and the function that does it.

The routes, the description (OpenAPI) and the checks of what is sent all come from this list.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from feeds.addresses import page_address
from feeds.check import Word
from feeds.page_views import bulletin_view
from notifier.edition_list_store import EditionListStore
from tidings import item_changes, pausing
from tidings.api import shapes
from tidings.api.calls import MissingError, Operation
from tidings.api.telling import TELLING
from tidings.desk.item_pages import is_older
from tidings.item_audience import audience_of
from tidings.reports import (
    check_report,
    edition_report,
    history_report,
    item_report,
    line_report,
    source_report,
)
from tidings.work import publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.settings import BulletinSettings
    from feeds.model import Item
    from tidings.api.calls import Call
    from tidings.app import App

_LISTENERS = 500


# --- bulletins and their sources -----------------------------------------------------------


def _bulletins(call: Call) -> object:
    sources = call.app.sources.sources()
    return [
        _bulletin_report(call, bulletin, [one for one in sources if one.bulletin == bulletin.slug])
        for bulletin in call.app.settings.bulletins
    ]


def _bulletin(call: Call) -> object:
    bulletin = call.bulletin()
    sources = [one for one in call.app.sources.sources() if one.bulletin == bulletin.slug]
    return _bulletin_report(call, bulletin, sources)


def _bulletin_report(call: Call, bulletin: BulletinSettings, sources: list[Any]) -> object:
    view = bulletin_view(bulletin, call.app.settings)
    return {
        "slug": bulletin.slug,
        "title": bulletin.title,
        "description": bulletin.description,
        "language": bulletin.language,
        "time_zone": bulletin.time_zone.key,
        "link": bulletin.link,
        "page": page_address(call.app.settings.base_url, bulletin.slug),
        "feeds": {feed.name: feed.url for feed in view.feeds},
        "sources": [source_report(source) for source in sources],
    }


def _checks(call: Call) -> object:
    slug, asked = call.bulletin().slug, call.asked
    checks = call.app.sources.recent_checks(slug, asked.limit, source=asked.source)
    return [check_report(check) for check in checks]


def _check(call: Call) -> object:
    slug = call.bulletin().slug
    call.errands.check(call.visit, slug)
    return {"said": f"{slug} is being read; its errand says how far it is"}


def _settle(call: Call, *, word: Word) -> object:
    slug = call.bulletin().slug
    call.errands.settle(call.visit, slug, word)
    return {"said": f"{slug} is being read; its errand says how far it is"}


def _errand(call: Call) -> object:
    slug = call.bulletin().slug
    errand = call.errands.last(slug)
    if errand is None:
        raise MissingError(f"nobody asked for a reading of {slug} of late")
    return {
        "action": errand.action,
        "begun": errand.begun.isoformat(timespec="seconds"),
        "state": errand.state,
        "told": list(errand.told),
    }


def _pause(call: Call, *, action: str, change: Callable[[App, str, str], str]) -> object:
    slug, source = call.bulletin().slug, call.visit.place["source"]
    with call.desk.change(call.visit, f"{action} source", f"{slug}/{source}") as logged:
        said = change(call.app, slug, source)
        logged.after = said
    return {"said": said}


# --- items ---------------------------------------------------------------------------------


def _items(call: Call) -> object:
    asked = call.asked
    items = call.app.item_admin.listed(
        asked.bulletin, limit=asked.limit, find=asked.find, skip=asked.skip
    )
    return [item_report(item) for item in items]


def _item(call: Call) -> object:
    return history_report(call.app.item_admin.history(call.item()))


def _audience(call: Call) -> object:
    return [
        {"address": address, "edition": edition, "outcome": outcome}
        for address, edition, outcome in audience_of(call.app, call.item(), limit=_LISTENERS)
    ]


def _change_item(call: Call, *, action: str, change: Callable[[App, Item], str]) -> object:
    item = call.item()
    return _changed(call, item, action, partial(change, call.app, item))


def _merge(call: Call) -> object:
    item = call.item()
    other = item_changes.item_named(call.app, call.body.into)
    newer, older = (item, other) if is_older(other, item) else (other, item)
    return _changed(call, newer, "merge", partial(item_changes.merge, call.app, newer, older))


def _split(call: Call) -> object:
    item, body = call.item(), call.body
    change = partial(item_changes.split, call.app, item, at=body.at, announce=body.announce)
    return _changed(call, item, "split", change)


def _changed(call: Call, item: Item, action: str, change: Callable[[], str]) -> object:
    before = item_report(item)
    with call.desk.change(call.visit, action, item.token, before=before) as logged:
        said = change()
        logged.after = item_report(call.app.item_admin.named(item.id)[0])
    publish(call.app)
    return {"said": said}


# --- mail and the log ----------------------------------------------------------------------


def _editions(call: Call) -> object:
    lines = EditionListStore(call.app.database).latest(
        call.asked.bulletin, waiting_only=call.asked.waiting, limit=call.asked.limit
    )
    return [edition_report(line) for line in lines]


def _changes(call: Call) -> object:
    asked = call.asked
    lines = call.desk.audit.lines(limit=asked.limit, before=asked.before, subject=asked.subject)
    return [line_report(line) for line in lines]


_ONE_BULLETIN = "/bulletins/{bulletin}"
_ONE_SOURCE = f"{_ONE_BULLETIN}/sources/{{source}}"
_ONE_ITEM = "/items/{item}"

_READING = (
    Operation(
        name="listBulletins",
        method="GET",
        path="/bulletins",
        does="List the bulletins, with how each of their sources is.",
        work=_bulletins,
        answer=list[shapes.Bulletin],
    ),
    Operation(
        name="getBulletin",
        method="GET",
        path=_ONE_BULLETIN,
        does="Show one bulletin.",
        work=_bulletin,
        answer=shapes.Bulletin,
    ),
    Operation(
        name="listChecks",
        method="GET",
        path=f"{_ONE_BULLETIN}/checks",
        does="List its last checks, the latest first.",
        work=_checks,
        asked=shapes.ChecksAsked,
        answer=list[shapes.Check],
    ),
    Operation(
        name="getErrand",
        method="GET",
        path=f"{_ONE_BULLETIN}/errand",
        does="Say how far the last reading is that somebody asked for.",
        work=_errand,
        answer=shapes.Errand,
    ),
    Operation(
        name="listItems",
        method="GET",
        path="/items",
        does="List items, or search them.",
        work=_items,
        asked=shapes.ItemsAsked,
        answer=list[shapes.Item],
    ),
    Operation(
        name="getItem",
        method="GET",
        path=_ONE_ITEM,
        does="Show an item with its content, its places and what it was before.",
        work=_item,
        answer=shapes.WholeItem,
    ),
    Operation(
        name="listAudience",
        method="GET",
        path=f"{_ONE_ITEM}/audience",
        does="Say who was told of an item, and who was not and why; at most 500 of each.",
        work=_audience,
        answer=list[shapes.Listener],
    ),
    Operation(
        name="listEditions",
        method="GET",
        path="/editions",
        does="List the editions, with where the audience of each is.",
        work=_editions,
        asked=shapes.EditionsAsked,
        answer=list[shapes.Edition],
    ),
    Operation(
        name="listChanges",
        method="GET",
        path="/log",
        does="List what operators and programs have changed.",
        work=_changes,
        asked=shapes.ChangesAsked,
        answer=list[shapes.Change],
    ),
)
_CHECKING = tuple(
    Operation(
        name=name,
        method="POST",
        path=f"{_ONE_BULLETIN}/{path}",
        does=does,
        work=work,
        answer=shapes.Said,
        status=202,
    )
    for name, path, does, work in (
        ("checkBulletin", "check", "Begin to read a bulletin, due or not.", _check),
        (
            "releaseBulletin",
            "release",
            "Believe what is held of it: begin to read it, publish, and mail what is new.",
            partial(_settle, word=Word.ACCEPT),
        ),
        (
            "discardBulletin",
            "discard",
            "Take what is held of it for no news: it is published, and mailed to nobody.",
            partial(_settle, word=Word.DISCARD),
        ),
    )
)
_PAUSING = tuple(
    Operation(
        name=f"{action}Source",
        method="POST",
        path=f"{_ONE_SOURCE}/{action}",
        does=does,
        work=partial(_pause, action=action, change=change),
        answer=shapes.Said,
    )
    for action, does, change in (
        ("pause", "Have a source read no more until it is resumed.", pausing.pause),
        ("resume", "Have a source read again.", pausing.resume),
    )
)
_ITEM_CHANGES = tuple(
    Operation(
        name=name,
        method="POST",
        path=f"{_ONE_ITEM}/{path}",
        does=does,
        work=partial(_change_item, action=path, change=change),
        answer=shapes.Said,
    )
    for name, path, does, change in (
        ("withdrawItem", "withdraw", "Mark an item as withdrawn.", item_changes.withdraw),
        ("restoreItem", "restore", "Take a withdrawal back.", item_changes.restore),
        ("holdItem", "hold", "Keep an item out of coming mails.", item_changes.hold_back),
        ("releaseItem", "release", "Let a held item be mailed.", item_changes.release),
        ("forgetItem", "forget", "Take an item out of everything for good.", item_changes.forget),
    )
)
_JOINING = (
    Operation(
        name="mergeItem",
        method="POST",
        path=f"{_ONE_ITEM}/merge",
        does="Make two items one; the older of them keeps its id.",
        work=_merge,
        body=shapes.Into,
        answer=shapes.Said,
    ),
    Operation(
        name="splitItem",
        method="POST",
        path=f"{_ONE_ITEM}/split",
        does="Take a merge back, or make an item two at a revision.",
        work=_split,
        body=shapes.SplitAt,
        answer=shapes.Said,
    ),
)
OPERATIONS = (*_READING, *_CHECKING, *_PAUSING, *_ITEM_CHANGES, *_JOINING, *TELLING)
