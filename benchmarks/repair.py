"""How often self-repair finds a list again: on rebuilt pages, and on pages whose rules broke.

``python benchmarks/repair.py CORPUS`` reads stored pages in two ways. Of each history of a page,
the version before a redesign gives the known items and the rules, and the version after is
repaired. Of each page with an answer, all but its two first items are known and the rules select
nothing; so those two must be read as new, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.settings import RuleSettings, SourceSettings
from feeds.diff import content_of
from feeds.fetch import Page, Validators
from feeds.keys import title_key, url_key
from feeds.model import Entry, Item, Reading, When
from feeds.read import read
from feeds.read_found_rules import found_rules
from feeds.repair import find_repair, old_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feeds.repair import Proposal

UTC_ZONE = ZoneInfo("UTC")
FRESH = 2


@dataclass
class Tally:
    """What came of the pages of one kind."""

    name: str
    pages: int = 0
    proposed: int = 0
    whole: int = 0
    back: int = 0
    known: int = 0
    wrong: int = 0
    seconds: float = 0
    lines: list[str] = field(default_factory=list)

    def add(self, case: str, known: Sequence[Item], proposal: Proposal | None) -> None:
        """Count one page."""
        self.pages += 1
        self.known += len(known)
        line = f"  {case}: nothing found of {len(known)} known items"
        if proposal is not None:
            self.proposed += 1
            self.whole += proposal.agreement.is_whole
            self.back += proposal.agreement.back
            mark = "carried on" if proposal.agreement.is_whole else "proposed"
            line = f"  {case}: {mark}: {proposal.agreement}; {_shown(proposal.rules)}"
        self.lines.append(line)

    def __str__(self) -> str:
        """Say it."""
        return (
            f"{self.name}: {self.pages} pages, {self.proposed} with a proposal, {self.whole} "
            f"carried on, {self.back} of {self.known} known items read back, "
            f"{self.wrong} carried on wrongly, {self.seconds / max(self.pages, 1):.2f} s a page"
        )


def _shown(rules: RuleSettings) -> str:
    names = ("item", "title", "link", "date", "summary")
    return ", ".join(f"{name} {value}" for name in names if (value := getattr(rules, name)))


def item(entry: Entry, place: int) -> Item:
    """Return an entry as the stored item that it would be."""
    now = datetime.now(UTC)
    return Item(
        id=f"tag:example.org,2026:{place}",
        token=str(place),
        bulletin="page",
        number=10_000 - place,
        changed=0,
        content=content_of(entry),
        published=now,
        updated=now,
        first_seen=now,
        position=place,
        sighted=True,
    )


def page(html: str, url: str) -> Page:
    """Return a stored page as it would be fetched."""
    return Page(
        body=html.encode("utf-8", "surrogateescape"),
        url=url,
        content_type="text/html; charset=utf-8",
        status=200,
        validators=Validators(),
    )


def reading(of: Page, now: datetime, rules: RuleSettings | None = None) -> Reading:
    """Read a page as a source without settings does."""
    return read(
        of.body,
        url=of.url,
        content_type=of.content_type,
        zone=UTC_ZONE,
        now=now,
        rules=rules or RuleSettings(),
    )


def redesigns(corpus: Path) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Yield each rebuilt page: name, address, the version before, the version after."""
    for folder in sorted((corpus / "replay").iterdir()):
        if not folder.is_dir():
            continue
        url = json.loads((folder / "meta.json").read_text())["url"]
        with lzma.open(folder / "versions.jsonl.xz", "rt") as lines:
            versions = [json.loads(line) for line in lines]
        for before, after in pairwise(versions):
            if after["kind"] in {"redesign", "moved"}:
                yield f"{folder.name} {after['i']} ({after['kind']})", url, before, after


def replayed(corpus: Path) -> Tally:
    """Repair each rebuilt page by what was known before."""
    tally = Tally("rebuilt pages")
    for case, url, before, after in redesigns(corpus):
        now = datetime.fromisoformat(after["date"]).astimezone(UTC)
        old, new = page(before["html"], url), page(after["html"], url)
        entries = reading(old, now).entries
        known = [item(entry, place) for place, entry in enumerate(entries)]
        rules = RuleSettings(**found_rules(before["html"], language="", zone=UTC_ZONE, now=now))
        if not rules.item:
            rules = RuleSettings(item=".no-such-thing")
        still = reading(new, now, rules)
        begun = time.perf_counter()
        source = SourceSettings(bulletin="page", name="main", url=url, rules=rules)
        proposal = find_repair(new, known, source=source, now=now)
        tally.seconds += time.perf_counter() - begun
        tally.add(f"{case}, rules still read {len(still.entries)}", known, proposal)
    return tally


def broken(corpus: Path) -> Tally:
    """Repair each page with an answer whose rules select nothing."""
    tally = Tally("pages whose rules broke")
    for folder in sorted((corpus / "extraction").iterdir()):
        if not folder.is_dir():
            continue
        gold = json.loads((folder / "gold.json").read_text())
        url = json.loads((folder / "meta.json").read_text())["url"]
        of = page((folder / "page.html").read_bytes().decode("utf-8", "surrogateescape"), url)
        entries = [_entry(each) for each in gold["items"]]
        known = [item(entry, place) for place, entry in enumerate(entries)][FRESH:]
        if len(known) <= FRESH:
            continue
        rules = RuleSettings(item=".no-such-thing")
        source = SourceSettings(bulletin="page", name="main", url=url, rules=rules)
        begun = time.perf_counter()
        proposal = find_repair(of, known, source=source, now=datetime.now(UTC))
        tally.seconds += time.perf_counter() - begun
        tally.add(folder.name, known, proposal)
        if proposal is not None:
            tally.lines[-1] += _compared(proposal, gold, known, tally)
    return tally


def _entry(gold: dict[str, Any]) -> Entry:
    shown = gold.get("date_shown") is True and gold.get("date")
    when = When(date.fromisoformat(gold["date"])) if shown else None
    return Entry(title=gold["title"], url=gold["url"] or "", when=when)


def _compared(proposal: Proposal, gold: dict[str, Any], known: Sequence[Item], tally: Tally) -> str:
    """Say what is news of a repaired reading that should not be, and what is not."""
    keys = {title_key(each["title"]) for each in gold["items"]}
    keys |= {url_key(each["url"]) for each in gold["items"] if each["url"]}
    neutral = {url_key(url) for url in gold.get("ignore", ())}
    entries = proposal.reading.entries
    old = old_places(entries, known)
    have = {title_key(entry.title) for entry in entries} | {
        url_key(e.url) for e in entries if e.url
    }
    missed = [
        each["title"]
        for each in gold["items"]
        if title_key(each["title"]) not in have and url_key(each["url"] or "") not in have
    ]
    foreign = [
        entry.title
        for place, entry in enumerate(entries)
        if place not in old
        and title_key(entry.title) not in keys
        and url_key(entry.url) not in keys | neutral
    ]
    fresh = [each["title"] for each in gold["items"][:FRESH] if each["title"] in missed]
    swallowed = [
        entries[place].title
        for place in old
        if any(
            title_key(entries[place].title) == title_key(e["title"]) for e in gold["items"][:FRESH]
        )
    ]
    is_wrong = bool(fresh or foreign or swallowed)
    tally.wrong += is_wrong and proposal.agreement.is_whole
    said = f" | missed {len(missed)} (new: {fresh}), foreign {foreign[:4]}, swallowed {swallowed}"
    return said if missed or is_wrong else ""


def main() -> None:
    """Repair all, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--each", action="store_true", help="say it of each page")
    given = parser.parse_args()
    for tally in (replayed(given.corpus), broken(given.corpus)):
        sys.stdout.write(f"{tally}\n")
        if given.each:
            sys.stdout.write("\n".join(tally.lines) + "\n")


if __name__ == "__main__":
    main()
