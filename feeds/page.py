"""What fetching a source gives: a page, the news that nothing changed, or an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the last good answer gave to recognise it by; sent back byte for byte.

    ``digest`` is the SHA-256 of the decompressed body, in hexadecimal.
    """

    etag: str = ""
    last_modified: str = ""
    digest: str = ""

    def conditions(self) -> dict[str, str]:
        """Return the request headers that ask for the page only if it changed."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}

    def updated(self, headers: Mapping[str, str]) -> Validators:
        """Return these validators with what an answer states anew; it need not repeat them."""
        return replace(
            self,
            etag=_sendable(headers.get("ETag", "")) or self.etag,
            last_modified=_sendable(headers.get("Last-Modified", "")) or self.last_modified,
        )


def _sendable(value: str) -> str:
    """Return a header's value, or none where no request and no database could take it back."""
    return value if all(character >= " " for character in value) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was fetched.

    ``url`` is where it stood in the end, ``content_type`` the header as it came, empty where
    there was none. ``moved_to`` is where permanent redirects alone led from the address that was
    asked, empty where none did. A file has no ``status``.
    """

    body: bytes
    url: str
    content_type: str
    status: int | None
    validators: Validators
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The page is still the one that the validators were given for."""

    status: int | None
    validators: Validators
    moved_to: str = ""


class FetchError(Exception):
    """A source that could not be read; the message names the place and the remedy.

    ``status`` is None where there was no answer, ``retry_after`` where it asked for no pause.
    """

    def __init__(
        self,
        location: str,
        problem: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{location}: {problem}")
        self.location = location
        self.status = status
        self.retry_after = retry_after

    @property
    def gone(self) -> bool:
        """Whether the publisher removed the page for good."""
        return self.status == _GONE
