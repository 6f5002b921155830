from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.decode import decode

FRENCH = "Les élèves ont gagné la régate à Sète, malgré le vent – « enfin », dit le maître. " * 4
JAPANESE = "港の事務所は学校のための講習会を終えました。次の船は月曜日に出ます。" * 4
RUSSIAN = "Портовая контора закончила семинар для школьников. Лодки пойдут в понедельник. " * 4


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (FRENCH.encode(), "text/html", FRENCH),
        (FRENCH.encode("utf-8-sig"), "", FRENCH),
        (FRENCH.encode("utf-16"), "", FRENCH),
        (FRENCH.encode("cp1252"), "text/html; charset=iso-8859-1", FRENCH),
        (FRENCH.encode(), "text/html; charset=iso-8859-1", FRENCH),
        (JAPANESE.encode("shift_jis"), "text/html; charset=Shift_JIS", JAPANESE),
        (JAPANESE.encode("euc_jp"), 'text/html; charset="EUC-JP"', JAPANESE),
        (RUSSIAN.encode("cp1251"), "text/html; charset=windows-1251", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "text/html; charset=utf-8", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "", RUSSIAN),
    ],
    ids=[
        "utf-8",
        "byte order mark",
        "utf-16",
        "latin-1 means windows-1252",
        "declared wrongly, is utf-8",
        "shift_jis",
        "euc-jp",
        "windows-1251",
        "declared utf-8, is windows-1251",
        "not declared",
    ],
)
def test_encodings(body: bytes, content_type: str, text: str) -> None:
    """The text comes out right, whatever the source says about it."""
    assert decode(body, content_type=content_type).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("content_type", ["", "text/html; charset={}", "text/html; charset=utf-16"])
@pytest.mark.parametrize("text", ["The pier is open. ", RUSSIAN, JAPANESE], ids=["en", "ru", "ja"])
def test_utf_16_without_a_mark(encoding: str, content_type: str, text: str) -> None:
    """Half of the bytes of a page's tags are zero, whatever its letters; a declaration counts."""
    if encoding.endswith("be") and content_type.endswith("=utf-16"):
        content_type = ""
    body = f"<html><body><ul><li><p>{text}</p></li></ul></body></html>\n" * 3

    assert decode(body.encode(encoding), content_type=content_type.format(encoding)).text == body


def test_a_page_that_is_no_utf_16_may_be_declared_so() -> None:
    """A valid UTF-8 without zero bytes is UTF-8."""
    assert decode(FRENCH.encode(), content_type="text/html; charset=utf-16").text == FRENCH


@pytest.mark.parametrize("label", ["punycode", "unicode_escape", "utf-7", "idna"])
def test_what_is_no_charset_of_a_page_is_not_used(label: str) -> None:
    """Ways of writing a text in ASCII are no encodings of pages."""
    body = "caf\u00e9 \\ud800 -a9z ".encode("cp1252") * 1_000

    assert "\\ud800" in decode(body, content_type=f"text/html; charset={label}").text


def test_the_page_declares_its_encoding() -> None:
    """A meta element counts where the header says nothing."""
    body = f'<meta charset="windows-1251"><p>{RUSSIAN}'.encode("cp1251")

    assert decode(body).text.endswith(RUSSIAN)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.7 x" + b"\0x" * 50, "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (bytes(range(32)) * 9, "binary"),
    ],
    ids=["pdf", "png", "unknown"],
)
def test_what_is_no_text_is_named(body: bytes, kind: str) -> None:
    """A file that is no text is called by its kind."""
    assert kind in decode(body).binary


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "text/html; charset=x", "charset=utf-7"]))
def test_decoding_never_raises(body: bytes, content_type: str) -> None:
    """Any bytes are a text or are named."""
    decode(body, content_type=content_type)
