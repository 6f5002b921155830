"""Addresses as they may be shown: without the login that may stand in them. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def without_login(address: str) -> str:
    """Return an address without the name and password that may stand in it."""
    if "@" not in address:
        return address
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is no port
    except ValueError:
        # Such as a password with a slash in it: the login may end at any "@".
        scheme, separator, rest = address.partition("://")
        return f"{scheme}{separator}{rest.rpartition('@')[2]}"
    if "@" not in parts.netloc:
        return address
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
