"""Passwords and codes of a second factor: how they are kept, and whether one is right.

Passwords are hashed by Argon2id (RFC 9106) and kept as PHC strings; the costs are those that
OWASP recommends for the least memory: 19 MiB. Codes are those of RFC 6238: six digits, 30 s.
"""

from __future__ import annotations

import base64
import os
import threading
from urllib.parse import quote

from tidings.cli import USAGE, CommandError

# Guessing is slow and counted, so this is enough for words that are not the usual ones.
_SHORTEST = 10
_MEMORY_KIB = 19_456
_ITERATIONS = 2
_HASH_BYTES = 32
_SALT_BYTES = 16
_STEP_S = 30
_DIGITS = 6
# A telephone's clock may be so many steps apart from ours.
_SLACK = 1
_SECRET_BYTES = 20
# Strangers may ask for many hashes at once; a small machine has memory for one.
_one_at_a_time = threading.Lock()


def hash_password(password: str) -> str:
    """Return the PHC string of a password."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_ITERATIONS,
        lanes=1,
        memory_cost=_MEMORY_KIB,
    )
    return str(kdf.derive_phc_encoded(password.encode()))


def checked(password: str) -> str:
    """Return a new password that is long enough. Raises CommandError."""
    if len(password) < _SHORTEST:
        raise CommandError(
            f"a password of {_SHORTEST} characters at least; four random words are a good one",
            code=USAGE,
        )
    return password


def is_password(password: str, hashed: str) -> bool:
    """Tell whether a password is the one of a PHC string; a string that is none fits nothing."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    with _one_at_a_time:
        try:
            Argon2id.verify_phc_encoded(password.encode(), hashed)
        except (InvalidKey, ValueError):
            return False
    return True


def new_totp_secret() -> str:
    """Return a secret as applications for codes take it: base 32."""
    return base64.b32encode(os.urandom(_SECRET_BYTES)).decode()


def totp_address(secret: str, *, site: str) -> str:
    """Return the address that such an application reads from a picture."""
    name = quote(f"{site}:operator")
    return f"otpauth://totp/{name}?secret={secret}&issuer={quote(site)}"


def code_step(code: str, secret: str, *, now: float) -> int | None:
    """Return the step of time whose code it is; None where it is none of about now.

    ``now`` is in seconds since 1970. Raises ValueError where the secret is not in base 32.
    """
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor import InvalidToken
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    key = base64.b32decode(secret.replace(" ", "").upper())
    # RFC 6238 codes are of SHA-1, which all applications have; no collision helps anybody here.
    totp = TOTP(key, _DIGITS, SHA1(), _STEP_S, enforce_key_length=False)  # noqa: S303
    digits = "".join(code.split())
    step = int(now) // _STEP_S
    for near in range(step - _SLACK, step + _SLACK + 1):
        try:
            totp.verify(digits.encode(), near * _STEP_S)
        except InvalidToken:
            continue
        return near
    return None
