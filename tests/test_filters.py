from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.filter_index import FilterIndex
from feeds.filters import ItemFilter
from feeds.model import Content

FERRY = Content(
    title="Ferry timetable for Årø",
    summary_html="<p>The <b>night</b>\nboat sails again, with the café open.</p>",
    categories=("Transport", "Sea"),
    language="en-GB",
)


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [
        (ItemFilter(), True),
        (ItemFilter(words=("ferry",)), True),
        (ItemFilter(words=("FERRY", "train")), True),
        (ItemFilter(words=("train",)), False),
        (ItemFilter(words=("time",)), False),
        (ItemFilter(words=("night boat",)), True),
        (ItemFilter(words=("årø",)), True),
        (ItemFilter(words=("cafe\u0301",)), True),
        (ItemFilter(words=(" ",)), False),
        (ItemFilter(words=("c++",)), False),
        (ItemFilter(without=("café",)), False),
        (ItemFilter(without=("train",)), True),
        (ItemFilter(words=("ferry",), without=("night",)), False),
        (ItemFilter(categories=("sea", "land")), True),
        (ItemFilter(categories=("land",)), False),
        (ItemFilter(sources=("main",)), True),
        (ItemFilter(sources=("other",)), False),
        (ItemFilter(languages=("en",)), True),
        (ItemFilter(languages=("en-GB",)), True),
        (ItemFilter(languages=("en-US", "e")), False),
        (ItemFilter(words=("ferry",), categories=("land",)), False),
    ],
)
def test_an_item_is_wanted_where_every_part_accepts_it(
    wanted: ItemFilter,
    accepted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Each part by any of its values; words as whole words, whatever their case and marks."""
    index = FilterIndex([wanted])

    assert wanted.accepts(FERRY, sources=("main",)) is accepted
    assert bool(list(index.accepting(FERRY, sources=("main",)))) is accepted


def test_scripts_without_blanks_have_words_too() -> None:
    """A word stands anywhere in a run of letters."""
    content = Content(title="岸壁工事のお知らせ")

    assert ItemFilter(words=("工事",)).accepts(content)
    assert not ItemFilter(words=("休業",)).accepts(content)


def test_an_item_that_states_no_language_has_the_bulletins() -> None:
    """Most sources say nothing of the language of an item."""
    content = Content(title="Aviso")

    assert ItemFilter(languages=("pt",)).accepts(content, language="pt-BR")
    assert not ItemFilter(languages=("pt",)).accepts(content, language="en")


def test_a_filter_without_parts_is_empty() -> None:
    """Then nothing needs to be asked of any item."""
    assert ItemFilter().is_empty
    assert not ItemFilter(without=("x",)).is_empty


# Ends of words, letters that are none, scripts without blanks, forms that are folded.
_TEXTS = st.text("aB_ +-é工事²İ\u0301\n", max_size=12)
_SOME = st.lists(_TEXTS, max_size=2).map(tuple)
_FILTERS = st.builds(
    ItemFilter,
    words=_SOME,
    without=_SOME,
    categories=_SOME,
    sources=st.sampled_from([(), ("main",), ("other", "main")]),
    languages=st.sampled_from([(), ("en",), ("fr", "pt")]),
)


@given(
    st.lists(_FILTERS, max_size=6, unique=True),
    st.builds(Content, title=_TEXTS, summary_html=_TEXTS, categories=_SOME),
    st.sampled_from(["", "en-GB"]),
)
def test_many_filters_at_once_say_what_each_says(
    filters: list[ItemFilter], content: Content, language: str
) -> None:
    """An index only finds sooner who accepts an item."""
    index = FilterIndex(filters)

    accepting = list(index.accepting(content, sources=("main",), language=language))

    assert sorted(map(repr, accepting)) == sorted(
        repr(one) for one in filters if one.accepts(content, sources=("main",), language=language)
    )
