"""Tokens in addresses: made by us they are known again, and nobody else makes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.tokens import bounce_address, bounced, make_token, verify_token

NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)


@given(NUMBERS)
def test_a_token_leads_to_its_delivery(number: int) -> None:
    """Also where a mail server wrote it in capitals; and it fits the left side of an address."""
    token = make_token(number, secret="s")

    assert verify_token(token, secret="s") == number
    assert verify_token(token.upper(), secret="s") == number
    assert len(token) <= 26


@given(NUMBERS, st.text(max_size=30))
def test_no_other_token_is_believed(number: int, text: str) -> None:
    """Neither one of another secret nor any text."""
    assert verify_token(make_token(number, secret="other"), secret="s") is None
    assert verify_token(text, secret="s") is None


@given(NUMBERS)
def test_a_bounce_comes_back_to_its_delivery(number: int) -> None:
    """Through an address of its own."""
    address = bounce_address("b@bounce.example.org", number, secret="s")

    assert address.startswith("b+")
    assert address.endswith("@bounce.example.org")
    assert bounced(address, secret="s") == number


@pytest.mark.parametrize("address", ["b@bounce.example.org", "b+@x", "", "b+1-0@x", "@"])
def test_what_is_no_bounce_of_ours(address: str) -> None:
    """Such a mail is somebody else's."""
    assert bounced(address, secret="s") is None
