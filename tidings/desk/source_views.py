"""Sources as pages of the desk show them: health, what is to be said, their past as small plots."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from feeds.check_store import CheckStore
from tidings.desk.plots import CHECKS, WEEKS, check_plot, habit_plot
from tidings.source_words import health_word, said_of
from tidings.turns import repaired_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from config.settings import BulletinSettings
    from feeds.records import SourceState
    from tidings.app import App
    from tidings.desk.plots import Plot

# Health as a class of the style sheet, by the first word of how the source is called.
_STYLES = {"ok": "well", "failing": "failed", "not": "pending"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source on a page; ``rules`` is the table of configuration that a repair proposes.

    Its plots are made when they are asked for: of many sources a page shows some.
    """

    state: SourceState
    title: str
    word: str
    style: str
    said: str
    rules: str
    today: date
    news: Mapping[date, int]
    past: CheckStore

    @property
    def habit(self) -> Plot:
        """How many new items it brought in each week."""
        return habit_plot(self.news, today=self.today)

    @property
    def checks(self) -> Plot:
        """How its last checks went."""
        found = self.past.history(self.state.bulletin, self.state.name, limit=CHECKS)
        return check_plot([check for _, check in found])

    @property
    def name(self) -> str:
        """How the source is named on the command line."""
        return f"{self.state.bulletin}/{self.state.name}"

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/desk/bulletins/{self.state.bulletin}/sources/{quote(self.state.name, safe='')}"

    @property
    def is_held(self) -> bool:
        """Whether something of it waits for a word."""
        return bool(self.state.held)

    @property
    def is_failing(self) -> bool:
        """Whether it is unwell, and nobody has it left alone."""
        return bool(self.state.problem) and not (self.state.held or self.state.paused)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinView:
    """A bulletin on a page, with its sources in the order of the configuration."""

    settings: BulletinSettings
    sources: tuple[SourceView, ...]

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/desk/bulletins/{self.settings.slug}"


def bulletin_views(app: App, bulletins: Sequence[BulletinSettings]) -> tuple[BulletinView, ...]:
    """Return bulletins with their sources and the plots of these."""
    checks = CheckStore(app.database)
    today = app.clock().astimezone(UTC)
    news = checks.news_by_day(
        since=today - timedelta(weeks=WEEKS),
        bulletin=bulletins[0].slug if len(bulletins) == 1 else "",
    )
    states: defaultdict[str, dict[str, SourceState]] = defaultdict(dict)
    for state in app.sources.sources():
        states[state.bulletin][state.name] = state

    def view(bulletin: BulletinSettings, state: SourceState) -> SourceView:
        word = health_word(state)
        return SourceView(
            state=state,
            title=bulletin.title,
            word=word,
            style=_STYLES.get(word.split(" ")[0].rstrip(","), word),
            said=said_of(state),
            rules=repaired_toml(state, app.settings) if state.repaired else "",
            today=today.date(),
            news=news.get((state.bulletin, state.name), {}),
            past=checks,
        )

    return tuple(
        BulletinView(
            settings=bulletin,
            sources=tuple(
                view(bulletin, states[bulletin.slug][source.name])
                for source in bulletin.sources
                if source.name in states[bulletin.slug]
            ),
        )
        for bulletin in bulletins
    )
