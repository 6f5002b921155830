"""The first page of the desk: what needs a person, how each source is, what is to come."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feeds.hold_back_store import HoldBackStore
from notifier.approval_store import ApprovalStore
from notifier.model import DeliveryState
from notifier.outlook_store import OutlookStore
from tidings.desk.source_views import bulletin_views
from tidings.desk.visit import HOME
from tidings.desk.words import amount, counted, distance, moment, span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.responses import Response
    from starlette.routing import Route

    from notifier.approval_store import Waiting
    from notifier.stop_store import Stop
    from tidings.app import App
    from tidings.desk.source_views import BulletinView, SourceView
    from tidings.desk.visit import Desk, Visit

# States of the outbox that are under way, in the order in which they are told.
_OPEN = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
    DeliveryState.UNCERTAIN,
)
_NEXT_CHECKS = 6
# Bulletins whose sources one page shows.
_BULLETINS = 50
_DIGITS = 9


def overview_routes(desk: Desk) -> list[Route]:
    """Return the addresses of the overview."""

    def show(visit: Visit) -> Response:
        """Show all at once; an empty installation is shown its first step."""
        app, now = desk.app, desk.app.clock()
        if not app.settings.bulletins:
            return desk.page("desk/overview_empty.html", visit)
        bulletins = bulletin_views(app, app.settings.bulletins)
        skip = small_number(visit.query.get("skip", ""))
        needs = needs_of(app, bulletins)
        return desk.page(
            "desk/overview.html",
            visit,
            bulletins=bulletins[skip : skip + _BULLETINS],
            skip=skip,
            rows=_BULLETINS,
            count=len(bulletins),
            needs=needs,
            headline=headline(bulletins, needs),
            outbox=_outbox(app, now),
            held_back=HoldBackStore(app.database).held_back(),
            checks=next_checks(bulletins),
            digests=OutlookStore(app.database).next_digests(),
            titles={each.settings.slug: each.settings.title for each in bulletins},
            space=_space(app),
            **time_words(now),
        )

    def outbox(visit: Visit) -> Response:
        """Show the outbox alone, for the page that is open."""
        app, now = desk.app, desk.app.clock()
        return desk.plain_page(
            "desk/outbox_part.html", visit=visit, outbox=_outbox(app, now), **time_words(now)
        )

    return [desk.get(HOME, show), desk.get("/desk/outbox", outbox)]


def small_number(text: str) -> int:
    """Return a number of an address; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0


def time_words(now: datetime) -> dict[str, Any]:
    """Return what templates write times and counts with."""
    return {
        "now": now,
        "moment": lambda instant: moment(instant, now),
        "distance": lambda instant: distance(instant, now),
        "counted": counted,
        "span": span,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What needs a person: sources that are held or fail, editions that wait, other problems."""

    held: tuple[SourceView, ...]
    failing: tuple[SourceView, ...]
    waiting: tuple[Waiting, ...]
    problems: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many things they are."""
        return len(self.held) + len(self.failing) + len(self.waiting) + len(self.problems)


def needs_of(app: App, bulletins: Sequence[BulletinView]) -> Needs:
    """Return what needs a person."""
    sources = [source for bulletin in bulletins for source in bulletin.sources]
    unbalanced = app.ledger.unbalanced()
    return Needs(
        held=tuple(source for source in sources if source.is_held),
        failing=tuple(source for source in sources if source.is_failing),
        waiting=ApprovalStore(app.database).waiting(),
        problems=(
            *map(str, app.publisher.refused()),
            *(
                f"Edition {found.edition_number} of {found.bulletin} is out of balance: it has "
                f"{found.audience} readers, and the ledger knows of another number; report this"
                for found in unbalanced
            ),
        ),
    )


def headline(bulletins: Sequence[BulletinView], needs: Needs) -> str:
    """Say in one line how all is."""
    sources = [source for bulletin in bulletins for source in bulletin.sources]
    whole = f"{counted(len(sources), 'source')} of {counted(len(bulletins), 'bulletin')}"
    if needs.count:
        verb = "needs" if needs.count == 1 else "need"
        return f"{counted(needs.count, 'thing')} {verb} you. {whole} in all."
    if not any(source.state.checked for source in sources):
        return f"{whole}, not read yet; the first reading comes at the next tick."
    paused = sum(bool(source.state.paused) for source in sources)
    return f"All is well: {whole}{f', {paused} of them paused' if paused else ''}."


def next_checks(bulletins: Sequence[BulletinView]) -> list[SourceView]:
    """Return the sources that are read next, the first one first."""
    sources = [
        source for bulletin in bulletins for source in bulletin.sources if not source.state.paused
    ]
    return sorted(sources, key=lambda source: source.state.next_check)[:_NEXT_CHECKS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What waits to leave, how fast it leaves, and why it does not."""

    open: Mapping[str, int]
    pace: int
    stop: Stop | None

    @property
    def waiting(self) -> int:
        """How many mails are under way."""
        return sum(self.open.values())

    @property
    def minutes_left(self) -> int:
        """How long the rest takes at this pace, in minutes; 0 where nobody can say."""
        return -(-self.waiting // self.pace) if self.pace and not self.stop else 0


def _outbox(app: App, now: datetime) -> Outbox:
    outlook = OutlookStore(app.database)
    tally = outlook.under_way()
    return Outbox(
        open={state.value: tally[state] for state in _OPEN if state in tally},
        pace=outlook.mails_per_minute(now=now),
        stop=app.stops.current(),
    )


def _space(app: App) -> str:
    """Say how large the store is, and how much room is left; empty where it is on a server."""
    if app.settings.store.database:
        return ""
    folder = app.settings.store.data
    size = sum(path.stat().st_size for path in folder.glob("tidings.db*") if path.is_file())
    return f"{amount(size)}; {amount(shutil.disk_usage(folder).free)} free on the disk"
