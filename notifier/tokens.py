"""Short signed tokens that stand in addresses: whose bounce an answer is (VERP). Pure."""

from __future__ import annotations

import hashlib
import hmac
import re

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
# 60 bits: nobody guesses one in the answers that a mailbox can take. Letters of one case only,
# for the left side of an address may come back in another.
_SIGNS = 12
_TOKEN = re.compile(rf"([0-9a-z]{{1,13}})-([0-9a-z]{{{_SIGNS}}})")


def make_token(number: int, *, secret: str) -> str:
    """Return the token of a delivery's id."""
    text = _in_base36(number)
    return f"{text}-{_seal(text, secret)}"


def verify_token(token: str, *, secret: str) -> int | None:
    """Return the id in a token; None where we did not make it."""
    found = _TOKEN.fullmatch(token.strip().lower())
    if found is None or not hmac.compare_digest(_seal(found.group(1), secret), found.group(2)):
        return None
    return int(found.group(1), 36)


def bounce_address(mailbox: str, number: int, *, secret: str) -> str:
    """Return the address to which the bounces of one delivery come back: b+TOKEN@domain."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{make_token(number, secret=secret)}@{domain}"


def bounced(address: str, *, secret: str) -> int | None:
    """Return the delivery whose bounce came to an address; None where it is none of ours."""
    local = address.rpartition("@")[0]
    return verify_token(local.rpartition("+")[2], secret=secret)


def _seal(text: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), f"bounce/{text}".encode(), hashlib.sha256).digest()
    return _in_base36(int.from_bytes(digest[:16], "big")).zfill(_SIGNS)[-_SIGNS:]


def _in_base36(number: int) -> str:
    text = ""
    while number:
        number, place = divmod(number, 36)
        text = _LETTERS[place] + text
    return text or "0"
