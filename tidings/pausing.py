"""Pausing and resuming sources, for the verb and the desk, with what is to be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.pause_store import PauseStore
from tidings.cli import USAGE, CommandError

if TYPE_CHECKING:
    from tidings.app import App


def pause(app: App, slug: str, source: str = "") -> str:
    """Have a source, or all of a bulletin, read no more; return what was done, in words.

    Raises CommandError for a name that is not configured.
    """
    _know(app, slug, source)
    done = PauseStore(app.database).pause(slug, source, now=app.clock())
    if not done:
        return f"{_names(slug, source)} was paused already"
    return f"{_list(slug, done)} paused: not read until it is resumed"


def resume(app: App, slug: str, source: str = "") -> str:
    """Have a source, or all of a bulletin, read again; return what was done, in words.

    Raises CommandError for a name that is not configured.
    """
    _know(app, slug, source)
    done = PauseStore(app.database).resume(slug, source)
    if not done:
        return f"{_names(slug, source)} was not paused"
    return f"{_list(slug, done)} resumed: read when the schedule says, at once if that is over"


def _know(app: App, slug: str, source: str) -> None:
    names = [known.name for known in app.bulletin(slug).sources]
    if source and source not in names:
        raise CommandError(
            f"no source {source!r} of {slug} in {app.settings.path}; there are: {', '.join(names)}",
            code=USAGE,
        )


def _names(slug: str, source: str) -> str:
    return f"{slug}/{source}" if source else slug


def _list(slug: str, sources: tuple[str, ...]) -> str:
    return ", ".join(f"{slug}/{source}" for source in sources) + (
        " are" if len(sources) > 1 else " is"
    )
