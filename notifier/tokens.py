"""Short signed tokens that stand in addresses: whose bounce an answer is (VERP). Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Literal

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
# 60 bits: nobody guesses one in the answers that a mailbox can take. Letters of one case only,
# for the left side of an address may come back in another.
_SIGNS = 12
# What a number counts: a delivery's token names no notice, and the other way round.
Counted = Literal["bounce", "notice"]
_TOKEN = re.compile(rf"([0-9a-z]{{1,13}})-([0-9a-z]{{{_SIGNS}}})")


def make_token(number: int, *, secret: str, of: Counted = "bounce") -> str:
    """Return the token of the id of a delivery, or of a notice."""
    text = _in_base36(number)
    return f"{text}-{_seal(text, secret, of)}"


def verify_token(token: str, *, secret: str, of: Counted = "bounce") -> int | None:
    """Return the id in a token; None where we did not make it."""
    found = _TOKEN.fullmatch(token.strip().lower())
    if found is None or not hmac.compare_digest(_seal(found.group(1), secret, of), found.group(2)):
        return None
    return int(found.group(1), 36)


def bounce_address(mailbox: str, number: int, *, secret: str, of: Counted = "bounce") -> str:
    """Return the address to which the bounces of one delivery come back: b+TOKEN@domain."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{make_token(number, secret=secret, of=of)}@{domain}"


def bounced(address: str, *, secret: str, of: Counted = "bounce") -> int | None:
    """Return the delivery whose bounce came to an address; None where it is none of ours."""
    local = address.rpartition("@")[0]
    return verify_token(local.rpartition("+")[2], secret=secret, of=of)


def _seal(text: str, secret: str, of: Counted) -> str:
    digest = hmac.new(secret.encode(), f"{of}/{text}".encode(), hashlib.sha256).digest()
    return _in_base36(int.from_bytes(digest[:16], "big")).zfill(_SIGNS)[-_SIGNS:]


def _in_base36(number: int) -> str:
    text = ""
    while number:
        number, place = divmod(number, 36)
        text = _LETTERS[place] + text
    return text or "0"
