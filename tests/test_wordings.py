"""The wordings of an item, one after another, and whose each of them is."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some
from worlds import NOON, entry

from feeds.diff import content_of, fingerprint
from feeds.model import Content, Former, Item
from feeds.wordings import (
    Wording,
    formers,
    merged_wordings,
    taken_apart,
    without_address,
    wordings,
)

MINE = ("Ferry late", "Ferry very late", "Ferry late, fog over the quay")
THEIRS = ("Night buses until four", "Night buses until five", "Night bus to the harbour")
TITLES = some.lists(some.sampled_from(MINE + THEIRS), min_size=1, max_size=8)


def content(title: str) -> Content:
    """Return a content of a title."""
    return content_of(entry(title, url=f"https://x.test/{title in THEIRS:d}"))


def item(title: str, revision: int = 0, id_: str = "tag:a") -> Item:
    """Return an item as it stands."""
    return Item(
        id=id_,
        token=id_.removeprefix("tag:"),
        bulletin="harbour",
        number=1,
        changed=1,
        content=content(title),
        published=NOON,
        updated=NOON,
        first_seen=NOON,
        revision=revision,
    )


def former(title: str, revision: int, merged_from: str = "") -> Former:
    """Return a content that an item had, replaced an hour later for each revision."""
    return Former(
        content=content(title),
        revision=revision,
        replaced=NOON + timedelta(hours=revision),
        evidence="url",
        strength=revision / 10,
        merged_from=merged_from,
    )


@given(TITLES)
def test_wordings_are_formers_and_what_stands(titles: list[str]) -> None:
    """Nothing is lost between the two, and the first wording was there from the beginning."""
    before = [former(title, number) for number, title in enumerate(titles[:-1])]

    found = wordings(before, item(titles[-1], len(before)))

    assert formers(found) == tuple(before)
    assert [wording.content for wording in found] == [content(title) for title in titles]
    assert [wording.revision for wording in found] == list(range(len(titles)))
    assert found[0].since is None
    assert [w.evidence for w in found[1:]] == ["url"] * len(before)


@given(TITLES, TITLES)
def test_what_came_after_a_merge_goes_to_one_of_both(theirs: list[str], later: list[str]) -> None:
    """Each to the one that it reads like; what each had when they were merged it has again."""
    merged = [former(title, number, "tag:b") for number, title in enumerate(theirs)]
    own = [MINE[0], *later]
    start = len(merged)
    mine = [former(title, start + number) for number, title in enumerate(own[:-1])]
    stored = [*merged, *mine]
    survivor = item(own[-1], start + len(mine))

    newer = item(theirs[-1], id_="tag:b")
    first, second = taken_apart(wordings(stored, survivor), merged_wordings(stored, newer))

    assert first[0].content == content(MINE[0])
    assert [w.content for w in second[: len(theirs)]] == [content(title) for title in theirs]
    found = [*first[1:], *second[len(theirs) :]]
    assert {w.revision for w in found} <= set(range(start + 1, start + len(own)))
    assert len({w.revision for w in found}) == len(found)
    seen = {fingerprint(w.content) for w in (*first, *second)}
    assert {fingerprint(content(title)) for title in later} <= seen


def test_a_lent_address_is_given_back() -> None:
    """And an address of its own is kept."""
    lent = Wording(content=content(MINE[0]), revision=0)
    own = Wording(content=content(THEIRS[0]), revision=1)

    given_back, kept = without_address((lent, own), "http://www.x.test/0/")

    assert given_back.content.url == ""
    assert kept == own
