"""How many clicks a page needs until it is read rightly, by somebody who points at what is wrong.

``python benchmarks/pointing.py CORPUS`` plays that person on stored pages with an answer: from
nothing they point at the first title and then, where a day is wrong, at a date; from the automatic
reading at the first thing that is wrong; and so on, at most six times. What is right is said by
the corpus and its own scorer. They begin with another list of the page as well, and with both
lists in one.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.settings import RuleSettings, SourceSettings
from feeds.located import Located, Spots, locate
from feeds.markup import web_url
from feeds.model import Reading
from feeds.numbered import Opened, open_page
from feeds.page import Page, Validators
from feeds.pointing import point
from feeds.pointing_values import Point
from feeds.read_choose import lies_aside
from feeds.read_html import read_sheet
from feeds.repair_places import container_of
from feeds.selectors import item_selector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from feeds.model import Entry
    from feeds.read_groups import Slot
    from feeds.read_tree import Element

MOST = 6
NEAR = 3
LONGEST_DATE = 200
NOTHING = Located(reading=Reading(), spots=())


@dataclass
class Person:
    """Somebody who knows what stands on a page, and points."""

    opened: Opened
    gold: dict[str, Any]
    url: str
    scorer: ModuleType
    clicks: list[Point] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def points_until_right(self, rules: RuleSettings, read: Located) -> int | None:
        """Return after how many clicks all is right; None for never."""
        for clicks in range(MOST + 1):
            wrong = list(self._wrong(read))
            if not wrong:
                return clicks
            fresh = next((each for each in wrong if each not in self.clicks), None)
            if fresh is None or clicks == MOST:
                self.said.append(f"stuck: {wrong[:2]}")
                return None
            self.clicks.append(fresh)
            begun = time.perf_counter()
            found = point(self.opened, self.clicks, rules=rules)
            self.seconds.append(time.perf_counter() - begun)
            rules, read = found.rules, found.located
            self.said.append(f"{fresh} {self._text(fresh)} -> {_shown(rules)} {found.problems}")
        return None

    def _text(self, of: Point) -> str:
        element = self.opened.element(of.number)
        return repr(element.text[:50]) if element else ""

    def _wrong(self, read: Located) -> Iterator[Point]:
        """Yield what is wrong, in the order of the page: what to point at."""
        entries = [_as_json(each) for each in read.reading.entries]
        gold = self.gold["items"]
        pairs, foreign, _, _ = self.scorer.match(
            entries, gold, self.gold.get("ignore", []), self.url
        )
        number = {id(each): place for place, each in enumerate(entries)}
        found: list[Point] = []
        found += self._not([number[id(each)] for each in foreign], read)
        known = {id(each) for _, each in pairs}
        found += self._titles(each for each in gold if id(each) not in known)
        for entry, wanted in pairs:
            spots = read.spots[number[id(entry)]]
            if wanted.get("title_shown", True) and not self.scorer.title_ok(
                entry["title"], wanted["title"]
            ):
                found += self._titles([wanted])
            day = self.scorer.day(entry.get("date_published"))
            if wanted.get("date_shown") is True and day != wanted["date"]:
                found += self._date(wanted, spots)
        # Who sees nothing that is right points at what they want, not at all that is wrong.
        yield from sorted(
            set(found), key=lambda each: (not pairs and each.part == "not", each.number)
        )

    def _not(self, places: list[int], read: Located) -> Iterator[Point]:
        for place in places:
            spots = read.spots[place]
            if spots.title is not None:
                yield Point(spots.title, "not")

    def _titles(self, wanted: Any) -> Iterator[Point]:  # noqa: ANN401
        for each in wanted:
            element = self._title(each)
            if element is not None:
                yield Point(self.opened.number(element), "title")
            else:
                self.said.append(f"cannot be pointed at: {each['title']}")
                yield Point(-1, "title")

    def _title(self, wanted: dict[str, Any]) -> Element | None:
        """Return the innermost element with the title, where one looks for it: not in a menu."""
        elements = self.opened.sheet.tree.elements
        title = self.scorer.squash(wanted["title"])
        most = max(len(wanted["title"]) * 3, 40)
        texts = [e for e in elements if 1 < e.length <= most and self._says(e, title)]
        if wanted["url"]:
            links = [e for e in elements if e.tag == "a" and self._leads(e, wanted["url"])]
            near = [
                t
                for t in texts
                if any(link.holds(t) or t.holds(link) or _neighbours(t, link) for link in links)
            ]
            texts = near or [link for link in links if link.length > 1]
        days = self._days(wanted)
        near_day = {id(t): min((_steps(t, day) for day in days), default=0) for t in texts}
        return min(
            texts,
            key=lambda e: (lies_aside(e), e.length, near_day[id(e)], -e.start),
            default=None,
        )

    def _says(self, element: Element, title: str) -> bool:
        return bool(title) and title in self.scorer.squash(element.text)

    def _leads(self, link: Element, url: str) -> bool:
        href = web_url(link.attributes.get("href") or "", self.opened.sheet.place.base)
        return bool(self.scorer.norm_url(href, self.url) == self.scorer.norm_url(url))

    def _days(self, wanted: dict[str, Any]) -> list[Element]:
        """Return the elements that show the day of an item."""
        dates = self.opened.sheet.place.dates
        fitting = []
        for element in self.opened.sheet.tree.elements:
            spot = None
            if element.digits and element.length < LONGEST_DATE:
                spot = dates.machine(element.attributes.get("datetime") or "")
                first = dates.first(element.text)
                spot = spot or (first.when if first else None)
            if spot is not None and spot.day.isoformat() == wanted["date"]:
                fitting.append(element)
        return fitting

    def _date(self, wanted: dict[str, Any], spots: Spots) -> Iterator[Point]:
        """Yield the smallest element with the day of an item: in it, beside it, or above it."""
        title = self._title(wanted) or self.opened.element(spots.title or 0)
        if title is None:
            return
        near = min(
            self._days(wanted),
            key=lambda e: (
                _steps(title, e),
                abs(e.start - title.start),
                e.length,
            ),
            default=None,
        )
        if near is not None:
            yield Point(self.opened.number(near), "date")


def _steps(one: Element, other: Element) -> int:
    """Return how many steps up the element is that holds both."""
    if one.holds(other):
        return 0
    return next((n for n, e in enumerate(one.ancestors(), 1) if e.holds(other)), 99)


def _neighbours(one: Element, other: Element) -> bool:
    return _steps(one, other) <= NEAR


def _as_json(entry: Entry) -> dict[str, Any]:
    when = entry.when.day.isoformat() if entry.when else ""
    return {"url": entry.url, "title": entry.title, "date_published": when}


def _shown(rules: RuleSettings) -> str:
    names = ("item", "title", "link", "date", "summary", "exclude", "exclude_url")
    return "; ".join(f"{name} {value}" for name in names if (value := getattr(rules, name)))


def cases(corpus: Path) -> Iterator[tuple[str, Page, dict[str, Any]]]:
    """Yield the pages with an answer."""
    for folder in sorted((corpus / "extraction").iterdir()):
        if folder.is_dir():
            url = json.loads((folder / "meta.json").read_text())["url"]
            page = Page(
                body=(folder / "page.html").read_bytes(),
                url=url,
                content_type="text/html",
                status=200,
                validators=Validators(),
            )
            yield folder.name, page, json.loads((folder / "gold.json").read_text())


def _scorer(corpus: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorer", corpus / "score_extraction.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{corpus} has no scorer")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def starts(opened: Opened) -> Iterator[tuple[str, RuleSettings, Located]]:
    """Yield what a person may begin with: nothing, what is found, another list, both mixed."""
    automatic = RuleSettings()
    # No item of this page is left by it: as if nothing had been found.
    yield "from nothing", replace(automatic, item=".no-such-thing"), NOTHING
    yield "from the automatic reading", automatic, locate(opened, automatic)
    sheet = opened.sheet
    right = {_key(entry) for entry in locate(opened, automatic).reading.entries}
    own = _selector(opened, sheet.best.slots) if sheet.best else ""
    for group in sorted(sheet.groups, key=lambda each: -each.score) if own else ():
        other = _selector(opened, group.slots)
        read = locate(opened, RuleSettings(item=other)) if other else NOTHING
        keys = {_key(entry) for entry in read.reading.entries}
        if len(keys) > 1 and not keys & right:
            mixed = RuleSettings(item=f"{own}, {other}")
            yield "from another list of the page", RuleSettings(item=other), read
            yield "from a reading with another list in it", mixed, locate(opened, mixed)
            return


def _key(entry: Entry) -> str:
    return entry.url or entry.title


def _selector(opened: Opened, slots: list[Slot]) -> str:
    return item_selector(opened.sheet.page, [container_of(slot) for slot in slots])


def main() -> None:
    """Play all pages, and print how many clicks they needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--each", action="store_true", help="say it of each page")
    parser.add_argument("--only", default="", help="pages whose name has this")
    given = parser.parse_args()
    scorer = _scorer(given.corpus)
    counts: dict[str, list[int | None]] = {}
    seconds: list[float] = []
    ratios: list[float] = []
    for name, page, gold in cases(given.corpus):
        source = SourceSettings(bulletin="page", name="main", url=page.url)
        begun = time.perf_counter()
        opened = open_page(page, source=source, now=datetime.now(UTC))
        if isinstance(opened, Opened):
            read_sheet(opened.sheet, RuleSettings())
        reading = time.perf_counter() - begun
        if given.only not in name or not isinstance(opened, Opened):
            continue
        for start, rules, read in starts(opened):
            person = Person(opened, gold, page.url, scorer)
            clicks = person.points_until_right(rules, read)
            counts.setdefault(start, []).append(clicks)
            seconds += person.seconds
            ratios += [each / reading for each in person.seconds]
            if given.each and clicks != 0:
                sys.stdout.write(f"{name} {start}: {clicks}\n")
                sys.stdout.write("".join(f"    {line}\n" for line in person.said))
    for start, found in counts.items():
        shares = ", ".join(
            f"{clicks}: {sum(c is not None and c <= clicks for c in found) / len(found):.0%}"
            for clicks in range(MOST + 1)
        )
        sys.stdout.write(f"{start}, {len(found)} pages, right after so many clicks: {shares}\n")
    for unit, figures in (("ms", [1000 * each for each in seconds]), ("readings", ratios)):
        figures.sort()
        sys.stdout.write(
            f"a click takes {statistics.median(figures):.1f} {unit} in the middle, "
            f"{figures[int(len(figures) * 0.95)]:.1f} for all but one in twenty\n"
        )


if __name__ == "__main__":
    main()
