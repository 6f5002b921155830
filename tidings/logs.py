"""Where the log goes: one line an event to standard error, with the time where nobody adds it."""

from __future__ import annotations

import logging
import os
import sys


def set_up_logging(*, quiet: bool, debug: bool) -> None:
    """Send the log to standard error. Under systemd the journal has the time already."""
    level = logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO
    form = "%(levelname)s %(name)s: %(message)s"
    if "JOURNAL_STREAM" not in os.environ:
        form = f"%(asctime)s {form}"
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format=form, datefmt="%Y-%m-%dT%H:%M:%S%z"
    )
    logging.getLogger("tidings").setLevel(level)
