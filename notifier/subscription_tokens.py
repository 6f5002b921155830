"""Short signed tokens: the keys that stand in addresses of mails, pages and private feeds. Pure.

A token says what it opens and whose it is, and cannot be made or altered without the secret. It
never expires by itself: a way out must stay open as long as somebody has the mail.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
# Local parts of addresses may lose their capitals on the way.
_BASE36 = string.digits + string.ascii_lowercase
_MAC_BYTES = 10
_BODY_BYTES = 6
_NUMBER_BYTES = _BODY_BYTES - 1
_BYTES = _MAC_BYTES + _BODY_BYTES
# So many digits hold all values of so many bytes.
_LENGTH = {62: 22, 36: 25}


class TokenKind(IntEnum):
    """What a token opens: one kind never opens what another does."""

    SUBSCRIPTION = 1
    FEED = 2
    SIGN_UP = 3


class Tokens:
    """Makes and reads tokens; ``secrets`` are the one that signs and those that still count."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret.encode() for secret in secrets]

    def token(self, kind: TokenKind, number: int) -> str:
        """Return the token of something: 22 letters and digits."""
        return _written(self._signed(kind, number), _BASE62)

    def mail_token(self, kind: TokenKind, number: int) -> str:
        """Return it for the local part of an address: 25 small letters and digits."""
        return _written(self._signed(kind, number), _BASE36)

    def number(self, kind: TokenKind, token: str) -> int | None:
        """Return whose token it is, in either form; None where it is none of ours."""
        found: int | None = None
        value = _read(token)
        mac, masked = value[:_MAC_BYTES], value[_MAC_BYTES:]
        # Every secret is tried, and compared in constant time: how long it takes tells nothing.
        for secret in self._secrets:
            body = _masked(secret, mac, masked)
            if hmac.compare_digest(mac, _mac(secret, body)) and body[0] == kind:
                found = int.from_bytes(body[1:], "big")
        return found

    def _signed(self, kind: TokenKind, number: int) -> bytes:
        secret = self._secrets[0]
        body = bytes([kind]) + number.to_bytes(_NUMBER_BYTES, "big")
        mac = _mac(secret, body)
        return mac + _masked(secret, mac, body)


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, b"token" + body, hashlib.sha256).digest()[:_MAC_BYTES]


def _masked(secret: bytes, mac: bytes, body: bytes) -> bytes:
    """Hide, or show, what a token says: how many subscribers there are is nobody's business."""
    mask = hmac.new(secret, b"mask" + mac, hashlib.sha256).digest()
    return bytes(one ^ other for one, other in zip(body, mask, strict=False))


def _written(value: bytes, digits: str) -> str:
    number, base = int.from_bytes(value, "big"), len(digits)
    text = ""
    for _ in range(_LENGTH[base]):
        number, digit = divmod(number, base)
        text = digits[digit] + text
    return text


def _read(token: str) -> bytes:
    """Return the bytes of a token; of anything else bytes that no secret has signed."""
    nothing = bytes(_BYTES)
    if len(token) == _LENGTH[62]:
        digits, text = _BASE62, token
    elif len(token) == _LENGTH[36]:
        digits, text = _BASE36, token.lower()
    else:
        return nothing
    number = 0
    for letter in text:
        digit = digits.find(letter)
        if digit < 0:
            return nothing
        number = number * len(digits) + digit
    return number.to_bytes(_BYTES, "big") if number < 1 << (8 * _BYTES) else nothing
