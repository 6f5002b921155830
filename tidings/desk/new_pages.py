"""Where a draft begins and ends: an address is given; a new bulletin is read for the first time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from feeds.fetch import FetchError
from notifier.address import parse_address
from tidings.cli import CommandError
from tidings.desk.draft_fetch import fetch_again, fetch_new, web_address
from tidings.desk.draft_store import DraftStore
from tidings.desk.draft_views import shown_address
from tidings.mailing import preview_mail, send_preview

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import Route

    from config.settings import BulletinSettings, SourceSettings
    from tidings.desk.visit import Desk, Visit

log = logging.getLogger("tidings.desk")

_LONGEST_TYPED = 300
_COUNTED = 500


def new_routes(desk: Desk) -> list[Route]:
    """Return the addresses at which drafts begin and end."""
    pages = _New(desk)
    slug = "/desk/bulletins/{slug}"
    return [
        desk.get("/desk/new", pages.ask),
        desk.post("/desk/new", pages.begin),
        desk.get(f"{slug}/sources/{{name}}/point", pages.ask_again),
        desk.post(f"{slug}/sources/{{name}}/point", pages.begin_again),
        desk.get(f"{slug}/begun", pages.begun),
        desk.get(f"{slug}/begun/part", pages.begun_part),
        desk.post(f"{slug}/test-digest", pages.send_test),
    ]


class _New:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._drafts = DraftStore(desk.app.database)

    # --- a draft begins ----------------------------------------------------------------------

    def ask(self, visit: Visit) -> Response:
        """Ask for an address."""
        return self._asked(visit)

    def begin(self, visit: Visit) -> Response:
        """Fetch the page of an address; what is wrong with it is said beside it."""
        app, typed = self._desk.app, visit.fields.get("url", "")
        try:
            found = fetch_new(app, web_address(typed), zone=visit.fields.get("zone", ""))
        except (CommandError, FetchError) as error:
            return self._asked(visit, typed=typed, problem=str(error))
        if replaced := visit.fields.get("replaces", ""):
            self._drafts.remove(replaced)
        self._drafts.add(found.draft, found.parts, now=app.clock())
        log.info("%s looked at %s", visit.operator.name, shown_address(found.draft.url))
        return self._desk.see(f"/desk/new/{found.draft.id}", visit)

    def _asked(self, visit: Visit, *, typed: str = "", problem: str = "") -> Response:
        return self._desk.page(
            "desk/new.html",
            visit,
            status=422 if problem else 200,
            typed=typed[:_LONGEST_TYPED],
            problem=problem,
            drafts=self._drafts.open(now=self._desk.app.clock()),
            shown_address=shown_address,
            is_first=not self._desk.app.settings.bulletins,
        )

    def ask_again(self, visit: Visit) -> Response:
        """Ask whether the page of a source is to be fetched and its rules corrected."""
        bulletin, source = self._source(visit)
        return self._desk.page(
            "desk/point.html",
            visit,
            bulletin=bulletin,
            source=source,
            location=shown_address(source.url) or source.location,
        )

    def begin_again(self, visit: Visit) -> Response:
        """Fetch the page of a source, and begin with its rules as they stand."""
        bulletin, source = self._source(visit)
        found = fetch_again(self._desk.app, source, bulletin.title)
        self._drafts.add(found.draft, found.parts, now=self._desk.app.clock())
        return self._desk.see(f"/desk/new/{found.draft.id}", visit)

    # --- a bulletin has begun ------------------------------------------------------------------

    def begun(self, visit: Visit) -> Response:
        """Show a new bulletin while it is read for the first time, and what can be done next."""
        bulletin = self._bulletin(visit)
        return self._desk.page(
            "desk/begun.html",
            visit,
            operator=self._desk.app.settings.mail.operator,
            has_relay=bool(self._desk.app.settings.mail.all_relays),
            **self._first_reading(bulletin),
        )

    def begun_part(self, visit: Visit) -> Response:
        """Show how far the first reading is, for the page that is open."""
        values = self._first_reading(self._bulletin(visit))
        return self._desk.plain_page("desk/begun_part.html", visit=visit, **values)

    def send_test(self, visit: Visit) -> Response:
        """Send the next digest, or one of the latest items, to an address as a test."""
        app, bulletin = self._desk.app, self._bulletin(visit)
        try:
            address = parse_address(visit.fields.get("address", ""))
        except ValueError as error:
            raise CommandError(str(error)) from error
        with self._desk.change(visit, "test digest", bulletin.slug) as change:
            mail = preview_mail(app, bulletin, address)
            if mail is None:
                raise CommandError(
                    f"{bulletin.slug}: nothing was read yet; wait for its first reading"
                )
            answer = send_preview(app, address, mail)
            change.after = {"to": address, "answer": answer}
        said = (
            f"A test digest was sent to {address}: {answer}"
            if app.settings.mail.all_relays
            else f"A test digest for {address} was written as a file; it stands at /mails/."
        )
        return self._desk.see(f"/desk/bulletins/{bulletin.slug}/begun", visit, said=said)

    def _first_reading(self, bulletin: BulletinSettings) -> dict[str, Any]:
        app = self._desk.app
        states = [state for state in app.sources.sources() if state.bulletin == bulletin.slug]
        return {
            "bulletin": bulletin,
            "source": bulletin.sources[0] if bulletin.sources else None,
            "count": len(app.items.latest(bulletin.slug, _COUNTED)),
            "is_read": any(state.succeeded for state in states),
            "problem": next((state.problem for state in states if state.problem), ""),
            "is_published": app.output.read(f"{bulletin.slug}/index.html") is not None,
            "page_url": f"{app.settings.base_url}/{bulletin.slug}/",
        }

    def _bulletin(self, visit: Visit) -> BulletinSettings:
        bulletin = self._desk.app.settings.bulletin(visit.place["slug"])
        if bulletin is None:
            raise HTTPException(404, "There is no bulletin of that name in the configuration.")
        return bulletin

    def _source(self, visit: Visit) -> tuple[BulletinSettings, SourceSettings]:
        bulletin = self._bulletin(visit)
        for source in bulletin.sources:
            if source.name == visit.place["name"]:
                return bulletin, source
        raise HTTPException(404, "This bulletin has no source of that name.")
