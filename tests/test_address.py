"""Addresses of subscribers: one form for each, and nothing else gets in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from notifier.address import parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  ana@example.org\n", "ana@example.org"),
        ("ana+news@example.org", "ana+news@example.org"),
        ("Ana@Example.ORG", "Ana@example.org"),
        ("ana@harbour.test", "ana@harbour.test"),
        ("josé@ejemplo.es", "josé@ejemplo.es"),
        ("jose\u0301@ejemplo.es", "josé@ejemplo.es"),
        ("ana@Bücher.example.com", "ana@xn--bcher-kva.example.com"),
        ("ana@xn--bcher-kva.com", "ana@xn--bcher-kva.com"),
        ("jürgen@Bücher.example.com", "jürgen@xn--bcher-kva.example.com"),
    ],
)
def test_an_address_has_one_form(text: str, address: str) -> None:
    """So that nobody is subscribed twice; the part before the @ is the receiver's affair."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@example..org",
        "ana@example.org.",
        "ana@example",
        "ana@[192.0.2.1]",
        "ana maria@example.org",
        "Ana <ana@example.org>",
        "ana@example.org, eve@example.org",
        "ana@example.org\nBcc: eve@example.org",
        "ana@example.org\r\nBcc: eve@example.org",
        "ana\n@example.org",
        "ana@example.org\x00",
        '"ana"@example.org',
        "mailto:ana@example.org",
        f"ana@{'a' * 64}.org",
    ],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    """The message shows what was given; nothing that could write a header gets through."""
    with pytest.raises(ValueError, match=r"^not an e-mail address: ") as caught:
        parse_address(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ana", "An email address must have an @-sign."),
        ("ana@example..org", "An email address cannot have two periods in a row."),
        ("ana@", "There must be something after the @-sign."),
    ],
)
def test_the_message_says_what_is_wrong(text: str, why: str) -> None:
    """In a sentence for the one who typed it."""
    with pytest.raises(ValueError, match=r"^not an e-mail address: ") as caught:
        parse_address(text)

    assert str(caught.value) == f"not an e-mail address: {text!r} ({why})"


@given(some.emails())
def test_the_form_of_an_address_is_stable(text: str) -> None:
    """Read again, an address that was accepted is the same."""
    try:
        address = parse_address(text)
    except ValueError:
        return

    assert parse_address(address) == address


@given(some.text() | some.builds("{}@{}".format, some.text(), some.text()))
def test_an_accepted_address_fits_in_a_header(text: str) -> None:
    """Whatever was typed: one line, no spaces, no list, one @ or a ValueError."""
    try:
        address = parse_address(text)
    except ValueError:
        return

    assert address.isprintable()
    assert address.count("@") == 1
    assert not set(address) & set(' ,;<>"')
