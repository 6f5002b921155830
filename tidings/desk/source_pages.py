"""Pages of one source: its past checks, a trial of the next one, and its kept pages read again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from config.settings import RuleSettings
from config.write import rules_toml
from feeds.check import ReadingError
from feeds.check_store import CheckStore
from feeds.fetch import Fetcher
from feeds.kept_page_store import KeptPageStore
from tidings.checking import source_states, trial_checker
from tidings.desk.bulletin_pages import bulletin_of, paused_of
from tidings.desk.overview import time_words
from tidings.desk.plots import kind_of
from tidings.desk.source_views import bulletin_views
from tidings.desk.trial_store import TrialStore
from tidings.desk.visit import desk_headers
from tidings.desk.words import amount
from tidings.dry_run import changes_report
from tidings.pausing import pause, resume

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import Route

    from config.settings import BulletinSettings
    from feeds.kept_page_store import KeptPage
    from feeds.page import Page
    from feeds.records import SourceState
    from tidings.app import App
    from tidings.desk.errands import Errands
    from tidings.desk.source_views import BulletinView, SourceView
    from tidings.desk.trial_store import Trial
    from tidings.desk.visit import Desk, Visit
    from tidings.reports import Report

_CHECKS = 50
_DIGITS = 18
# A page of a stranger's, as text: nothing of it is run, shown or fetched.
_RAW_POLICY = "default-src 'none'; sandbox"


def source_routes(desk: Desk, errands: Errands) -> list[Route]:
    """Return the addresses of sources."""
    pages = _Sources(desk, errands)
    one = "/desk/bulletins/{slug}/sources/{name}"
    return [
        desk.get(one, pages.show),
        desk.get(f"{one}/trial", pages.trial),
        desk.post(f"{one}/trial", pages.try_out),
        desk.get(f"{one}/trial/part", pages.trial_part),
        desk.post(f"{one}/pause", lambda visit: pages.change_pause(visit, pause)),
        desk.post(f"{one}/resume", lambda visit: pages.change_pause(visit, resume)),
        desk.get(f"{one}/pages/{{page}}", pages.replay),
        desk.get(f"{one}/pages/{{page}}/raw", pages.raw),
    ]


class _Sources:
    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk = desk
        self._errands = errands
        self._checks = CheckStore(desk.app.database)
        self._pages = KeptPageStore(desk.app.database)
        self._trials = TrialStore(desk.app.database)

    def show(self, visit: Visit) -> Response:
        """Show how a source is, what its checks found, and which of its pages are kept."""
        bulletin, source = self._source(visit)
        state = source.state
        checks = self._checks.history(
            state.bulletin, state.name, limit=_CHECKS + 1, before=_number(visit, "before")
        )
        return self._desk.page(
            "desk/source.html",
            visit,
            bulletin=bulletin,
            source=source,
            checks=[(number, check, kind_of(check)) for number, check in checks[:_CHECKS]],
            has_more=len(checks) > _CHECKS,
            is_first=_number(visit, "before") is None,
            pages=self._pages.pages(state.bulletin, state.name),
            amount=amount,
            **time_words(self._desk.app.clock()),
        )

    def change_pause(self, visit: Visit, change: Callable[[App, str, str], str]) -> Response:
        """Pause it, or resume it."""
        app = self._desk.app
        _, source = self._source(visit)
        slug, name = source.state.bulletin, source.state.name
        with self._desk.change(
            visit, change.__name__, source.name, before=paused_of(app, slug)[name]
        ) as logged:
            said = change(app, slug, name)
            logged.after = paused_of(app, slug)[name]
        return self._desk.see(source.path, visit, said=f"{said}.")

    def try_out(self, visit: Visit) -> Response:
        """Find out in the background what a check would change."""
        _, source = self._source(visit)
        self._errands.try_out(self._state(source))
        return self._desk.see(f"{source.path}/trial")

    def trial(self, visit: Visit) -> Response:
        """Show the last trial of a source."""
        bulletin, source = self._source(visit)
        return self._desk.page(
            "desk/trial.html",
            visit,
            bulletin=bulletin,
            source=source,
            **self._trial_values(source),
        )

    def trial_part(self, visit: Visit) -> Response:
        """Show what a trial has found by now, for the page that is open."""
        _, source = self._source(visit)
        return self._desk.plain_page(
            "desk/trial_part.html", visit=visit, source=source, **self._trial_values(source)
        )

    def replay(self, visit: Visit) -> Response:
        """Show what today's rules read from a kept page."""
        app = self._desk.app
        bulletin, source = self._source(visit)
        kept, page = self._page(visit, source)
        report: Report | None = None
        problem = ""
        try:
            with Fetcher(app.settings.fetch) as fetcher:
                changes = trial_checker(app, fetcher).replay(
                    _alone(bulletin.settings), self._state(source), page
                )
            report = changes_report(source.state.bulletin, source.state.name, changes)
        except ReadingError as error:
            problem = str(error)
        return self._desk.page(
            "desk/replay.html",
            visit,
            bulletin=bulletin,
            source=source,
            kept=kept,
            report=report,
            rules=_proposed(report),
            problem=problem,
            amount=amount,
            **time_words(app.clock()),
        )

    def raw(self, visit: Visit) -> Response:
        """Give a kept page as it came, to be looked at in an editor."""
        _, source = self._source(visit)
        kept, page = self._page(visit, source)
        # No word of the source: a header takes fewer characters than its name may have.
        name = f"{source.state.bulletin}-{kept.id}-{kept.fetched:%Y%m%dT%H%M%S}.txt"
        headers = desk_headers(policy=_RAW_POLICY) | {
            "Content-Disposition": f'attachment; filename="{name}"'
        }
        return Response(page.body, media_type="application/octet-stream", headers=headers)

    def _source(self, visit: Visit) -> tuple[BulletinView, SourceView]:
        (view,) = bulletin_views(self._desk.app, [bulletin_of(self._desk.app, visit)])
        for source in view.sources:
            if source.state.name == visit.place["name"]:
                return view, source
        raise HTTPException(404, "This bulletin has no source of that name.")

    def _state(self, source: SourceView) -> SourceState:
        """Return the source as a check would find it."""
        states = source_states(self._desk.app, [source.state.bulletin])
        return next(state for state in states if state.name == source.state.name)

    def _page(self, visit: Visit, source: SourceView) -> tuple[KeptPage, Page]:
        number = visit.place["page"]
        is_number = number.isascii() and number.isdigit() and len(number) < _DIGITS
        found = (
            self._pages.page(source.state.bulletin, source.state.name, int(number))
            if is_number
            else None
        )
        if found is None:
            raise HTTPException(404, "This page is not kept any more; newer ones took its place.")
        return found

    def _trial_values(self, source: SourceView) -> dict[str, Any]:
        state = source.state
        trial = self._trials.last(state.bulletin, state.name)
        return {
            "trial": trial,
            "rules": _proposed(trial.report if trial else None),
            "is_going_on": self._is_going_on(trial, source),
            **time_words(self._desk.app.clock()),
        }

    def _is_going_on(self, trial: Trial | None, source: SourceView) -> bool:
        return (
            trial is not None
            and trial.finished is None
            and self._errands.is_trying(source.state.bulletin, source.state.name, trial.begun)
        )


def _proposed(report: Report | None) -> str:
    """Return the rules that a report proposes, as they go into the configuration."""
    repair = report.get("repair") if report else None
    if report is None or not isinstance(repair, dict):
        return ""
    return rules_toml(
        str(report["bulletin"]), str(report["source"]), RuleSettings(**repair["rules"])
    )


def _alone(bulletin: BulletinSettings) -> BulletinSettings:
    """Return a bulletin whose first readings fetch no page of older items."""
    return replace(bulletin, sources=tuple(replace(source, pages=1) for source in bulletin.sources))


def _number(visit: Visit, name: str) -> int | None:
    text = visit.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None
