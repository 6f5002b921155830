"""``tidings settings``: what is in force, and which line or variable says so."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from config.origins import origins
from tidings.app import load_settings
from tidings.cli import OK
from tidings.configuring import read_text
from tidings.terminal import say_json, say_table

if TYPE_CHECKING:
    import argparse

    from config.origins import Origin


def run(options: argparse.Namespace) -> int:
    """Print the settings that are given; all of them, with the reason of each, where asked to."""
    settings = load_settings(options.config)
    found = origins(settings, read_text(options.config).text, os.environ)
    shown = found if options.all else tuple(each for each in found if each.kind != "default")
    if options.json:
        say_json([_report(each) for each in shown])
        return OK
    columns = ("key", "value", "from", "why") if options.all else ("key", "value", "from")
    say_table(columns, [_row(each)[: len(columns)] for each in shown])
    return OK


def _row(origin: Origin) -> tuple[str, ...]:
    return (origin.key, origin.value, origin.place or "default", origin.why)


def _report(origin: Origin) -> dict[str, object]:
    return {
        "key": list(origin.path),
        "value": json.loads(origin.value),
        "secret": origin.is_secret,
        "from": origin.kind,
        "place": origin.place or None,
        "why": origin.why,
    }
