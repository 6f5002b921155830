"""Bodies that are built to break a reader or to keep it busy: each one once did."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from feeds.read import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.model import Reading

# Four times the input may take so many times the time: linear work takes four, square sixteen.
FACTOR = 4
MOST = 9.0


def reading(body: bytes, content_type: str = "text/html") -> Reading:
    """Read bytes as they come from a server."""
    return read(
        body,
        url="https://harbour.example/news",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, tzinfo=UTC),
        content_type=content_type,
    )


def growth(work: Callable[[int], object], size: int) -> float:
    """Return how many times longer the work takes on an input of four times the size."""

    def fastest(size: int) -> float:
        times = []
        for _ in range(3):
            began = time.process_time()
            work(size)
            times.append(time.process_time() - began)
        return min(times)

    return fastest(size * FACTOR) / fastest(size)


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><item><title>Pier &#xD800;open</title></item></channel></rss>",
        b"<rss><channel><item><title>Pier &#55296;open</title></item></channel></rss>",
        b"<feed><entry><title>Pier open</title><link href='/&#xDfff;'/></entry></feed>",
    ],
    ids=["hexadecimal", "decimal", "attribute"],
)
def test_half_a_pair_of_characters_does_not_break_a_feed(body: bytes) -> None:
    """References to what no text can hold go; the rest of the feed is read."""
    assert [entry.title for entry in reading(body, "").entries] == ["Pier open"]


def test_comments_before_a_page_are_passed_in_linear_time() -> None:
    """What stands before the root element is looked at once."""
    end = b"<html><body><h2>Pier</h2></body></html>"

    assert growth(lambda count: reading(b"<!--a-->" * count + end), 20_000) < MOST
