"""The operator's templates of mails, tried before there is a mail: what is wrong with which."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from feeds.render import TemplateError
from notifier.sample import try_digests, try_messages, try_notices

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.render import Renderer
    from tidings.app import App

log = logging.getLogger("tidings.mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Why mails cannot be written, with file and line; empty where they can."""

    digests: str = ""
    notices: str = ""


_tried: WeakKeyDictionary[Renderer, tuple[str, Trial]] = WeakKeyDictionary()


def try_templates(app: App) -> Trial:
    """Try the templates where they are new or were changed, and say in the log what is wrong."""
    trial, is_news = _tried_now(app)
    if is_news:
        for what, problem in (("digests", trial.digests), ("notices", trial.notices)):
            if problem:
                log.error("%s wait: %s", what, problem)
    return trial


def check_templates(app: App) -> None:
    """Try the templates of mails and messages of every kind. Raises TemplateError."""
    channels = [channel for one in app.settings.bulletins for channel in one.channels]
    try_messages([channel.template for channel in channels], renderer=app.renderer)
    trial, _ = _tried_now(app)
    if trial.digests or trial.notices:
        raise TemplateError(trial.digests or trial.notices)


def _tried_now(app: App) -> tuple[Trial, bool]:
    """Return how the templates are, and whether that was not known yet."""
    if app.settings.site.templates is None:
        return Trial(), False
    state = app.renderer.fingerprint()
    former, known = _tried.get(app.renderer, ("", Trial()))
    if former == state:
        return known, False
    trial = Trial(digests=_problem(app, try_digests), notices=_problem(app, try_notices))
    _tried[app.renderer] = (state, trial)
    return trial, True


def _problem(app: App, attempt: Callable[..., None]) -> str:
    settings = app.settings
    try:
        attempt(settings.mail, base_url=settings.base_url, renderer=app.renderer)
    except TemplateError as error:
        return str(error)
    return ""
