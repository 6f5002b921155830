"""A store with an audience of any size that is owed one edition, for the benchmarks of sending.

``python benchmarks/audience.py FOLDER PEOPLE [DATABASE]`` makes it; ``deliver`` sends from it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.load import load
from feeds.fetch import Validators
from feeds.model import Changes, Entry
from feeds.records import Check, Outcome
from tidings.app import App, load_settings, open_app
from tidings.mailing import open_outbox

if TYPE_CHECKING:
    from notifier.outbox import Sent

ITEMS = 10
TEXT = (
    "The swing bridge stays closed until Friday while its bearings are renewed. Pedestrians "
    "take the ferry free of charge, and cyclists are asked to use the northern road instead. "
)
DOMAINS = 50
CONFIGURATION = """
[store]
database = "{database}"

[site]
base_url = "https://news.example.org"

[mail]
sender = "Harbour news <news@example.org>"
{mail}

[bulletins.harbour]
title = "Harbour news"

[bulletins.harbour.sources.main]
url = "https://harbour.example/news"
"""


def configure(folder: Path, mail: str, database: str = "") -> Path:
    """Write a configuration with these lines of [mail]."""
    path = folder / "tidings.toml"
    path.write_text(CONFIGURATION.format(mail=mail, database=database))
    load(path, {})
    return path


def fill(app: App, people: int) -> None:
    """Subscribe so many people, and let an edition of some items be owed to each."""
    now = app.clock()
    with app.database.transaction() as transaction:
        transaction.run_each(
            "INSERT INTO subscribers (address, state, created) "
            "VALUES (:address, 'active', '2026-11-01T00:00:00.000000Z')",
            [{"address": f"r{n}@d{n % DOMAINS}.example"} for n in range(people)],
        )
        transaction.run(
            "INSERT INTO subscriptions (subscriber, bulletin, time_zone, language, mark, token, "
            "created, instant) SELECT id, 'harbour', 'UTC', 'en', 0, "
            "'token-of-some-length-' || id, created, 1 FROM subscribers"
        )
        transaction.run(
            "INSERT INTO rules (subscription, position, cadence, wanted, next_digest) "
            "SELECT id, 0, 'instant', '', NULL FROM subscriptions"
        )
    claim = app.sources.claim(
        app.settings.bulletins[0], now=now, lease=timedelta(minutes=5), only_due=False
    )
    if claim is None:
        raise SystemExit("the bulletin is taken")
    entries = tuple(
        Entry(
            title=f"Notice {number} of the harbour office",
            url=f"https://harbour.example/news/{number}",
            when=None,
            summary_html=f"<p>No. {number}: {TEXT * 3}</p>",
        )
        for number in range(ITEMS)
    )
    check = Check(bulletin="harbour", source="main", started=now, finished=now, outcome="changed")
    outcome = Outcome(
        check=check,
        next_check=now + timedelta(days=9),
        validators=Validators(),
        recipe="",
    )
    changes = Changes(new=entries, new_places=tuple(range(ITEMS)), baseline=False)
    app.items.apply(claim, outcome, changes, zone=ZoneInfo("UTC"))
    app.sources.release(claim)
    while app.editions.open_due(now=datetime.now(UTC)).subscriptions:
        pass


def deliver(path: Path) -> Sent:
    """Send all that is owed."""
    with open_app(load_settings(path)) as app:
        return open_outbox(app).run(lambda: False)


if __name__ == "__main__":
    with open_app(load_settings(configure(Path(sys.argv[1]), "", *sys.argv[3:]))) as opened:
        fill(opened, int(sys.argv[2]))
