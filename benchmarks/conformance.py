"""Everything that a folder of real pages holds, published: how much, and what breaks a rule.

``python benchmarks/conformance.py --keep FOLDER`` leaves the documents in a folder, for validators
of others. Each page is read, and its items come in three months, so that there is an archive.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from publishing import publishing_of

from config.settings import BulletinSettings, SourceSettings
from feeds.database import open_database
from feeds.diff import diff
from feeds.fetch import Validators
from feeds.identify import identify
from feeds.read import read
from feeds.records import Check, Outcome

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "extraction"
FIRST = datetime(2026, 8, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def publish(case: Path, folder: Path) -> tuple[int, int]:
    """Publish one case into a folder; return how many items it has and how many were refused."""
    url = json.loads((case / "meta.json").read_text())["url"]
    page = (case / "page.html").read_bytes()
    found = read(page, url=url, content_type="text/html", zone=UTC_ZONE, now=FIRST)
    slug = re.sub(r"[^a-z0-9]+", "-", case.name.lower()).strip("-")[:40]
    bulletin = BulletinSettings(
        slug=slug,
        title=found.title or case.name,
        language=found.language or "en",
        sources=(SourceSettings(bulletin=slug, name="main", url=url),),
    )
    with (
        tempfile.TemporaryDirectory() as data,
        open_database("", Path(data)) as database,
    ):
        sources, items, publisher = publishing_of(database, folder, bulletin)
        third = -(-len(found.entries) // 3)
        now = FIRST
        for start in range(2 * third, -1, -third or -1):
            entries = found.entries[start : start + third]
            claim = sources.claim(bulletin, now=now, lease=timedelta(minutes=5))
            if claim is None:
                raise SystemExit(f"{slug} is taken")
            known = items.known(slug, "main", entries)
            changes = diff(identify(entries, known), first=False)
            check = Check(
                bulletin=slug, source="main", started=now, finished=now, outcome="changed"
            )
            outcome = Outcome(check=check, next_check=now, validators=Validators(), recipe="")
            items.apply(claim, outcome, changes, zone=UTC_ZONE)
            now += timedelta(days=35)
        publisher.publish_all()
        for refusal in publisher.refused():
            print(refusal)
        return len(found.entries), len(publisher.refused())


def main() -> None:
    """Publish all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", help="a folder to leave the documents in")
    given = parser.parse_args()
    if not CORPUS.is_dir():
        raise SystemExit(f"no real pages at {CORPUS}")
    kept = nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory()
    with kept as name:
        folder = Path(name)
        counts = [publish(case, folder) for case in sorted(CORPUS.iterdir())]
        documents = len([*folder.rglob("*.xml"), *folder.rglob("*.json")])
    items, refused = (sum(column) for column in zip(*counts, strict=True))
    print(f"{len(counts)} pages, {items} items, {documents} documents, {refused} refused")


if __name__ == "__main__":
    main()
