"""What other rules would do to the known items of a source: a check of the page at hand.

Nothing of the source is fetched and nothing stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.check import ReadingError
from feeds.fetch import Fetcher
from tidings.checking import source_states, trial_checker
from tidings.dry_run import changes_report

if TYPE_CHECKING:
    from tidings.app import App
    from tidings.desk.draft import Draft
    from tidings.reports import Report


def trial_of(app: App, draft: Draft) -> Report | None:
    """Return what a check by the draft's rules would change, as a dry run reports it.

    None where nothing was read of the source so far, or where nothing is read now.
    """
    slug, name = draft.of
    bulletin = app.settings.bulletin(slug)
    if bulletin is None:
        return None
    state = next((one for one in source_states(app, [slug]) if one.name == name), None)
    if state is None or state.baseline is None:
        return None
    sources = tuple(
        replace(source, rules=draft.rules, full_text=False, pages=1, repair=False)
        if source.name == name
        else source
        for source in bulletin.sources
    )
    with Fetcher(app.settings.fetch) as fetcher:
        try:
            changes = trial_checker(app, fetcher).replay(
                replace(bulletin, sources=sources), replace(state, repaired=None), draft.page
            )
        except ReadingError:
            return None
    return changes_report(slug, name, changes)
