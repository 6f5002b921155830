"""Identifiers of items and feeds: minted once, then only stored."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

# Letters and digits that are not mistaken for one another when somebody reads them aloud.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_TOKEN_LENGTH = 13


def new_token() -> str:
    """Return a name that nothing else has: 65 random bits in letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))


def mint_id(authority: str, slug: str, token: str, *, now: datetime) -> str:
    """Make a tag URI (RFC 4151) of a domain, the day, the bulletin and a new token."""
    return f"tag:{authority},{now.astimezone(UTC):%Y-%m-%d}:{slug}/{token}"
