"""``tidings tick``: all that is due, once."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from tidings.app import load_settings, open_app
from tidings.cli import FAILED, OK
from tidings.logs import set_up_logging
from tidings.reports import check_report, refused_report
from tidings.terminal import say_json
from tidings.work import tick

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Do the due work; the exit code says whether a source, a feed or the mail failed."""
    set_up_logging(quiet=options.quiet, debug=options.debug)
    stop = threading.Event()
    # Cron jobs are ended by time limits: stop between two items, not in the middle of one.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with open_app(load_settings(options.config)) as app:
        done = tick(app, stop.is_set)
        refused = refused_report(app)
    if options.json:
        say_json(
            {
                "checks": [check_report(check) for check in done.checks],
                "published": list(done.published),
                "refused": refused,
                "queued": done.queued,
                "sent": done.sent.sent,
                "deferred": done.sent.deferred,
                "failed": done.sent.failed,
                "mail_stopped": done.sent.stopped,
            }
        )
    unsent = done.sent.failed or done.sent.stopped
    broken = any(check.error for check in done.checks) or refused or unsent
    return FAILED if broken else OK
