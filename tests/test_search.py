"""Searching items: words as they are folded, questions as they are read, and what is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from worlds import NOON, Feeds, bulletin, checked, entry, item_of, stored

from feeds.database import SqliteDatabase, TooSlowError, open_database
from feeds.item_admin_store import ItemAdminStore
from feeds.item_split_store import ItemSplitStore
from feeds.migrations import migrate
from feeds.schema import FEEDS
from feeds.search_index_store import BATCH, has_index, index_items, prepare_search, search_id
from feeds.search_marks import excerpt, marked
from feeds.search_query import MOST_TERMS, Query, Term, parse_query
from feeds.search_store import MOST_FOUND, SearchStore
from feeds.search_words import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.database import Database

DAY = date(2026, 11, 20)


# --- words and questions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ferry TIMETABLE, winter", "ferry timetable winter"),
        ("Été à l’Église naïve", "ete a l eglise naive"),
        ("Größe Straße ŁÓDŹ Ærø", "grosse strasse lodz aero"),
        ("Ёлка й", "елка и"),
        ("Ελληνικά", "ελληνικα"),
        ("إِغْلَاق الجسر المتحـــرك", "اغلاق الجسر المتحرك"),
        ("שָׁלוֹם עולם", "שלום עולם"),
        ("東京駅、第3回", "東 京 駅 第 3 回"),
        ("हिन्दी में", "हिन्दी में"),
        ("서울에서", "서울에서"),
        ("ﬁne ２０２６ İstanbul", "fine 2026 istanbul"),
        ("No. 1.5 x86-64_b", "no 1 5 x86 64 b"),
        ("  ,;- ", ""),
        ("a" * 100, "a" * 64),
    ],
)
def test_how_words_are_written_does_not_matter(text: str, words: str) -> None:
    """Case, width, accents, points; and where a script sets no blanks each character is a word."""
    assert " ".join(folded(text, most=99)) == words


@given(some.text(max_size=60))
def test_folding_is_done_once(text: str) -> None:
    """What is folded is its own folding, and holds nothing that a database takes for a sign."""
    words = folded(text, most=99)

    assert folded(" ".join(words), most=999) == words
    assert not set("".join(words)) & set(" '\"%_!:*()&|<>\\¦")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("ferry", Query((Term(("ferry",), is_beginning=True),))),
        ("go", Query((Term(("go",)),))),
        ('"night ferry"', Query((Term(("night", "ferry")),))),
        ("«pont mobile» „x“", Query((Term(("pont", "mobile")), Term(("x",))))),
        ("l'eau", Query((Term(("l", "eau"), is_beginning=True),))),
        ("東京", Query((Term(("東", "京")),))),
        (
            'port -ferry -"night boat"',
            Query(
                (Term(("port",), is_beginning=True),),
                (Term(("ferry",), is_beginning=True), Term(("night", "boat"))),
            ),
        ),
        ("well-known", Query((Term(("well", "known"), is_beginning=True),))),
        ('"not ended', Query((Term(("not", "ended")),))),
        ("port port PORT", Query((Term(("port",), is_beginning=True),))),
        ("-ferry", Query((), (Term(("ferry",), is_beginning=True),))),
        ('- "" --', Query()),
    ],
)
def test_a_question_is_read_as_people_type_it(text: str, query: Query) -> None:
    """Words are beginnings of words, phrases stand as they are, a hyphen says: not this."""
    assert parse_query(text) == query


@given(some.text(alphabet=some.characters() | some.sampled_from("\"'-*():«» "), max_size=300))
def test_a_question_is_bounded(text: str) -> None:
    """Whatever somebody types."""
    query = parse_query(text)

    assert len(query.wanted) + len(query.without) <= MOST_TERMS


@given(some.text(max_size=400), some.text(max_size=12))
def test_marks_change_no_text(text: str, query: str) -> None:
    """The pieces are the text."""
    assert "".join(piece.text for piece in marked(text, parse_query(query))) == text


def test_an_excerpt_shows_what_was_found() -> None:
    """With some words before it, cut where a reader would cut, and phrases as a whole."""
    text = "word " * 100 + "The night ferry to the Ferries’ pier, a night, a Fêrry " + "word " * 100

    pieces = excerpt(text, parse_query('ferr "night ferry"'))

    assert [piece.text for piece in pieces if piece.is_found] == ["night ferry", "Ferries", "Fêrry"]
    whole = "".join(piece.text for piece in pieces)
    assert whole.startswith("… word")
    assert whole.endswith("word…")
    assert len(whole) < 260


# --- the store -----------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "without fts5", "postgres"])
def feeds(request: pytest.FixtureRequest) -> Iterator[Feeds]:
    """A store of each kind with a bulletin, and a second one; SQLite also without its index."""
    kind = "sqlite" if request.param != "postgres" else "postgres"
    url = "" if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_database(url, request.getfixturevalue("tmp_path")) as database:
        migrate(database, (FEEDS,), now=NOON)
        prepare_search(database, by_index=request.param != "without fts5")
        feeds = Feeds(database)
        feeds.sources.register((bulletin(), bulletin("old-port")), now=feeds.clock())
        yield feeds


def find(feeds: Feeds, text: str, *slugs: str, start: int = 0, limit: int = 20) -> list[str]:
    """Return the titles of what is found."""
    store = SearchStore(feeds.database)
    found = store.find(
        parse_query(text), slugs or ("harbour", "old-port"), start=start, limit=limit
    )
    return [item.content.title for item in found.items]


ENTRIES = (
    entry("Night ferry to the islands", day=DAY, summary="Every Friday from the north pier."),
    entry("Bridge closed", day=DAY - timedelta(1), summary="Take the ferry; the night bus waits."),
    entry("Größe der Fähre", day=DAY - timedelta(2), summary="Ça dépend de l’été à Łódź."),
    entry("東京駅のお知らせ", day=DAY - timedelta(3), summary="京都東へ"),
    entry("إغلاق الجسر المتحرك", day=DAY - timedelta(4), summary="حتى يوم الجمعة"),
    entry("Ferries in winter", day=DAY - timedelta(5), summary="100% of them, no_more 'quotes'"),
)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("ferry", ["Night ferry to the islands", "Bridge closed"]),
        ("FERR", ["Night ferry to the islands", "Ferries in winter", "Bridge closed"]),
        ("bridg ferry", ["Bridge closed"]),
        ('"night ferry"', ["Night ferry to the islands"]),
        ('"night bus"', ["Bridge closed"]),
        ('"closed take"', []),
        ("night -bus", ["Night ferry to the islands"]),
        ('ferr -"night ferry" -winter', ["Bridge closed"]),
        ("grosse fahre", ["Größe der Fähre"]),
        ("GRÖSSE lodz ete", ["Größe der Fähre"]),
        ("東京", ["東京駅のお知らせ"]),
        ("京東", []),
        ("اغلاق الجسر", ["إغلاق الجسر المتحرك"]),
        ("100% no_more", ["Ferries in winter"]),
        ("n", []),
        ("-ferry", []),
        ("", []),
        ("OR NOT NEAR", []),
    ],
)
def test_items_are_found_by_their_words(feeds: Feeds, text: str, titles: list[str]) -> None:
    """In several languages, the same on each database; in the title before in the text."""
    feeds.store(*ENTRIES)

    assert find(feeds, text) == titles


SIGNS = some.text(
    alphabet=some.sampled_from("ab\"'-*():{}^+~&|!<>%_\\;,.¦:AND OR NOT\0\u2028"), max_size=40
)


def test_no_sign_of_a_database_breaks_a_question(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is typed is words or nothing."""
    with SqliteDatabase(tmp_path_factory.mktemp("signs") / "t.db") as database:
        migrate(database, (FEEDS,), now=NOON)
        prepare_search(database)
        feeds = Feeds(database)
        feeds.sources.register((bulletin(),), now=feeds.clock())
        feeds.store(entry("a b"), entry("ab AND"))

        @given(SIGNS)
        def ask(text: str) -> None:
            find(feeds, text, "harbour")
            find(feeds, text, "harbour", "x'\"-y")

        ask()


def test_those_that_fit_alike_come_by_date_page_by_page(feeds: Feeds) -> None:
    """The latest first; a page goes on where the one before ended; and all are counted."""
    days = [DAY - timedelta(days=(n * 7) % 30) for n in range(30)]
    feeds.store(
        *(entry(f"Ferry {n}", day=day, url=f"https://x.test/{n}") for n, day in enumerate(days))
    )

    pages = [find(feeds, "ferry", start=start, limit=12) for start in (0, 12, 24, 36)]

    titles = [title for page in pages for title in page]
    assert [len(page) for page in pages] == [12, 12, 6, 0]
    assert [days[int(title[6:])] for title in titles] == sorted(days, reverse=True)
    assert SearchStore(feeds.database).find(parse_query("ferry"), ("harbour",)).count == 30


def test_a_search_stays_within_its_bulletins(feeds: Feeds) -> None:
    """Also where another's name has the same words, and in those that are no longer configured."""
    feeds.store(entry("Ferry old port"))
    feeds.store(entry("Ferry of the old port"), slug="old-port")

    assert find(feeds, "ferry", "old-port") == ["Ferry of the old port"]
    assert find(feeds, "ferry", "harbour") == ["Ferry old port"]
    assert len(find(feeds, "ferry", "harbour", "old-port")) == 2
    assert find(feeds, "ferry", "old", "port") == []


def test_what_is_found_follows_the_items(feeds: Feeds) -> None:
    """Corrections, withdrawals, merges, splits and what is forgotten, at once."""
    admin, split = ItemAdminStore(feeds.database), ItemSplitStore(feeds.database, authority="x.org")
    first, second, third = stored(
        feeds,
        entry("Anchor lost", url="https://x.test/anchor-1"),
        entry("Buoy found", url="https://x.test/buoy-2"),
        entry("Crane sold", url="https://x.test/crane-3"),
    )
    checked(
        feeds,
        entry("Anchor found again", url="https://x.test/anchor-1"),
        entry("Buoy found", url="https://x.test/buoy-2"),
        entry("Crane sold", url="https://x.test/crane-3"),
    )
    assert (find(feeds, "lost"), find(feeds, "anchor again")) == ([], ["Anchor found again"])

    admin.withdraw(second, now=feeds.clock())
    (found,) = SearchStore(feeds.database).find(parse_query("buoy"), ("harbour",)).items
    assert found.withdrawn

    older, newer = sorted((second, third), key=lambda item: (item.first_seen, item.number))
    admin.merge(newer, older, now=feeds.clock())
    assert find(feeds, newer.content.title) == []
    assert find(feeds, older.content.title) == [older.content.title]
    split.unmerge(newer, now=feeds.clock())
    assert find(feeds, newer.content.title) == [newer.content.title]

    split.split(first, at=1, announce=False, zone=ZoneInfo("UTC"), now=feeds.clock())
    assert find(feeds, "anchor lost") == ["Anchor lost"]
    assert find(feeds, "anchor again") == ["Anchor found again"]

    admin.forget(second, now=feeds.clock())
    assert find(feeds, "buoy") == []


def test_a_renamed_bulletin_is_searched_under_its_name(feeds: Feeds) -> None:
    """And not under the former one."""
    feeds.store(entry("Ferry"))
    renamed = replace(bulletin("port"), formerly=("harbour",))

    feeds.sources.register((renamed, bulletin("old-port")), now=feeds.clock())
    prepare_search(feeds.database, by_index=_has_index(feeds.database))

    assert find(feeds, "ferry", "port") == ["Ferry"]
    assert find(feeds, "ferry", "harbour") == []


def _has_index(database: Database) -> bool:
    with database.reading() as transaction:
        return transaction.dialect == "postgresql" or has_index(transaction)


def test_what_an_older_release_has_stored_is_filled_in(feeds: Feeds) -> None:
    """In steps, forgotten items left out; and whoever comes after finds nothing to do."""
    many = BATCH + 7
    feeds.store(*(entry(f"Ferry {n}", url=f"https://x.test/{n}") for n in range(many)))
    feeds.store(entry("Ferry of old"), slug="old-port")
    (forgotten, *_) = feeds.items.latest("harbour", 1)
    ItemAdminStore(feeds.database).forget(forgotten, now=feeds.clock())
    with feeds.database.transaction() as transaction:
        transaction.run("DELETE FROM searched")
        transaction.run(
            "UPDATE search_filled SET recipe = 0, is_done = 0, bulletin = '', number = 0"
        )

    for _ in range(2):
        prepare_search(feeds.database, by_index=_has_index(feeds.database))

        found = SearchStore(feeds.database).find(parse_query("ferry"), ("harbour", "old-port"))
        assert found.count == many


def test_only_the_newest_of_very_many_are_weighed(feeds: Feeds) -> None:
    """So that a word of all items costs no more than one of some."""
    feeds.store(*(entry(f"Ferry {n}", url=f"https://x.test/{n}") for n in range(MOST_FOUND + 5)))

    found = SearchStore(feeds.database).find(parse_query("ferry"), ("harbour",))

    assert found.count == MOST_FOUND
    assert found.items[0].content.title == "Ferry 0"


def test_sqlite_may_lose_its_module_and_get_it_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A store that is opened by a Python without FTS5 goes on, and is whole when it comes back."""
    with SqliteDatabase(tmp_path_factory.mktemp("moved") / "t.db") as database:
        migrate(database, (FEEDS,), now=NOON)
        feeds = Feeds(database)
        feeds.sources.register((bulletin(),), now=feeds.clock())
        for nth, by_index in enumerate((True, False, True)):
            prepare_search(database, by_index=by_index)
            feeds.store(entry(f"Ferry {nth}", url=f"https://x.test/{nth}"))

            assert len(find(feeds, "ferry", "harbour")) == nth + 1
        (item, *_) = feeds.items.latest("harbour", 1)
        ItemAdminStore(database).forget(item, now=feeds.clock())
        assert len(find(feeds, "ferry", "harbour")) == 2


def test_a_question_that_takes_too_long_is_ended(database: Database) -> None:
    """On either database, which works on as before."""
    endless = (
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
        "WHERE n < 100000000) SELECT count(*) AS n FROM numbers"
    )
    with pytest.raises(TooSlowError), database.reading_within(0.05) as transaction:
        transaction.all(endless)

    with database.reading_within(10) as transaction:
        assert transaction.one("SELECT 1 AS one") is not None


def test_an_item_of_any_time_has_an_id_in_its_order() -> None:
    """From the first year to the last, within what a database holds."""
    item = item_of(entry("A"), 1)
    years = [replace(item, published=item.published.replace(year=y)) for y in (1, 1969, 2026, 9999)]

    ids = [search_id(one) for one in years]

    assert ids == sorted(ids)
    assert all(-(2**63) <= id_ < 2**63 for id_ in ids)


def test_nothing_is_indexed_of_what_is_not_there(database: Database) -> None:
    """An id that nobody has."""
    with database.transaction() as transaction:
        index_items(transaction, ["nobody"])
