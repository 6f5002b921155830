"""What a page needs beside itself to be seen: its style sheets and pictures, within bounds.

All of it is a favour: what cannot be had is missing, and nothing waits for it. Which parts those
are is the page's to say, so they are fetched past a guard, as what a stranger's page leads to.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from config.settings import SourceSettings
from feeds.decode import decode
from feeds.fetch import Fetcher, FetchError
from feeds.snapshot_write import Picture
from feeds.style_imports import with_imports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.settings import FetchSettings
    from feeds.fetch import Page
    from feeds.fetch_guard import Guard

_Kind = TypeVar("_Kind")
log = logging.getLogger("tidings.parts")

_STYLE = "text/css"
_WANTED = {"Accept": f"image/avif, image/webp, image/png, image/jpeg, image/gif, {_STYLE}"}
# A picture is what its first bytes say; servers are often wrong, and an SVG can act.
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
)
_UNTYPED = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBounds:
    """How much is fetched for one page: numbers, bytes of each and of all, time, at once."""

    styles: int = 30
    pictures: int = 60
    style_bytes: int = 1_000_000
    picture_bytes: int = 2_000_000
    all_bytes: int = 10_000_000
    time: timedelta = timedelta(seconds=8)
    at_once: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What was fetched, by the addresses that were wanted and in their order.

    A style sheet holds those that it imports.
    """

    styles: Mapping[str, str]
    pictures: Mapping[str, Picture]


def fetch_parts(  # noqa: PLR0913 -- each is another thing
    settings: FetchSettings,
    guard: Guard,
    *,
    home: str,
    styles: Sequence[str],
    pictures: Sequence[str],
    bounds: PartBounds | None = None,
) -> Parts:
    """Fetch the style sheets and pictures that the page at ``home`` names; never raises."""
    gathering = _Gathering(settings, guard, home, bounds or PartBounds())
    gathering.fetch(styles, pictures)
    return Parts(
        styles=_in_order(styles, gathering.styles), pictures=_in_order(pictures, gathering.pictures)
    )


def _in_order(wanted: Sequence[str], found: Mapping[str, _Kind]) -> dict[str, _Kind]:
    return {address: found[address] for address in wanted if address in found}


@dataclass(slots=True)
class _Gathering:
    """The parts of one page while they are fetched, by several threads."""

    settings: FetchSettings
    guard: Guard
    home: str
    bounds: PartBounds
    styles: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    spent: int = 0
    end: float = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, styles: Sequence[str], pictures: Sequence[str]) -> None:
        """Fetch what there is room and time for; style sheets first, they change more."""
        bounds = self.bounds
        self.end = monotonic() + bounds.time.total_seconds()
        waiting = iter(
            [
                *((address, True) for address in dict.fromkeys(styles[: bounds.styles])),
                *((address, False) for address in dict.fromkeys(pictures[: bounds.pictures])),
            ]
        )
        with ThreadPoolExecutor(bounds.at_once, thread_name_prefix="parts") as pool:
            for work in [pool.submit(self._work, waiting) for _ in range(bounds.at_once)]:
                work.result()

    def _work(self, waiting: Iterator[tuple[str, bool]]) -> None:
        largest = max(self.bounds.style_bytes, self.bounds.picture_bytes)
        settings = replace(self.settings, max_bytes=min(largest, self.settings.max_bytes))
        with Fetcher(settings, guard=self.guard) as fetcher:
            while (wanted := self._next(waiting)) is not None:
                address, is_style = wanted
                if is_style:
                    self._add_style(fetcher, address)
                else:
                    self._add_picture(fetcher, address)

    def _next(self, waiting: Iterator[tuple[str, bool]]) -> tuple[str, bool] | None:
        with self.lock:
            return next(waiting, None) if monotonic() < self.end else None

    def _page(self, fetcher: Fetcher, home: str, address: str, limit: int) -> Page | None:
        """Return what stands at an address that ``home`` names, None where it is not to be had."""
        left = timedelta(seconds=self.end - monotonic())
        # Neither name nor header of the page's own source goes along.
        source = SourceSettings(bulletin="", name="", url=home, headers=_WANTED)
        try:
            page = fetcher.fetch_linked(source, address, within=left)
        except FetchError as error:
            log.debug("part left out: %s", error)
            return None
        with self.lock:
            if len(page.body) > limit or self.spent + len(page.body) > self.bounds.all_bytes:
                return None
            self.spent += len(page.body)
        return page

    def _add_style(self, fetcher: Fetcher, address: str) -> None:
        sheet = self._sheet(fetcher, self.home, address)
        if sheet is None:
            return
        text, url = sheet

        def load(imported: str) -> str:
            found = self._sheet(fetcher, url, imported)
            # What it imports itself is not fetched.
            return with_imports(*found, lambda _: "") if found else ""

        self.styles[address] = with_imports(text, url, load)

    def _sheet(self, fetcher: Fetcher, home: str, address: str) -> tuple[str, str] | None:
        page = self._page(fetcher, home, address, self.bounds.style_bytes)
        if page is None or _media_type(page) != _STYLE:
            return None
        return decode(page.body, content_type=page.content_type).text, page.url

    def _add_picture(self, fetcher: Fetcher, address: str) -> None:
        page = self._page(fetcher, self.home, address, self.bounds.picture_bytes)
        if page is not None and (mime := _picture_type(page)):
            self.pictures[address] = Picture(mime=mime, body=page.body)


def _media_type(page: Page) -> str:
    return page.content_type.partition(";")[0].strip().lower()


def _picture_type(page: Page) -> str:
    """Return the type of a picture by its bytes, empty where it is none that only shows."""
    stated = _media_type(page)
    if not stated.startswith("image/") and stated not in _UNTYPED:
        return ""
    return next(
        (mime for at, mark, mime in _SIGNATURES if page.body.startswith(mark, at)),
        "",
    )
