"""``tidings demo``: the whole path of an item on the sample bulletin, in a folder of its own."""

from __future__ import annotations

import logging
import sys
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.write import bulletin_toml, new_configuration
from feeds.addresses import ATOM, JSON_FEED, RSS
from feeds.fetch import Fetcher
from feeds.files import replace_file
from tidings.app import load_settings, open_app
from tidings.cli import CommandError
from tidings.commands.desk import sign_in_address
from tidings.commands.run import with_address
from tidings.logs import set_up_logging
from tidings.terminal import say
from tidings.work import check_claimed, lease_length

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tidings.app import App

SLUG = "harbour"
_READER = "reader@example.org"
# Items that the bulletin gains after its first reading: those that the mail tells of.
_NEWS = 2


def run(options: argparse.Namespace) -> int:
    """Set up a folder with the sample bulletin, read it twice, and serve what came of it."""
    from tidings.service import serve

    set_up_logging(quiet=True, debug=options.debug)
    folder: Path = options.folder
    configuration = folder / "tidings.toml"
    is_new = not configuration.exists()
    if is_new:
        _set_up(folder, configuration)
    settings = with_address(load_settings(configuration), host="", port=options.port)
    with open_app(settings) as app:
        if is_new:
            _first_reading(app)
            replace_file(folder / "bulletin.txt", _sample().encode())
        return serve(
            app,
            host=settings.server.host,
            port=settings.server.port,
            announce=lambda: _tell(app, folder),
        )


def _sample() -> str:
    return (files("tidings") / "sample" / "bulletin.txt").read_text(encoding="utf-8")


def _set_up(folder: Path, configuration: Path) -> None:
    """Write the configuration, and the bulletin as it was before its last two items."""
    table = bulletin_toml(
        slug=SLUG,
        title="Harbour and Library News",
        description="The sample bulletin that ships with Tidings: ten items, none with a link.",
        file="bulletin.txt",
        kind="text",
        every="1m",
    )
    replace_file(configuration, new_configuration(table).encode())
    replace_file(folder / "bulletin.txt", _older(_sample()).encode())


def _older(bulletin: str) -> str:
    """Return the bulletin without its newest items: from the third line that is a date."""
    from datetime import datetime

    lines = bulletin.splitlines(keepends=True)
    dates = []
    for place, line in enumerate(lines):
        try:
            datetime.strptime(line.replace("\xa0", " ").strip(), "%d %B, %Y")  # noqa: DTZ007
        except ValueError:
            continue
        dates.append(place)
    return "".join(lines[dates[_NEWS] :])


def _first_reading(app: App) -> None:
    """Read the bulletin as it was and let somebody subscribe: the next reading brings news."""
    claim = app.sources.claim(app.bulletin(SLUG), now=app.clock(), lease=lease_length(app))
    if claim is None:
        raise CommandError(f"{app.settings.path.parent}: the demo is running there already")
    with Fetcher(app.settings.fetch) as fetcher:
        for check in check_claimed(app, claim, fetcher):
            if check.error:
                raise CommandError(check.error)
    app.subscribers.subscribe(
        _READER,
        SLUG,
        cadence="instant",
        time_zone=ZoneInfo("UTC"),
        language="en",
        now=app.clock(),
    )
    # Due at once, not in a minute.
    app.sources.hasten(SLUG, now=app.clock())


def _tell(app: App, folder: Path) -> None:
    logging.getLogger("tidings").setLevel(logging.INFO)
    base = app.settings.base_url
    say(f"Tidings reads {folder / 'bulletin.txt'} every minute; edit it and look again.")
    say()
    say(f"  the bulletin   {base}/{SLUG}/")
    for name, file in (("RSS", RSS), ("Atom", ATOM), ("JSON Feed", JSON_FEED)):
        say(f"  {name:<13}  {base}/{SLUG}/{file}")
    say(f"  the mails      {base}/mails/")
    say(f"  its health     {base}/health")
    say(f"  the desk       {sign_in_address(app)}")
    say()
    say("Control-C stops it. Everything is in the folder; remove it to start anew.")
    # Who reads this through a pipe wants it before the service ends.
    sys.stdout.flush()
