"""The page of a draft: its picture, what is found, and every way to put that right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from config.slugs import suggest_slug
from feeds.pointing_values import Point
from feeds.snapshot import headers as picture_headers
from feeds.snapshot import snapshot
from feeds.snapshot_words import LOOKS
from tidings.cli import CommandError
from tidings.desk.draft import (
    from_the_start,
    is_part,
    with_point,
    with_rules,
    without_last_step,
)
from tidings.desk.draft_fetch import taken_slugs
from tidings.desk.draft_previews import mail_preview, page_preview
from tidings.desk.draft_saving import (
    PAUSES,
    checked_form,
    found_rules,
    rules_from,
    save_new,
    save_rules,
    taken_problem,
)
from tidings.desk.draft_store import DraftStore
from tidings.desk.draft_trial import trial_of
from tidings.desk.draft_views import (
    choices,
    counts,
    doubts,
    found_items,
    outlines,
    rule_fields,
    shown_address,
)
from tidings.desk.visit import desk_headers
from tidings.desk.words import counted
from tidings.desk.zone_guess import all_zones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.routing import Route

    from feeds.located import Located
    from feeds.numbered import Opened
    from feeds.pointing_values import Part
    from tidings.desk.draft import Draft
    from tidings.desk.visit import Desk, Visit

_DIGITS = 9
_LARGE = 500_000
# What a browser asks for that only wants the part of the page which changes.
_PART = "tidings-part"
# A preview is a page of ours with text of others: it shows, loads nothing and does nothing.
_PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
# What can be pointed at, in the words of the page.
TOOLS: tuple[tuple[Part, str], ...] = (
    ("title", "title"),
    ("date", "date"),
    ("link", "link"),
    ("summary", "summary"),
    ("item", "whole item"),
    ("not", "not an item"),
)


def draft_routes(desk: Desk) -> list[Route]:
    """Return the addresses of a draft."""
    pages = _Drafts(desk)
    one = "/desk/new/{draft}"
    return [
        desk.get("/desk/new/name", pages.name),
        desk.get(one, pages.show),
        desk.get(f"{one}/picture", pages.picture),
        desk.get(f"{one}/page", pages.page),
        desk.get(f"{one}/mail", pages.mail),
        desk.post(f"{one}/point", pages.point),
        desk.post(f"{one}/rules", pages.rules),
        desk.post(f"{one}/undo", lambda visit: pages.step(visit, without_last_step)),
        desk.post(f"{one}/start", lambda visit: pages.step(visit, from_the_start)),
        desk.post(f"{one}/form", pages.form),
        desk.post(f"{one}/save", pages.save),
        desk.post(f"{one}/discard", pages.discard),
    ]


class _Seen(NamedTuple):
    """A draft's page laid out, None where it is none, and its reading."""

    opened: Opened | None
    read: Located


class _Drafts:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._drafts = DraftStore(desk.app.database)

    # --- what is seen ------------------------------------------------------------------------

    def show(self, visit: Visit) -> Response:
        """Show a draft."""
        draft = self._draft(visit)
        return self._page(visit, draft)

    def picture(self, visit: Visit) -> Response:
        """Give the picture of the page, for the frame."""
        draft = self._draft(visit)
        parts = self._drafts.parts(draft.id)
        is_styled = visit.query.get("styles", "") != "none"
        shot = snapshot(draft.page, styles=parts.styles, pictures=parts.pictures, styled=is_styled)
        return Response(shot.html, headers=picture_headers())

    def page(self, visit: Visit) -> Response:
        """Give the bulletin's page as it will be, for the frame."""
        draft = self._draft(visit)
        entries = draft.read(self._desk.app.clock()).reading.entries
        return _preview(page_preview(self._desk.app, draft, entries))

    def mail(self, visit: Visit) -> Response:
        """Give the next digest as it will be, for the frame."""
        draft = self._draft(visit)
        entries = draft.read(self._desk.app.clock()).reading.entries
        mail = mail_preview(self._desk.app, draft, entries)
        return _preview(mail or "<!doctype html><html lang=en><title>No mail</title>")

    def name(self, visit: Visit) -> Response:
        """Say whether a name can be had, and which one a title suggests; for scripts."""
        taken = taken_slugs(self._desk.app)
        title, slug = visit.query.get("title", ""), visit.query.get("slug", "")
        slug = suggest_slug(title[:200], taken) if title else slug
        return JSONResponse(
            {"slug": slug, "problem": taken_problem(slug, taken)}, headers=desk_headers()
        )

    # --- what is changed ---------------------------------------------------------------------

    def point(self, visit: Visit) -> Response:
        """Take what somebody pointed at."""
        draft, fields = self._draft(visit), visit.fields
        number, part = fields.get("n", ""), fields.get("part", "")
        if not (number.isascii() and number.isdigit() and len(number) < _DIGITS and is_part(part)):
            raise CommandError("Say which element you point at, and what it is.")
        point = Point(int(number), cast("Part", part))
        opened = draft.open(self._desk.app.clock())
        if opened is None:
            raise CommandError("It is no page: there is nothing to point at.")
        draft, read = with_point(draft, point, opened)
        return self._changed(visit, draft, _Seen(opened, read))

    def rules(self, visit: Visit) -> Response:
        """Take rules that somebody wrote."""
        draft = with_rules(self._draft(visit), rules_from(visit.fields))
        return self._changed(visit, draft)

    def step(self, visit: Visit, change: Callable[[Draft], Draft]) -> Response:
        """Go back a step, or to the start."""
        return self._changed(visit, change(self._draft(visit)))

    def form(self, visit: Visit) -> Response:
        """Take what the form says so far: language and zone change what is read."""
        draft = self._draft(visit)
        checked = checked_form(visit.fields, draft.form, taken_slugs(self._desk.app))
        told = tuple(
            problem
            for name, problem in checked.problems.items()
            if name in {"language", "time_zone"}
        )
        return self._changed(visit, replace(draft, form=checked.form, trouble=told))

    def save(self, visit: Visit) -> Response:
        """Write it into the configuration."""
        draft = self._draft(visit)
        return self._save_new(visit, draft) if draft.is_new else self._save_rules(visit, draft)

    def discard(self, visit: Visit) -> Response:
        """Throw a draft away."""
        self._drafts.remove(visit.place["draft"])
        return self._desk.see("/desk/new", visit, said="The draft was thrown away.")

    def _save_new(self, visit: Visit, draft: Draft) -> Response:
        app = self._desk.app
        checked = checked_form(visit.fields, draft.form, taken_slugs(app))
        draft = replace(draft, form=checked.form)
        self._drafts.update(draft, now=app.clock())
        seen = self._seen(draft)
        if checked.problems or not seen.read.reading.entries:
            problems = dict(checked.problems)
            if not seen.read.reading.entries:
                problems["items"] = "Nothing is found on the page yet; there is nothing to save."
            return self._page(visit, draft, seen, problems=problems)
        warning = save_new(self._desk, visit, draft, seen.read.reading)
        self._drafts.remove(draft.id)
        if warning:
            return self._desk.see("/desk/new", visit, said=warning)
        return self._desk.see(f"/desk/bulletins/{draft.form.slug}/begun", visit)

    def _save_rules(self, visit: Visit, draft: Draft) -> Response:
        slug, name = draft.of
        bulletin = self._desk.app.bulletin(slug)
        source = next((source for source in bulletin.sources if source.name == name), None)
        if source is None:
            raise CommandError(f"{slug} has no source {name!r} any more")
        if not draft.read(self._desk.app.clock()).reading.entries:
            raise CommandError("by these rules nothing is found on the page; correct them first")
        warning = save_rules(self._desk, visit, draft, source.rules)
        self._drafts.remove(draft.id)
        said = warning or f"{slug}/{name} is read by the new rules from now on."
        return self._desk.see(f"/desk/bulletins/{slug}/sources/{name}", visit, said=said)

    # --- how it is answered --------------------------------------------------------------------

    def _draft(self, visit: Visit) -> Draft:
        draft = self._drafts.find(visit.place["draft"], now=self._desk.app.clock())
        if draft is None:
            raise HTTPException(404, "This draft is over: they are kept for a day. Begin anew.")
        return draft

    def _seen(self, draft: Draft) -> _Seen:
        """Lay a draft's page out and read it, once for an answer."""
        now = self._desk.app.clock()
        opened = draft.open(now)
        return _Seen(opened, draft.read(now, opened))

    def _changed(self, visit: Visit, draft: Draft, seen: _Seen | None = None) -> Response:
        self._drafts.update(draft, now=self._desk.app.clock())
        if _PART not in visit.request.headers:
            return self._desk.see(f"/desk/new/{draft.id}#found", visit)
        values = self._values(draft, seen or self._seen(draft))
        return self._desk.plain_page("desk/draft_part.html", visit=visit, **values)

    def _page(
        self,
        visit: Visit,
        draft: Draft,
        seen: _Seen | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        app = self._desk.app
        return self._desk.page(
            "desk/draft.html",
            visit,
            status=422 if problems else 200,
            problems=problems or {},
            looks=LOOKS,
            pauses=PAUSES,
            zones=all_zones(),
            base_url=app.settings.base_url,
            **self._values(draft, seen or self._seen(draft)),
        )

    def _values(self, draft: Draft, seen: _Seen) -> dict[str, Any]:
        read, now = seen.read, self._desk.app.clock()
        # To find out what a large page was read by takes as long as to read it several times.
        is_large = len(draft.page.body) > _LARGE
        found = {} if is_large else found_rules(draft, read.reading)
        return {
            "draft": draft,
            "reading": read.reading,
            "items": found_items(read),
            "counts": counts(read),
            "doubts": doubts(read, now),
            "show": outlines(read, draft),
            "rules": rule_fields(draft, found),
            "choices": choices(seen.opened, read),
            "trial": None if draft.is_new else trial_of(self._desk.app, draft),
            "shown_address": shown_address,
            "counted": counted,
            "tools": TOOLS,
        }


def _preview(html: str) -> Response:
    headers = desk_headers(policy=_PREVIEW_POLICY)
    # It stands in a frame of the desk; the policy says that no other may frame it.
    del headers["X-Frame-Options"]
    return Response(html, media_type="text/html", headers=headers)
