"""A place of documents that notes for the hubs what each feed says when it is put there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from feeds.headers import is_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from feeds.headers import SiteHeaders
    from feeds.output import Output
    from feeds.ping_store import PingStore


class TopicOutput:
    """Another place, with a note in the store after each feed that was written there.

    Noted is what the feed says, and not that it was written: who died between the two writes it
    again, finds the document as it is, and the note wanting.
    """

    def __init__(
        self,
        place: Output,
        pings: PingStore,
        headers: SiteHeaders,
        *,
        hubs: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._place = place
        self._pings = pings
        self._headers = headers
        self._hubs = hubs
        self._clock = clock

    def recipe_of(self, slug: str) -> str:
        """Return that of the place; with other hubs all feeds are written, and told of, again."""
        return f"{self._place.recipe_of(slug)}, hubs {' '.join(self._hubs)}"

    def read(self, path: str) -> bytes | None:
        """Return a document; None where there is none."""
        return self._place.read(path)

    def write(self, path: str, content: bytes) -> bool:
        """Put a document in place; False where it said so already."""
        is_new = self._place.write(path, content)
        if is_feed(path):
            digest = hashlib.sha256(content).hexdigest()[:20]
            topic = self._headers.address(path)
            self._pings.note(topic, digest, self._hubs, now=self._clock())
        return is_new

    def remove(self, path: str) -> None:
        """Take a document away, if it is there."""
        self._place.remove(path)

    def lock(self) -> AbstractContextManager[None]:
        """Let one process at a time write."""
        return self._place.lock()
