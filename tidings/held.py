"""The operator's word on what is held of a bulletin, for the verbs that give it and the desk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.fetch import Fetcher
from tidings.alerts import mail_turns, note_turns
from tidings.app import load_settings, open_app
from tidings.checking import claim_now
from tidings.cli import FAILED, OK, CommandError
from tidings.logs import set_up_logging
from tidings.reports import check_report
from tidings.terminal import progress, say_json
from tidings.work import check_claimed, publish

if TYPE_CHECKING:
    import argparse

    from feeds.check import Word
    from feeds.records import Check
    from tidings.app import App


def settle(options: argparse.Namespace, word: Word) -> int:
    """Give the operator's word on a bulletin; the exit code says whether it was of use."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    with open_app(load_settings(options.config)) as app, progress("reading"):
        checks, published = settle_held(app, options.bulletin, word)
    if options.json:
        say_json(
            {"checks": [check_report(check) for check in checks], "published": list(published)}
        )
    return FAILED if any(check.error for check in checks) else OK


def settle_held(app: App, slug: str, word: Word) -> tuple[list[Check], tuple[str, ...]]:
    """Read what is held of a bulletin once more, with the operator's word on it, and publish.

    Its sources that are not held are not read: the word is not about them. Raises CommandError
    where nothing is held, or another process is at it.
    """
    claim = claim_now(app, slug, also_paused=True)
    held = tuple(source for source in claim.sources if source.held)
    if not held:
        app.sources.release(claim)
        raise CommandError(
            f"{slug}: nothing is held of it; to read it now: tidings check {slug}", code=FAILED
        )
    with Fetcher(app.settings.fetch) as fetcher:
        checks = list(check_claimed(app, replace(claim, sources=held), fetcher, word=word))
    note_turns(app)
    published = publish(app)
    mail_turns(app)
    return checks, published
