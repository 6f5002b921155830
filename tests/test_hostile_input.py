"""Bodies that are built to break a reader or to keep it busy: each one once did."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from feeds.read import read
from feeds.read_bounds import bounded

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


@pytest.mark.parametrize(
    "part",
    [
        "<div></x>",
        "<div></p>",
        "<div><!--</div>-->",
        "<div><table></div>",
        "<span><div></span>",
        "<b><div></b>",
        "<div title='</div>'>",
        "<div><style></div></style>",
    ],
)
def test_nesting_has_an_end_whatever_the_close_tags_say(part: str) -> None:
    """A close tag that the parser ignores makes nothing less deep."""
    text, cut = bounded(part * 20_000)

    assert cut
    assert len(text) < 4_000 * len(part)


@pytest.mark.parametrize(
    "part",
    [
        "<div><p>Pier</div>",
        "<div><b>Pier</div></b>",
        "<b><div>Pier</b></div>",
        "<div><span>Pier</div>",
        "<h2>Pier</h3>",
        "<script>'<div>'</script>",
        "<div title='<div>'>Pier</div>",
        "<!-- <div> -->",
        "<table><tr><td><font size=2>Pier<td><font size=3>Pier</table>",
        "<font size=2><p>Pier",
        "<svg><g><title>Pier</title></g></svg>",
    ],
)
def test_careless_pages_are_read_whole(part: str) -> None:
    """What people write by hand is closed as browsers close it."""
    assert bounded("<html><body>" + part * 1_400)[1] is False
    assert bounded("<html><body>" + part.replace("<font size=2><p>", "<p>") * 20_000)[1] is False


def test_unclosed_formatting_is_not_repeated_without_end() -> None:
    """A thousand unclosed elements that differ do not come again in each paragraph."""
    formats = "".join(f"<b id={number}>" for number in range(1_000))

    assert bounded(formats + "<p>Pier" * 100_000)[1]
    assert reading((formats + "<p>Pier" * 100_000).encode()).problem


def test_close_tags_that_close_nothing_have_an_end() -> None:
    """Each makes the parser look at all that is open."""
    assert bounded("<i>" * 1_400 + "</x>" * 200_000)[1]
