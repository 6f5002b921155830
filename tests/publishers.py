"""A publisher of generated news, whose pages change as pages do, and one who reads them.

A publisher has true items, each with a secret number. What the page shows of them changes; the
number tells afterwards whether each was known again, and whether all that was new was new.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worlds import NOON, Feeds, entry

from feeds.diff import content_of, diff, fingerprint
from feeds.identify import identify
from feeds.keys import text_key, title_key, url_key
from feeds.similarity import containment, similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from feeds.model import Changes, Entry, Matching

    Happening = Callable[["Publisher", int], None]

WORDS = """
anchor autumn bakery balance barrier basin bridge budget canal captain carnival ceiling charter
chimney church circus clinic closure coast college concert contract council cricket curfew cycle
damage debate delivery deputy dinner dispute district donation drainage election engine estuary
evening exhibition factory family ferry festival finance firework fishing flood forest fountain
funding garage garden gallery glacier grain granite harvest health heating heritage highway hockey
holiday hospital housing impact income insurance island jetty journey judge junction kitchen
ladder lantern laundry lecture library licence lighthouse lottery luggage machine market mayor
meadow medicine merger mineral mooring museum network nursery office opening orchard outage parade
parking pasture pension petition pilot planning plumber police pottery pressure prison product
project quarry question railway rainfall recipe record reform refuge rescue research resort river
robbery rowing safety sailing salary sanction school season security seminar service shelter
shortage signal silence skating soldier speaker stadium statue storage strike student subsidy
summer surgery swimming tariff teacher temple tender theatre ticket timber tourism traffic trail
tunnel tutor vaccine valley vehicle verdict village vineyard volunteer voyage warning waste
weather wedding welfare winter witness workshop
""".split()
SHOWN = 8
TEASER_WORDS = 18


@dataclass
class Truth:
    """An item as its publisher knows it, whatever the page says of it."""

    number: int
    title: str
    text: str
    day: date
    wording: int = 0
    section: int = 0
    slug: int = 0
    stands: bool = True


@dataclass(frozen=True, kw_only=True)
class Style:
    """What a page shows of its items."""

    urls: str = "own"
    dated: bool = True
    text: str = "whole"
    counted: bool = False
    tracked: bool = False
    translated: bool = False


@dataclass
class Publisher:
    """The true items, newest first, and the pages that show them."""

    pages: dict[str, Style]
    # Items of one title need more than a title to be told apart.
    of_one_title: bool
    today: date = field(default_factory=NOON.date)
    truths: list[Truth] = field(default_factory=list)
    ticks: int = 0
    shows: int = SHOWN

    def publish(self, title: str = "", *, day: date | None = None) -> Truth:
        """Write a new item."""
        number = len(self.truths)
        chance = Random(number)  # noqa: S311 - nothing secret
        truth = Truth(
            number=number,
            title=title or " ".join(chance.sample(WORDS, 4)).capitalize(),
            text=" ".join(chance.sample(WORDS, 40)),
            day=day or self.today,
        )
        self.truths.insert(0, truth)
        return truth

    def standing(self) -> list[Truth]:
        """Return what the page shows, if it shows all that it can."""
        return [truth for truth in self.truths if truth.stands][: self.shows]

    def page(self, source: str) -> list[tuple[int, Entry]]:
        """Return the entries that a source shows, each with the number of its true item."""
        return [(truth.number, self._shown(truth, source)) for truth in self.standing()]

    def _shown(self, truth: Truth, source: str) -> Entry:
        style = self.pages[source]
        url = {
            "own": f"https://x.test/{truth.section}/{truth.number}-{'a' * truth.slug}",
            "shared": "https://x.test/news",
            "none": "",
        }[style.urls]
        words = truth.text.split()
        text = {
            "whole": truth.text,
            "teaser": " ".join(words[:TEASER_WORDS]) + " …",
            "none": "",
        }[style.text]
        title = truth.title
        if style.translated:
            title, text = _translated(title), _translated(text)
        if style.counted:
            text += f" {self.ticks} views, {self.ticks} hours ago"
        return entry(
            title,
            day=truth.day if style.dated else None,
            url=url + (f"?utm_source=page{self.ticks}" if style.tracked and url else ""),
            summary=text,
        )


def _translated(text: str) -> str:
    """Return a text in a language that has no word in common with it."""
    return " ".join(word[::-1].translate(_OTHER_LETTERS) for word in text.split())


_OTHER_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")


# What happens to a page between two checks. Each takes the publisher, and a number that says to
# which item it happens; so two at once happen to the same item.


def _one(publisher: Publisher, pick: int) -> Truth:
    standing = publisher.standing()
    return standing[pick % len(standing)]


def publish(publisher: Publisher, _pick: int) -> None:
    """Something new stands on top."""
    publisher.publish()


def publish_several(publisher: Publisher, pick: int) -> None:
    """Several new ones push others off the page."""
    for _ in range(2 + pick % 3):
        publisher.publish()


def publish_twin(publisher: Publisher, pick: int) -> None:
    """Another item of the same title on the same day."""
    if publisher.of_one_title:
        truth = _one(publisher, pick)
        publisher.publish(truth.title, day=truth.day)


def publish_next_issue(publisher: Publisher, pick: int) -> None:
    """The next of a weekly series whose title never changes."""
    if publisher.of_one_title:
        truth = _one(publisher, pick)
        publisher.publish(truth.title, day=max(publisher.today, truth.day + timedelta(days=1)))


def publish_like(publisher: Publisher, pick: int) -> None:
    """Another item, whose title has all but one word of an old one."""
    truth = _one(publisher, pick)
    word = WORDS[len(publisher.truths) % len(WORDS)]
    publisher.publish(f"{truth.title.rpartition(' ')[0]} {word}", day=truth.day)


def correct_title(publisher: Publisher, pick: int) -> None:
    """Two letters change places."""
    truth = _one(publisher, pick)
    at = 1 + pick % (len(truth.title) - 2)
    title = truth.title
    truth.title = title[:at] + title[at + 1] + title[at] + title[at + 2 :]


def rewrite_title(publisher: Publisher, pick: int) -> None:
    """All its words are others."""
    truth = _one(publisher, pick)
    truth.wording += 1
    chance = Random(1000 * truth.wording + truth.number)  # noqa: S311 - nothing secret
    truth.title = " ".join(chance.sample(WORDS, 4)).capitalize()


def correct_text(publisher: Publisher, pick: int) -> None:
    """A few words of the text are others."""
    truth = _one(publisher, pick)
    words = truth.text.split()
    for place in range(pick % 5, len(words), 8):
        words[place] = WORDS[(pick + place) % len(WORDS)]
    truth.text = " ".join(words)


def rewrite_text(publisher: Publisher, pick: int) -> None:
    """All its words are others."""
    truth = _one(publisher, pick)
    truth.wording += 1
    chance = Random(2000 * truth.wording + truth.number)  # noqa: S311 - nothing secret
    truth.text = " ".join(chance.sample(WORDS, 40))


def move(publisher: Publisher, pick: int) -> None:
    """It has another address."""
    _one(publisher, pick).section += 1


def move_all(publisher: Publisher, _pick: int) -> None:
    """Every item has another address."""
    for truth in publisher.truths:
        truth.section += 1


def change_a_little(publisher: Publisher, pick: int) -> None:
    """A slip in the title is corrected, and the address follows it."""
    correct_title(publisher, pick)
    _one(publisher, pick).slug += 1


def change_day(publisher: Publisher, pick: int) -> None:
    """The day is corrected."""
    truth = _one(publisher, pick)
    truth.day -= timedelta(days=1 + pick % 3)


def reorder(publisher: Publisher, pick: int) -> None:
    """The page is sorted by something else."""
    Random(pick).shuffle(publisher.truths)  # noqa: S311 - nothing secret


def remove(publisher: Publisher, pick: int) -> None:
    """An item is taken off the page, and what had slid off may stand there again."""
    if len(publisher.standing()) > 1:
        _one(publisher, pick).stands = False


def put_back(publisher: Publisher, pick: int) -> None:
    """What was taken off stands where it stood."""
    gone = [truth for truth in publisher.truths if not truth.stands]
    if gone:
        gone[pick % len(gone)].stands = True


def _redesign(publisher: Publisher, pick: int, **style: object) -> None:
    source = sorted(publisher.pages)[pick % len(publisher.pages)]
    publisher.pages[source] = replace(publisher.pages[source], **style)  # type: ignore[arg-type]


def drop_dates(publisher: Publisher, pick: int) -> None:
    """A redesign shows no dates."""
    _redesign(publisher, pick, dated=False)


def add_dates(publisher: Publisher, pick: int) -> None:
    """A redesign shows dates."""
    _redesign(publisher, pick, dated=True)


def cut_texts(publisher: Publisher, pick: int) -> None:
    """A redesign shows the beginning of each text."""
    if publisher.pages[sorted(publisher.pages)[pick % len(publisher.pages)]].text == "whole":
        _redesign(publisher, pick, text="teaser")


def show_texts(publisher: Publisher, pick: int) -> None:
    """A redesign shows the whole of each text."""
    _redesign(publisher, pick, text="whole")


def count_readers(publisher: Publisher, pick: int) -> None:
    """Each text ends with a counter and an age, which differ at each check."""
    _redesign(publisher, pick, counted=True)


def track(publisher: Publisher, pick: int) -> None:
    """Each address has a parameter that differs at each check."""
    _redesign(publisher, pick, tracked=True)


def translate(publisher: Publisher, _pick: int) -> None:
    """All pages are in another language: titles and texts are, addresses and days are not."""
    for place in range(len(publisher.pages)):
        _redesign(publisher, place, translated=True)


def translate_back(publisher: Publisher, _pick: int) -> None:
    """All pages are in their own language again."""
    for place in range(len(publisher.pages)):
        _redesign(publisher, place, translated=False)


def show_fewer(publisher: Publisher, pick: int) -> None:
    """Older ones slide to page two."""
    publisher.shows = 3 + pick % 4


def show_more(publisher: Publisher, _pick: int) -> None:
    """What slid to page two stands on page one again."""
    publisher.shows = SHOWN


CHANGES = (
    publish,
    publish_several,
    publish_twin,
    publish_next_issue,
    publish_like,
    correct_title,
    rewrite_title,
    correct_text,
    rewrite_text,
    move,
    move_all,
    change_a_little,
    change_day,
    reorder,
    remove,
    put_back,
    drop_dates,
    add_dates,
    cut_texts,
    show_texts,
    count_readers,
    track,
    translate,
    translate_back,
    show_fewer,
    show_more,
)


@dataclass
class Reader:
    """Checks the sources as the service does, and holds the laws against the truth."""

    feeds: Feeds
    publisher: Publisher
    # The id of each true item, and what its sources last showed of it.
    ids: dict[int, str] = field(default_factory=dict)
    shown: dict[tuple[str, int], Entry] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)

    def check(self, source: str) -> None:
        """Check one source; what it finds must be what is true."""
        page = self.publisher.page(source)
        truths = [number for number, _ in page]
        matching, changes = self._compare(source, [found for _, found in page])
        for match in matching.matches:
            truth = truths[match.place]
            assert match.item.id == self.ids.get(truth), (
                self._tell("swallowed", source, truth) + f" by {match.evidence}: {match.item}"
            )
        new = [truths[place] for place in matching.unmatched_places]
        for truth in new:
            assert truth not in self.ids, self._tell("told twice", source, truth)
        claim = self.feeds.claim()
        outcome = self.feeds.outcome(
            claim, source=source, outcome="baseline" if changes.baseline else "changed"
        )
        ids = self.feeds.items.apply(claim, outcome, changes, zone=ZoneInfo("UTC"))
        self.ids.update(zip(new, ids, strict=True))
        for number, found in page:
            old = self.shown.get((source, number), found)
            # A day that a redesign hides is remembered.
            self.shown[source, number] = replace(found, when=found.when or old.when)
        self.last[source] = self.feeds.clock()
        self.check_again(source)

    def check_again(self, source: str) -> None:
        """The page as it was changes nothing; nor does it in another order, but for twins."""
        page = [found for _, found in self.publisher.page(source)]
        _, changes = self._compare(source, page)
        assert (changes.new, changes.revised, changes.missing) == ((), (), ())
        if len({(title_key(found.title), found.when) for found in page}) == len(page):
            shuffled = page.copy()
            Random(len(self.ids)).shuffle(shuffled)  # noqa: S311 - nothing secret
            _, changes = self._compare(source, shuffled)
            assert (changes.new, changes.revised, changes.missing) == ((), (), ())

    def _compare(self, source: str, page: Sequence[Entry]) -> tuple[Matching, Changes]:
        known = self.feeds.items.known("harbour", source, page)
        matching = identify(page, known)
        last = self.last.get(source)
        return matching, diff(matching, first=last is None, last=last)

    def _tell(self, fault: str, source: str, truth: int) -> str:
        now = dict(self.publisher.page(source))[truth]
        return f"{fault} at {source}: {self.shown.get((source, truth))} is now {now}"

    def stored(self) -> dict[str, str]:
        """Return the ids of all stored items, with their titles."""
        items = self.feeds.items.changed_since("harbour", 0)
        assert len({item.token for item in items}) == len(items)
        return {item.id: item.content.title for item in items}

    def _is_taken_for_a_twin(self, number: int, old: Entry, found: Entry) -> bool:
        """Whether only a title has stayed of an item, and others have it too."""
        if _stays_apart(old, found):
            return False
        title = title_key(found.title)
        twins = {truth.number for truth in self.publisher.truths if title_key(truth.title) == title}
        twins |= {known for (_, known), e in self.shown.items() if title_key(e.title) == title}
        return bool(twins - {number})

    def can_decide(self, publisher: Publisher) -> bool:
        """Whether who sees only the pages can tell what happened to their items."""
        for source in publisher.pages:
            page = dict(publisher.page(source))
            if len({_looks(found) for found in page.values()}) < len(page):
                return False
            seen = {number: old for (at, number), old in self.shown.items() if at == source}
            elsewhere = {number: old for (_, number), old in self.shown.items()}
            for number, found in page.items():
                old = seen.get(number) or elsewhere.get(number)
                if old is not None and not enough_stays(old, found):
                    return False
                if old is not None and self._is_taken_for_a_twin(number, old, found):
                    return False
                gone = [other for known, other in elsewhere.items() if known not in page]
                if old is None and any(may_be_taken_for(found, other) for other in gone):
                    return False
        return True


def _stays_apart(old: Entry, new: Entry) -> bool:
    """Whether more than a title, or a title and a day, has stayed of an item."""
    return _addresses_agree(old, new) or _texts_agree(old, new) >= _SAME_TEXT


def _looks(found: Entry) -> str:
    """Return what is equal where two entries look the same: which is which, nobody can tell."""
    return fingerprint(content_of(found))


def _days_differ(old: Entry, new: Entry) -> bool:
    return bool(old.when and new.when and old.when != new.when)


def _texts_agree(old: Entry, new: Entry) -> float:
    one, other = text_key(old.summary_html), text_key(new.summary_html)
    if not one or not other:
        return 0.0
    return max(similarity(one, other), containment(one, other))


def _addresses_agree(old: Entry, new: Entry) -> bool:
    """Whether both have one address, and no other item has it."""
    return "/news" not in old.url and bool(old.url) and url_key(old.url) == url_key(new.url)


_SAME_TEXT = 0.9


def enough_stays(old: Entry, new: Entry) -> bool:
    """Whether an item can be known again.

    Left out is what nobody could tell from another item in its place: where none of a title, an
    address of its own and a text has stayed, or only a title without its day; and where another
    day is stated, all but one of them must have stayed, for that is the next of a series.
    """
    titles = title_key(old.title) == title_key(new.title)
    addresses = _addresses_agree(old, new)
    texts = _texts_agree(old, new)
    if _days_differ(old, new):
        return (texts >= 0.95 and (titles or addresses)) or (titles and addresses and not texts)
    if addresses or texts >= 0.9:
        return True
    if titles and (old.when and new.when):
        return True
    return titles and (texts >= 0.6 or not (old.summary_html and new.summary_html))


def may_be_taken_for(new: Entry, gone: Entry) -> bool:
    """Whether a new item may be one that is no longer there, with a correction.

    A title that is much alike, on the same day or on none, is the title corrected.
    """
    titles = similarity(title_key(new.title), title_key(gone.title))
    return titles > 0.5 and not _days_differ(new, gone)
