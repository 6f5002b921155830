"""What deciding costs as the audience grows: opening the editions of everybody who is due at once.

``python benchmarks/opening.py`` prints, for a thousand and for a hundred thousand subscribers, the
time per subscriber and the peak memory of a process of its own, each beside its ratio to the
smaller audience; once with everybody alike, and once with a hundred different filters.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import BulletinSettings
from feeds.columns import content_columns
from feeds.database import open_database
from feeds.migrations import migrate
from feeds.model import Content
from feeds.schema import FEEDS
from feeds.source_store import SourceStore
from notifier.edition_store import EditionStore
from notifier.schema import NOTIFIER

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAST = "2026-11-23T08:00:00.000000Z"
ITEMS = 10
FILTERS = 100


def fill(folder: Path, audience: int, *, filtered: bool) -> EditionStore:
    """Return the store of editions beside so many subscribers who are due."""
    database = open_database("", folder)
    migrate(database, (FEEDS, NOTIFIER), now=NOW)
    bulletin = BulletinSettings(slug="harbour", title="Harbour")
    SourceStore(database, authority="example.org").register([bulletin], now=NOW)
    who = [
        {"id": number, "address": f"n{number}@example.org", "then": PAST}
        for number in range(audience)
    ]
    wanted = ["", *(json.dumps({"words": ["bridge", f"word{n}"]}) for n in range(FILTERS))]
    with database.transaction() as transaction:
        transaction.run("UPDATE bulletins SET number = :number", number=ITEMS)
        transaction.run_each(
            "INSERT INTO items (id, token, bulletin, number, changed, published, updated, "
            "first_seen, revision, baseline, source_id, title, url, day, instant, summary_html, "
            "full_html, author, image_url, categories, language, url_key, title_key, keys_version) "
            "VALUES (:id, :id, 'harbour', :number, :number, :then, :then, :then, 0, 0, '', :title, "
            ":url, :day, :instant, :summary_html, :full_html, :author, :image_url, :categories, "
            ":language, :url_key, :title_key, :keys_version)",
            [
                content_columns(Content(title=f"Bridge {number}", summary_html="<p>News</p>"))
                | {"id": f"i{number}", "number": number, "then": PAST}
                for number in range(1, ITEMS + 1)
            ],
        )
        transaction.run_each(
            "INSERT INTO subscribers (id, address, state, created) "
            "VALUES (:id, :address, 'active', :then)",
            who,
        )
        transaction.run_each(
            "INSERT INTO subscriptions (id, subscriber, bulletin, time_zone, language, mark, "
            "token, created) VALUES (:id, :id, 'harbour', 'UTC', 'en', 0, :address, :then)",
            who,
        )
        transaction.run_each(
            "INSERT INTO rules (subscription, position, cadence, wanted, next_digest) "
            "VALUES (:id, 0, 'daily', :wanted, :then)",
            [
                one | {"wanted": wanted[number % len(wanted)] if filtered else ""}
                for number, one in enumerate(who)
            ],
        )
    return EditionStore(database, secret="s", mail_domain="example.org", bulletins=[bulletin])  # noqa: S106 - none


def measure(folder: Path) -> dict[str, float]:
    """Open all that is due in a store that was filled; return time and memory."""
    database = open_database("", folder)
    editions = EditionStore(database, secret="s", mail_domain="example.org")  # noqa: S106 - none
    queued, began = 0, time.perf_counter()
    while (decided := editions.open_due(now=NOW + timedelta(seconds=1))).subscriptions:
        queued += decided.deliveries
    seconds = time.perf_counter() - began
    # Its own peak; what getrusage says is also that of the process that began it.
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    memory = int(peak.group(1)) / 1024 if peak else 0.0
    return {"queued": queued, "seconds": seconds, "mib": memory}


def main() -> None:
    """Measure each audience in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audience", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    for filtered in (False, True):
        first: dict[str, float] = {}
        for audience in options.audience:
            with tempfile.TemporaryDirectory() as folder:
                fill(Path(folder), audience, filtered=filtered)
                told = subprocess.run(
                    [sys.executable, __file__, "--measure", folder],
                    check=True,
                    capture_output=True,
                    text=True,
                )
            found = json.loads(told.stdout)
            each = found["seconds"] / audience * 1e6
            first = first or {"each": each, "mib": found["mib"]}
            kind = "filters" if filtered else "alike"
            print(
                f"{audience:>8} {kind:<8} {found['queued']:>8} queued {found['seconds']:7.2f} s "
                f"{each:7.1f} us each ({each / first['each']:.2f}) "
                f"{found['mib']:6.1f} MiB ({found['mib'] / first['mib']:.2f})"
            )


if __name__ == "__main__":
    main()
