"""One step of a replay: read a stored version of a page, and print what is new of it.

``python benchmarks/replay_step.py --state DIR --url URL --now TIME FILE`` takes the page through
the same modules as the service (read, known, identify, diff, store) on a store in the state
folder, and prints a JSON Feed of the new items. The first page that shows anything is the
baseline, which is announced to nobody.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.settings import BulletinSettings, FetchSettings, SourceSettings
from feeds.check import Checker, Word
from feeds.database import open_database
from feeds.fetch import Page, Validators
from feeds.item_store import ItemStore
from feeds.migrations import migrate
from feeds.schema import FEEDS
from feeds.source_store import SourceStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.model import Item

SLUG = "page"
LEASE_S = 300


@dataclass
class StoredPage:
    """Gives the stored version in the place of a request."""

    body: bytes
    url: str

    def fetch(self, _source: SourceSettings, *, validators: Validators, url: str = "") -> Page:  # noqa: ARG002 - as the fetcher is asked
        """Return the page, whatever is asked."""
        return Page(
            body=self.body,
            url=self.url,
            content_type="text/html; charset=utf-8",
            status=200,
            validators=Validators(),
        )


def step(
    state: Path, url: str, now: datetime, body: bytes, *, guards: bool = False
) -> tuple[Sequence[Item], str]:
    """Check one version; return the items that are new, and what is wrong with it.

    Versions lie months apart, and what comes in months is a flood in a day: without ``guards``
    every reading that shows anything is believed.
    """
    source = SourceSettings(bulletin=SLUG, name="main", url=url)
    bulletin = BulletinSettings(slug=SLUG, title="Replay", sources=(source,))
    with open_database("", state) as database:
        migrate(database, (FEEDS,), now=now)
        sources = SourceStore(database, authority="example.org")
        items = ItemStore(database, authority="example.org")
        sources.register((bulletin,), now=now)
        before = sources.bulletin_states()[SLUG].number
        claim = sources.claim(bulletin, now=now, lease=timedelta(seconds=LEASE_S))
        if claim is None:
            return (), "the state folder is in use"
        checker = Checker(
            sources=sources,
            items=items,
            fetcher=StoredPage(body, url),  # type: ignore[arg-type] # it fetches as much as is asked
            settings=FetchSettings(),
            clock=lambda: now,
            word=Word.NONE if guards else Word.ACCEPT,
        )
        (check,) = list(checker.check(claim, bulletin))
        new = [
            item
            for item in items.changed_since(SLUG, before)
            if item.number > before and not item.baseline
        ]
    return new, check.error


def feed(new: Sequence[Item]) -> dict[str, object]:
    """Return the new items as a JSON Feed."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "new items",
        "items": [
            {
                "id": item.id,
                "url": item.content.url,
                "title": item.content.title,
                "content_html": item.content.summary_html,
                "date_published": item.published.isoformat(),
            }
            for item in new
        ],
    }


def main() -> None:
    """Do one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--now", default="")
    parser.add_argument("--guards", action="store_true", help="hold what breaks the page's past")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    now = datetime.fromisoformat(given.now) if given.now else datetime.now(UTC)
    aware = now if now.tzinfo else now.replace(tzinfo=ZoneInfo("UTC"))
    new, error = step(given.state, given.url, aware, given.file.read_bytes(), guards=given.guards)
    if error:
        sys.stderr.write(f"{given.file}: {error}\n")
    print(json.dumps(feed(new), ensure_ascii=False))


if __name__ == "__main__":
    main()
