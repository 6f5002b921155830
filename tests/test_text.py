"""Clean text: what XML and JSON carry, what a reader sees, where a text is cut."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from lxml import etree

from feeds.text import clean_block, clean_text, is_visible, language_tag, legal_text, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
GERMANY, FRANCE = "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"
THUMB = "\U0001f44d\U0001f3fd"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
KEYCAP = "1\ufe0f\u20e3"
KSHA = "\u0915\u094d\u0937"
HAN = "\u1112\u1161\u11ab"
CHARACTERS = [FAMILY, GERMANY, THUMB, SCOTLAND, KEYCAP, KSHA, HAN, "e\u0301", "\u2764\ufe0f"]

# Surrogates too, which Python takes from a bad page and no document can hold.
any_text = some.text(some.characters(exclude_categories=()))
tricky_text = some.text(
    some.sampled_from(
        "ab \n\t\r\x00\x1b\x85\x93\x81\xa0\xad\u0301\u200b\u200d\u2028\u202e\u2060\u2066\u2800"
        "\u3000\ufe0f\ufeff\ufffe\ud800\U0001f468\U0001f1e9\U0001f3fd\U0001fffe<>&"
    )
)
all_text = any_text | tricky_text
for_each_cleaner = pytest.mark.parametrize("clean", [clean_text, clean_block, legal_text])
property_of_texts = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("null \x00 byte", "null  byte"),
        ("a\x1bb\x7fc", "abc"),
        ("a\tb", "a\tb"),
        ("a\r\nb\rc\x0bd\x0ce\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("\x93quoted\x94 \x96 5 \x80", "\u201cquoted\u201d \u2013 5 \u20ac"),
        ("wait\x85", "wait\u2026"),
        ("no such\x81\x8d\x8f\x90\x9d", "no such"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u2066a\u2067b\u2068c\u2069", "abc"),
        ("\ufeffa\ufeffb", "ab"),
        ("a\ud800b\udfffc", "abc"),
        ("a\ufffeb\uffffc\ufdd0d\U0001fffee\U0010fffff", "abcdef"),
        ("\u200eleft and right\u200f", "\u200eleft and right\u200f"),
        ("  two  blanks  ", "  two  blanks  "),
        ("e\u0301", "e\u0301"),
        (FAMILY, FAMILY),
    ],
)
def test_legal_text_drops_what_documents_cannot_carry(text: str, expected: str) -> None:
    """Controls, noncharacters and turning marks go; blanks, lines and accents are as they were."""
    assert legal_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  Ferry \n\t late  ", "Ferry late"),
        ("Ferry\xa0late\u3000again\u2009!", "Ferry late again !"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("\x92s Hertogenbosch", "\u2019s Hertogenbosch"),
        ("\u200b\u2060\xad Ferry \u200b\xad", "Ferry"),
        ("co\xadop\u200berate", "co\xadop\u200berate"),
        ("\ufeff\u202eFerry", "Ferry"),
        ("\u200b", ""),
        ("\u2800\u3164", ""),
        ("\u200d\ufe0f\u200e", ""),
        (f"{FAMILY} {SCOTLAND}", f"{FAMILY} {SCOTLAND}"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_clean_text_is_one_line(text: str, expected: str) -> None:
    """Composed, with single blanks and clean edges; nothing where nothing is seen."""
    assert clean_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("a  b \n  c\t", "a b\nc"),
        ("a\r\n\r\n\r\n\r\nb", "a\n\nb"),
        ("a\n \n\u200b\n \xa0\nb", "a\n\nb"),
        ("\n\na\n\n", "a"),
        ("\u200b\n\u2800\n", ""),
        ("cafe\u0301\u2028\x96", "caf\u00e9\n\u2013"),
    ],
)
def test_clean_block_keeps_lines(text: str, expected: str) -> None:
    """Each line is clean, and between two stands one blank line at most."""
    assert clean_block(text) == expected


@for_each_cleaner
@property_of_texts
@given(text=all_text)
def test_cleaning_twice_is_cleaning_once(clean: Callable[[str], str], text: str) -> None:
    """What is clean stays as it is, so that nothing stored changes when it is read again."""
    once = clean(text)

    assert clean(once) == once


@for_each_cleaner
@property_of_texts
@given(text=all_text)
def test_clean_is_legal_in_documents(clean: Callable[[str], str], text: str) -> None:
    """An XML parser reads it back to the character, and UTF-8 and JSON can hold it."""
    cleaned = clean(text)

    read = etree.fromstring(f"<a>{html.escape(cleaned)}</a>".encode())
    assert (read.text or "") == cleaned
    assert json.loads(json.dumps(cleaned, ensure_ascii=False).encode()) == cleaned


@property_of_texts
@given(all_text)
def test_one_line_has_no_break_and_no_double_blank(text: str) -> None:
    """Every kind of break and blank is one plain blank."""
    cleaned = clean_text(text)

    assert cleaned == " ".join(cleaned.split())
    assert bool(cleaned) == is_visible(cleaned)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", True),
        (".", True),
        (" a\u200b", True),
        (FAMILY, True),
        ("\u0301", True),
        ("", False),
        (" \t\n\xa0\u3000", False),
        ("\u200b\u200c\u200d\u200e\u200f\u2060", False),
        ("\xad\u034f\u061c", False),
        ("\u115f\u1160\u3164\uffa0", False),
        ("\u2800\ufe0f\U000e0020\U000e0100", False),
    ],
)
def test_visible_is_what_has_a_shape(text: str, *, expected: bool) -> None:
    """Blanks and characters without a shape are nothing to a reader."""
    assert is_visible(text) is expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abc", 3, "abc"),
        ("abc", 2, "a…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("abc", -1, ""),
        ("", 0, ""),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("a longwordwithoutend", 12, "a longwordw…"),
        ("onetwothree", 5, "onet…"),
    ],
)
def test_a_text_is_cut_at_a_word_near_the_limit(text: str, limit: int, expected: str) -> None:
    """A short text stays; a word is broken only where none ends in the second half."""
    assert shorten(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        (f"a{FAMILY}b", 4, "a…"),
        (f"{FAMILY}bc", 6, f"{FAMILY}…"),
        (f"{GERMANY}{FRANCE}x", 4, f"{GERMANY}…"),
        (f"{GERMANY}{FRANCE}x", 2, "…"),
        (f"a{THUMB}b", 3, "a…"),
        (f"a{SCOTLAND}b", 5, "a…"),
        (f"a{KEYCAP}b", 4, "a…"),
        (f"a{KSHA}b", 4, "a…"),
        (f"a{HAN}b", 4, "a…"),
        ("cafe\u0301s", 5, "caf…"),
        ("a\u2764\ufe0fb", 3, "a…"),
    ],
)
def test_what_is_one_character_to_a_reader_is_not_cut(text: str, limit: int, expected: str) -> None:
    """Joined emoji, flags, skin tones, keycaps, accents, syllables stay whole or go."""
    assert shorten(text, limit) == expected


@property_of_texts
@given(all_text, some.integers(min_value=-2, max_value=40))
def test_a_cut_text_fits_and_begins_as_the_whole(text: str, limit: int) -> None:
    """Never longer than the limit, and never anything but a beginning."""
    text = clean_text(text)

    cut = shorten(text, limit)

    assert len(cut) <= max(limit, 0)
    assert cut == text or text.startswith(cut.removesuffix("…"))
    assert shorten(cut, limit) == cut


@property_of_texts
@given(
    some.lists(some.sampled_from(CHARACTERS), min_size=1, max_size=6),
    some.integers(min_value=1, max_value=30),
)
def test_a_cut_stands_between_characters(characters: list[str], limit: int) -> None:
    """Whatever the limit, what is left is a number of whole characters."""
    beginnings = {"".join(characters[:count]) for count in range(len(characters) + 1)}

    cut = shorten("".join(characters), limit)

    assert cut.removesuffix("…") in beginnings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        (" fr ", "fr"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sr_LATN_rs", "sr-Latn-RS"),
        ("gsw", "gsw"),
        ("es-419", "es-419"),
        ("de-1996", "de-1996"),
        ("", ""),
        ("e", ""),
        ("german", ""),
        ("en us", ""),
        ("de-", ""),
        ("x-default", ""),
        ('en" onload="x', ""),
    ],
)
def test_a_language_tag_has_its_usual_case(text: str, expected: str) -> None:
    """As BCP 47 writes it, and nothing where the text is no tag."""
    assert language_tag(text) == expected
    assert language_tag(expected) == expected
