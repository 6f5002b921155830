"""Which entry is which item, and what a reading changes: tables, and the laws that hold."""

from __future__ import annotations

import cProfile
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import NOON, entry

from feeds.diff import content_of, diff, fingerprint, is_baseline, publication_time
from feeds.identify import identify
from feeds.keys import is_of_one_item, text_key, title_key, url_key
from feeds.model import Changes, Entry, Evidence, Item, When
from feeds.similarity import similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAY = date(2026, 11, 3)
NEXT = DAY + timedelta(days=1)
LONG = (
    "The swing bridge stays closed until Friday while its bearings are renewed. Pedestrians "
    "take the ferry free of charge, and cyclists are asked to use the northern road instead."
)
OTHER = (
    "Ines Ferreira takes office on Monday and begins with a survey of all moorings of the inner "
    "basin, which has not been measured since the storm surge eleven years ago."
)


def items(*entries: Entry, on_page: bool = True, sighted: bool = True) -> tuple[Item, ...]:
    """Stored items as they were found, in page order, the top one with the highest number."""
    return tuple(
        Item(
            id=f"tag:example.org,2026:{place}",
            token=str(place),
            bulletin="harbour",
            number=len(entries) - place,
            changed=len(entries) - place,
            content=content_of(found),
            published=NOON,
            updated=NOON,
            first_seen=NOON,
            source_id=found.source_id,
            position=place if on_page else None,
            sighted=sighted,
        )
        for place, found in enumerate(entries)
    )


def changes(found: Sequence[Entry], known: Sequence[Item]) -> Changes:
    """Compare a reading with what is known."""
    return diff(identify(found, known), first=False)


SAME = [
    ("nothing moved", entry("a", day=DAY), entry("a", day=DAY), Evidence.TITLE_AND_DATE),
    (
        "the title was rewritten, the address stayed",
        entry("Bridge closed", url="https://x.test/1"),
        entry("Swing bridge shut until Friday", url="https://x.test/1"),
        Evidence.URL,
    ),
    (
        "tracking, scheme, www and a slash came to the address",
        entry("a", url="http://x.test/news/1"),
        entry("b", url="https://www.x.test/news/1/?utm_source=mail&fbclid=7"),
        Evidence.URL,
    ),
    (
        "a new address scheme, the same title and day",
        entry("Bridge closed", day=DAY, url="https://x.test/?p=1"),
        entry("Bridge closed", day=DAY, url="https://x.test/news/bridge-closed"),
        Evidence.TITLE_AND_DATE,
    ),
    (
        "case, blanks and typography of the title",
        entry("Bridge  closed – for good", day=DAY),
        entry("BRIDGE CLOSED - for good", day=DAY),
        Evidence.TITLE_AND_DATE,
    ),
    (
        "a counter in the title",
        entry("Bridge closed (3 comments)", day=DAY),
        entry("Bridge closed (41 comments)", day=DAY),
        Evidence.TITLE_AND_DATE,
    ),
    (
        "a bare counter in the title",
        entry("Bridge closed for repairs (3)", day=DAY),
        entry("Bridge closed for repairs (41)", day=DAY),
        Evidence.SIMILARITY,
    ),
    (
        "dates came to the page",
        entry("Bridge closed"),
        entry("Bridge closed", day=DAY),
        Evidence.TITLE,
    ),
    (
        "the date was corrected, the text is the item's own",
        entry("Bridge closed", day=DAY, summary=LONG),
        entry("Bridge closed", day=NEXT, summary=LONG),
        Evidence.TITLE,
    ),
    (
        "the title was rewritten, the text stayed",
        entry("Bridge closed", day=DAY, summary=LONG),
        entry("Works at the harbour", day=DAY, summary=LONG),
        Evidence.SIMILARITY,
    ),
    (
        "a typo in the title",
        entry("Brigde closed for repairs", day=DAY),
        entry("Bridge closed for repairs", day=DAY),
        Evidence.SIMILARITY,
    ),
    (
        "a teaser grew into the whole text",
        entry("Bridge closed", day=DAY, summary=LONG[:120]),
        entry("The bridge is closed", day=DAY, summary=LONG),
        Evidence.SIMILARITY,
    ),
    (
        "title and day were corrected at an address that names a title",
        entry("Ferry timetable", day=DAY, url="https://x.test/new-timetable-for-ferries"),
        entry("New ferry timetable", day=NEXT, url="https://x.test/new-timetable-for-ferries"),
        Evidence.URL,
    ),
    (
        "a redesign shows texts, the day and a longer title",
        entry("Ferries", day=DAY, url="https://x.test/posts/ferries"),
        entry("Ferries, at last", day=NEXT, url="https://x.test/posts/ferries", summary=LONG),
        Evidence.URL,
    ),
    (
        "all in another language at an address of its own",
        entry("Bridge closed", url="https://x.test/news/17", summary=LONG),
        entry("Puente cerrado", url="https://x.test/news/17", summary=OTHER),
        Evidence.URL,
    ),
    (
        "the source's own id outweighs everything",
        replace(entry("a", url="https://x.test/1"), source_id="7"),
        replace(entry("b", url="https://x.test/2"), source_id="7"),
        Evidence.SOURCE_ID,
    ),
]


@pytest.mark.parametrize(("why", "old", "new", "evidence"), SAME, ids=[row[0] for row in SAME])
def test_an_item_is_known_again(why: str, old: Entry, new: Entry, evidence: Evidence) -> None:
    """What changes on a page in its daily life makes no old item new."""
    known = items(old)

    matching = identify([new], known)

    assert why
    assert [(match.item.id, match.evidence) for match in matching.matches] == [
        (known[0].id, evidence)
    ]


NEW = [
    (
        "the next at an address that names a place",
        entry("Weekly menu", day=DAY, url="https://x.test/menu", summary=LONG),
        entry("Weekly menu", day=NEXT, url="https://x.test/menu", summary=OTHER),
    ),
    (
        "the same title and day, with an address and a text of its own",
        entry("Notice", url="https://x.test/1", day=DAY, summary=LONG),
        entry("Notice", url="https://x.test/2", day=DAY, summary=OTHER),
    ),
    ("another title and day", entry("a bridge", day=DAY), entry("one ferry", day=NEXT)),
    (
        "the next issue of a series",
        entry("Weekly report", day=DAY, summary=LONG),
        entry("Weekly report", day=NEXT, summary=OTHER),
    ),
    (
        "the same title, day and another text, with its own address",
        entry("Notice", url="https://x.test/notice?id=1", day=DAY),
        entry("Notice", url="https://x.test/notice?id=2", day=NEXT),
    ),
    (
        "a section's address that all items share",
        entry("Bridge closed", url="https://x.test/news", day=DAY),
        entry("Ferry timetable", url="https://x.test/news", day=NEXT),
    ),
]


@pytest.mark.parametrize(("why", "old", "new"), NEW, ids=[row[0] for row in NEW])
def test_a_new_item_is_new(why: str, old: Entry, new: Entry) -> None:
    """However much it looks like one that is known."""
    found = changes([new, old], items(old))

    assert why
    assert found.new == (new,)
    assert found.missing == ()


WEEKS = [
    entry(
        "Weekly report",
        day=DAY + timedelta(days=7 * week),
        url="https://x.test/reports",
        summary=f"Week {week} in brief.",
    )
    for week in range(4)
]
SERIES = [
    ("numbers in titles, no link", [entry("News (6)"), entry("News (5)")], [entry("News (5)")]),
    (
        "one title and day, texts of their own",
        [entry("Notice", day=DAY, summary=OTHER), entry("Notice", day=DAY, summary=LONG)],
        [entry("Notice", day=DAY, summary=LONG)],
    ),
    (
        "one title, undated, texts of their own",
        [entry("Notice", summary=OTHER), entry("Notice", summary=LONG)],
        [entry("Notice", summary=LONG)],
    ),
    (
        "one title, of which the dates are gone",
        [entry("Notice", summary=OTHER), entry("Notice", summary=LONG)],
        [entry("Notice", day=DAY, summary=LONG)],
    ),
    ("one link for all of a series", WEEKS[2::-1], WEEKS[1::-1]),
    ("one link for a list that rolls", WEEKS[:0:-1], WEEKS[2::-1]),
]


@pytest.mark.parametrize(("why", "page", "old"), SERIES, ids=[row[0] for row in SERIES])
def test_the_new_one_of_many_alike_is_new(why: str, page: list[Entry], old: list[Entry]) -> None:
    """And none of the old ones is taken for it."""
    found = changes(page, items(*old))

    assert why
    assert found.new == (page[0],)
    assert found.revised == ()


GONE = [
    (
        "a title of long ago, with another link and text",
        entry("Weather warning", url="https://x.test/w/1", summary=LONG),
        entry("Weather warning", url="https://x.test/w/2", summary=OTHER),
    ),
    (
        "next year's report",
        entry("Annual report (2025)", url="https://x.test/ar/2025"),
        entry("Annual report (2026)", url="https://x.test/ar/2026"),
    ),
    (
        "a link that is used again",
        entry("Apply for a mooring", url="https://x.test/forms", summary=LONG),
        entry("Volunteers wanted", url="https://x.test/forms", summary=OTHER),
    ),
    (
        "the next of a numbered series, on the same day",
        entry("Version 1.12.2 is out", url="https://x.test/1.12.2", day=DAY, summary=LONG),
        entry("Version 1.12.3 is out", url="https://x.test/1.12.3", day=DAY, summary=LONG),
    ),
    (
        "last year's call for papers",
        entry("Call for talks 2025", url="https://x.test/a", day=DAY, summary=LONG),
        entry("Call for talks 2026", url="https://x.test/b", day=NEXT, summary=LONG),
    ),
    (
        "the same number at another source",
        replace(entry("a bridge", summary=LONG), source_id="17"),
        replace(entry("one ferry", summary=OTHER), source_id="17"),
    ),
]


@pytest.mark.parametrize(("why", "old", "new"), GONE, ids=[row[0] for row in GONE])
def test_an_item_of_long_ago_captures_no_new_one(why: str, old: Entry, new: Entry) -> None:
    """What has left the page is known again by more than one key that may be used again."""
    found = changes([new], items(old, on_page=False, sighted=False))

    assert why
    assert found.new == (new,)


BACK = [
    entry("Bridge closed for repairs"),
    entry("Bridge closed for repairs", day=DAY),
    entry("Bridge closed for repairs", url="https://x.test/1"),
    entry("Bridge closed for repairs", url="https://x.test/1", day=DAY, summary=LONG),
]


@pytest.mark.parametrize("old", BACK)
def test_an_item_of_long_ago_that_comes_back_is_known(old: Entry) -> None:
    """As it was, however little there is to know it by."""
    found = changes([old], items(old, on_page=False))

    assert (found.new, found.revised) == ((), ())


DRAFTS = [
    (
        "withdrawn as a draft, and published",
        entry("Ferry 1.10.0 (draft)", day=DAY, url="https://x.test/release/ferry-1.10.0"),
        entry("The ferry 1.10.0", day=NEXT, url="https://x.test/release/ferry-1.10.0"),
    ),
    (
        "back in another language, of which the dates are gone",
        entry("Bridge closed", day=DAY, url="https://x.test/news/17", summary=LONG),
        entry("Puente cerrado", url="https://x.test/news/17", summary=OTHER),
    ),
]


@pytest.mark.parametrize(("why", "old", "new"), DRAFTS, ids=[row[0] for row in DRAFTS])
def test_an_address_made_for_one_item_stays_its_own(why: str, old: Entry, new: Entry) -> None:
    """Also where the item had left the page, and comes back in other words."""
    found = changes([new], items(old, on_page=False))

    assert why
    assert found.new == ()


@pytest.mark.parametrize(
    ("url", "alone"),
    [
        ("https://x.test/?p=17", True),
        ("https://x.test/2026/11/bridge", True),
        ("https://x.test/bridge-closed-until-friday.html", True),
        ("https://x.test/this-weeks-menu.html", False),
        ("https://x.test/posts/%E6%A9%8B/", False),
        ("https://x17.test/news", False),
        ("https://x.test", False),
    ],
)
def test_addresses_of_one_item(url: str, alone: bool) -> None:  # noqa: FBT001
    """A number, a day or a whole title make an address one item's; a place is for many."""
    assert is_of_one_item(url) is alone


def test_what_a_source_said_before_is_the_item_whatever_others_say() -> None:
    """Another source rewrote it in all its parts; here it stands as ever."""
    here = entry("Bridge closed", day=DAY, summary=LONG)
    there = entry("Puente cerrado", day=NEXT, url="https://x.test/17", summary=OTHER)
    (item,) = items(there)
    known = replace(item, stated=fingerprint(content_of(here)))

    assert [match.evidence for match in identify([here], [known]).matches] == [Evidence.UNCHANGED]


def test_a_source_is_held_to_its_own_words() -> None:
    """Where another wrote the item's content, a correction here is compared with what stood here.

    What this source does not show is as the content has it.
    """
    there = entry("Puente cerrado", day=DAY, summary=OTHER)
    here = entry("Bridge closed", url="https://x.test/17")
    (item,) = items(there)
    known = replace(item, said=content_of(here), stated=fingerprint(content_of(here)))
    corrected = entry("Bridge shut", day=NEXT, url="https://x.test/17")

    (match,) = identify([corrected], [known]).matches

    assert (match.item, match.evidence) == (known, Evidence.URL)


def test_texts_speak_before_titles_that_several_have() -> None:
    """One is corrected in its title while another comes that has its old title."""
    url = "https://x.test/news"
    old = entry("Notice of works", day=DAY, url=url, summary=LONG)
    corrected = entry("Notice for works", day=DAY, url=url, summary=LONG)
    new = entry("Notice of works", day=DAY, url=url, summary=OTHER)

    found = changes([new, corrected], items(old))

    assert found.new == (new,)


def test_a_shared_address_is_shared_though_its_others_are_matched() -> None:
    """A new item at the address of all is not the one that left."""
    url = "https://x.test/news"
    stay = [entry(f"Item {word}", url=url, summary=word * 40) for word in ("alpha", "beta")]
    gone = entry("Bridge closed", url=url, summary=LONG)
    new = entry("Market moves indoors", url=url, summary=OTHER)

    found = changes([new, *stay], items(*stay, gone))

    assert (found.new, [item.content.title for item in found.missing]) == (
        (new,),
        ["Bridge closed"],
    )


def test_twins_are_told_by_their_neighbours() -> None:
    """Where nothing but its place tells an old one from a new one of its title."""
    old = [entry(title, url=f"https://x.test/{title}") for title in ("First", "Notice", "Last")]
    moved = [replace(each, url=f"{each.url}/moved") for each in old]
    new = entry("Notice", url="https://x.test/other")

    found = identify([new, *moved], items(*old))

    assert found.unmatched == (new,)


def test_an_item_keeps_its_own_address_where_all_lead_to_one() -> None:
    """A redesign, or another source, that links all items to one page takes no address away."""
    old = [entry(f"Item {n}", day=DAY, url=f"https://x.test/{n}") for n in range(3)]
    new = [replace(each, url="https://x.test/news") for each in old]

    assert changes(new, items(*old)).revised == ()


KINDS: dict[str, Callable[[int], Entry]] = {
    "all their own": lambda n: entry(f"Item {n}", url=f"https://x.test/{n}", summary=f"{n} {LONG}"),
    "one title": lambda n: entry("Notice", url=f"https://x.test/{n}", summary=f"{n} {LONG}"),
    "nothing but one title": lambda _: entry("Notice"),
    "one address": lambda n: entry(f"Item {n}", url="https://x.test/", summary=f"{n} {LONG}"),
    "one text": lambda n: entry(f"Item {n}", url=f"https://x.test/{n}", summary=LONG),
    "many of each title": lambda n: entry(f"Notice {n // 60}", summary=f"{n} {OTHER}"),
}


def work(kind: Callable[[int], Entry], count: int) -> int:
    """Count the calls that a matching takes when every item was changed a little."""
    old = [kind(number) for number in range(count)]
    new = [replace(each, url=each.url and f"{each.url}/a", author="anybody") for each in old]
    new = [replace(each, summary_html=f"{each.summary_html}<p>More.</p>") for each in new]
    known = items(*old)
    profile = cProfile.Profile()
    profile.runcall(identify, new, known)
    return sum(int(entry.callcount) for entry in profile.getstats())


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_follows_the_length_of_the_page(kind: str) -> None:
    """Four times the items take about four times the work, whatever they have in common."""
    few, many = work(KINDS[kind], 200), work(KINDS[kind], 800)

    assert many < 6 * few


def test_twins_pair_in_page_order() -> None:
    """Two items alike in everything but their place stay two, each with its id."""
    known = items(entry("Notice", day=DAY), entry("Notice", day=DAY))

    matching = identify([entry("Notice", day=DAY)] * 3, known)

    assert [match.item.id for match in matching.matches] == [item.id for item in known]
    assert matching.unmatched_places == (2,)


def test_an_item_between_its_neighbours_is_known_by_its_place() -> None:
    """Rewritten in title and text, but not quite foreign, and nothing else moved."""
    old = [
        entry("Ferry timetable", day=DAY),
        entry("Road works begin soon", summary="Two lanes close."),
        entry("New harbour master", day=DAY),
    ]
    new = [old[0], entry("Works on the road begin", summary="One lane stays open."), old[2]]

    matching = identify(new, items(*old))

    assert matching.matches[1].evidence == Evidence.POSITION


def test_swapped_items_are_no_change() -> None:
    """The order on a page is not content."""
    old = [entry(title, day=DAY, summary=title * 9) for title in ("alpha", "beta", "gamma")]

    found = changes([old[1], old[0], old[2]], items(*old))

    assert (found.new, found.revised, found.missing) == ((), (), ())
    assert len(found.unchanged) == 3


def test_a_correction_is_a_revision() -> None:
    """The corrected text replaces the old one under the same id."""
    old = entry("Bridge closed", day=DAY, summary=LONG)
    known = items(old)

    found = changes([replace(old, summary_html="<p>Open again.</p>")], known)

    assert [(r.item.id, r.content.summary_html) for r in found.revised] == [
        (known[0].id, "<p>Open again.</p>")
    ]


def test_what_another_source_says_of_an_item_is_no_correction() -> None:
    """Two that word it differently would correct each other for ever."""
    old = entry("Bridge closed", day=DAY, summary=LONG)
    known = items(old, on_page=False, sighted=False)

    found = changes([replace(old, summary_html="<p>Closed until Friday.</p>")], known)

    assert (found.new, found.revised) == ((), ())


def test_what_a_source_says_again_is_no_correction() -> None:
    """Only where it says something else than at its last reading did it correct itself."""
    entry_here = entry("Bridge closed", day=DAY, summary="Closed until Friday.")
    (item,) = items(entry("Bridge closed", day=DAY, summary=LONG))
    known = replace(item, stated=fingerprint(content_of(entry_here)))

    assert changes([entry_here], [known]).revised == ()
    assert changes([replace(entry_here, summary_html="<p>Open.</p>")], [known]).revised


def test_news_that_a_second_source_took_for_its_baseline_is_news() -> None:
    """It came after this source was last read: those who follow it are owed it."""
    found = entry("Bridge closed", day=DAY)
    (item,) = items(found, on_page=False, sighted=False)
    baseline = replace(item, baseline=True)

    late = diff(identify([found], [baseline]), first=False, last=NOON - timedelta(hours=1))
    early = diff(identify([found], [baseline]), first=False, last=NOON + timedelta(hours=1))

    assert (late.promoted, early.promoted) == ((baseline,), ())


def test_a_source_read_anew_has_news_since_its_last_reading() -> None:
    """What is dated later than that is no baseline."""
    now = datetime.combine(NEXT, time(8), tzinfo=UTC)
    found = diff(identify([], []), first=True, last=datetime(2026, 11, 3, tzinfo=UTC), now=now)

    assert is_baseline(entry("old", day=DAY), found)
    assert is_baseline(entry("undated"), found)
    assert not is_baseline(entry("new", day=NEXT), found)
    assert not is_baseline(entry("in a zone ahead", day=NEXT + timedelta(days=1)), found)
    assert is_baseline(entry("an event to come", day=NEXT + timedelta(days=2)), found)


def test_a_redesign_takes_nothing_from_an_item() -> None:
    """A page that drops dates, links and the rest of the text revises nothing."""
    old = entry("Bridge closed", day=DAY, url="https://x.test/1", summary=LONG)

    found = changes([entry("Bridge closed", summary=LONG[:60])], items(old))

    assert found.revised == ()
    assert len(found.unchanged) == 1


texts = st.text("abcde fgh", max_size=40)
days = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 5))
urls = st.sampled_from(["", *(f"https://x.test/{n}" for n in range(5))])
entries = st.builds(
    entry, st.text("abcdef", min_size=1, max_size=20), day=days, url=urls, summary=texts
)
pages = st.lists(entries, max_size=12)


@given(pages)
def test_the_same_page_again_changes_nothing(page: list[Entry]) -> None:
    """diff(known, known) is empty, whatever the page holds, twins included."""
    found = changes(page, items(*page))

    assert (found.new, found.revised, found.missing) == ((), (), ())


@given(st.lists(entries, max_size=12, unique_by=lambda e: title_key(e.title)), st.randoms())
def test_order_decides_nothing(page: list[Entry], chance: object) -> None:
    """A page in another order changes nothing, where no two items are twins."""
    page = [replace(found, url="", when=When(DAY)) for found in page]
    shuffled = page.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    found = changes(shuffled, items(*page))

    assert (found.new, found.missing) == ((), ())


@given(pages, pages)
def test_every_entry_and_item_is_matched_at_most_once(old: list[Entry], new: list[Entry]) -> None:
    """Nothing is told twice and nothing is lost between the two sides."""
    known = items(*old)

    matching = identify(new, known)

    matched = [match.item.id for match in matching.matches]
    assert len(set(matched)) == len(matched)
    places = [match.place for match in matching.matches]
    assert sorted([*places, *matching.unmatched_places]) == list(range(len(new)))
    assert {item.id for item in matching.missing} == {item.id for item in known} - set(matched)


@given(st.sampled_from(["utm_source=x", "fbclid=1", "gclid=abc", "sid=9", "utm_medium=a%20b"]))
def test_ids_survive_added_query_parameters(parameter: str) -> None:
    """What is added to count readers says nothing about the item."""
    assert url_key(f"https://x.test/a?id=1&{parameter}") == url_key("https://x.test/a?id=1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://x.test/a", "http://www.x.test/a/index.html", True),
        ("https://x.test/a?b=1&c=2", "https://x.test/a?c=2&b=1", True),
        ("https://x.test/%7Ea", "https://x.test/~a", True),
        ("https://x.test/a#top", "https://x.test/a", True),
        ("https://x.test/a#item-3", "https://x.test/a", False),
        ("https://x.test/a?id=1", "https://x.test/a?id=2", False),
        ("https://x.test:8080/a", "https://x.test/a", False),
        ("https://x.test/A", "https://x.test/a", False),
    ],
)
def test_url_key(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """An address stands for a page, however it is written."""
    assert (url_key(one) == url_key(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ｆｕｌｌ width", "full width", True),
        ("Report — 5 comments", "Report — 17 comments", True),
        ("Posted 2 hours ago", "Posted 3 days ago", True),
        ("Chapter 5", "Chapter 6", False),
        ("!!!", "???", False),
    ],
)
def test_title_key(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Volatile text is no evidence; a number that belongs to the title is."""
    assert (title_key(one) == title_key(other)) is same


@given(texts, texts)
def test_similarity_is_symmetric_and_bounded(one: str, other: str) -> None:
    """From 0 to 1, the same from both sides, and 1 for what is equal."""
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, one) == (1.0 if one else 0.0)
    assert text_key("") == ""


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (None, NOON - timedelta(seconds=2)),
        (When(DAY), datetime(2026, 11, 3, 12, 0, 7, tzinfo=UTC)),
        (When(date(2027, 5, 1)), NOON - timedelta(seconds=2)),
        (
            When(DAY, datetime(2026, 11, 3, 9, 30, tzinfo=UTC)),
            datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
        ),
        (When(date.max), NOON - timedelta(seconds=2)),
        (When(date(1999, 1, 1)), datetime(1999, 1, 1, 12, 0, 7, tzinfo=UTC)),
    ],
)
def test_publication_time(when: When | None, expected: datetime) -> None:
    """The day as the page states it, never later than now, apart from its neighbours."""
    found = publication_time(when, number=7, rank=2, now=NOON, zone=ZoneInfo("UTC"))

    assert found == expected
