"""What other rules would do to the known items of a source: a check of the page at hand.

Nothing is fetched and nothing stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.check import Checker, ReadingError
from feeds.fetch import Fetcher
from tidings.dry_run import changes_report

if TYPE_CHECKING:
    from config.settings import SourceSettings
    from feeds.fetch import NotModified, Validators
    from feeds.page import Page
    from tidings.app import App
    from tidings.desk.draft import Draft
    from tidings.reports import Report


class _AtHand(Fetcher):
    """Gives the one page that was fetched already."""

    def __init__(self, app: App, page: Page) -> None:
        super().__init__(app.settings.fetch)
        self._page = page

    def fetch(
        self,
        source: SourceSettings,  # noqa: ARG002 - as it is called
        *,
        validators: Validators,  # noqa: ARG002 - as above
        url: str = "",  # noqa: ARG002 - as above
    ) -> Page | NotModified:
        return self._page


def trial_of(app: App, draft: Draft) -> Report | None:
    """Return what a check by the draft's rules would change, as a dry run reports it.

    None where nothing was read of the source so far, or where nothing is read now.
    """
    slug, name = draft.of
    bulletin = app.settings.bulletin(slug)
    state = next(
        (one for one in app.sources.sources() if (one.bulletin, one.name) == (slug, name)), None
    )
    if bulletin is None or state is None or state.baseline is None:
        return None
    sources = tuple(
        replace(source, rules=draft.rules, full_text=False, pages=1, repair=False)
        if source.name == name
        else source
        for source in bulletin.sources
    )
    with _AtHand(app, draft.page) as fetcher:
        checker = Checker(
            sources=app.sources,
            items=app.items,
            fetcher=fetcher,
            settings=app.settings.fetch,
            clock=app.clock,
        )
        try:
            changes = checker.dry_run(
                replace(bulletin, sources=sources), replace(state, repaired=None)
            )
        except ReadingError:
            return None
    return changes_report(slug, name, changes)
