"""Bodies that are built to break a reader or to keep it busy: each one once did."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from config.settings import RuleSettings
from feeds.read import read
from feeds.read_bounds import bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.model import Reading

# Four times the input may take so many times the time: linear work takes four, square sixteen.
FACTOR = 4
MOST = 9.0
NO_RULES = RuleSettings()


def reading(
    body: bytes, content_type: str = "text/html", rules: RuleSettings = NO_RULES
) -> Reading:
    """Read bytes as they come from a server."""
    return read(
        body,
        url="https://harbour.example/news",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, tzinfo=UTC),
        content_type=content_type,
        rules=rules,
    )


def growth(work: Callable[[int], object], size: int) -> float:
    """Return how many times longer the work takes on an input of four times the size."""

    def fastest(size: int) -> float:
        times = []
        for _ in range(5):
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


def blanks(count: int) -> bytes:
    """As many blanks."""
    return b" " * count


def dated_items(part: bytes) -> bytes:
    """Two items, each with a part of its own."""
    item = (
        b"<article><h2><a href='/%d'>Pier %d is open</a></h2><time datetime='2026-05-0%d'></time>"
    )
    return b"<html><body>" + b"".join(item % (n, n, n) + part + b"</article>" for n in (1, 2))


@pytest.mark.parametrize(
    ("size", "body"),
    [
        (150, lambda n: b"Pier\n2020-01-01" + blanks(n) + b"x\nboats\n"),
        (5_000, lambda n: b"1/2/2020 " * n),
        (2_000, lambda n: b"# " + b"#" * n + b"x\n# Pier\n"),
        (2_000, lambda n: b"[" * n + b"\n# Pier\n"),
        (2_000, lambda n: b"[a](" * n + b"\n# Pier\n"),
    ],
    ids=["blanks after a date", "dates", "number signs", "brackets", "links"],
)
def test_texts_take_linear_time(size: int, body: Callable[[int], bytes]) -> None:
    """Whatever a line consists of."""
    assert growth(lambda count: reading(body(count) * 20, "text/plain"), size) < MOST


@pytest.mark.parametrize(
    ("size", "body"),
    [
        (12_000, lambda n: dated_items(b"<pre>a" + blanks(n) + b"b </pre>")),
        (12_000, lambda n: dated_items(b"<p>Open <img src=/a srcset='" + b"a" * n + b" ('>")),
        (300, lambda n: dated_items(b"<p><time datetime='2026-05-03'>x</time> <b>Open</b>" * n)),
        (300, lambda n: dated_items(b" some words of text <a href='/x'>more</a>" * n)),
        (
            2_000,
            lambda n: b"<div class='" + b"a " * n * 9 + b"'>" + b"<a href=/x>Pier open</a>" * n,
        ),
    ],
    ids=["preformatted", "pictures", "dates of an item", "links in prose", "classes"],
)
def test_pages_take_linear_time(size: int, body: Callable[[int], bytes]) -> None:
    """Whatever an item consists of."""
    assert growth(lambda count: reading(body(count)), size) < MOST


@pytest.mark.parametrize(
    ("size", "body"),
    [
        (20_000, lambda n: b"<title>&lt;b&gt;" + blanks(n) + b"x</title>"),
        (
            2_400,
            lambda n: b"<title>t</title><description>" + b"&lt;div&gt;" * n + b"x</description>",
        ),
    ],
    ids=["blanks", "nesting"],
)
def test_feeds_take_linear_time(size: int, body: Callable[[int], bytes]) -> None:
    """Whatever markup their items have."""
    whole = (b"<rss><channel><item>", b"</item></channel></rss>")

    assert growth(lambda count: reading(body(count).join(whole), ""), size) < MOST


def test_selected_items_take_linear_time() -> None:
    """Each item is given its own dates, without a look at those of the others."""
    item = b"<li><time datetime='2026-05-03'></time><a href='/1'>Pier open</a></li>"
    rules = RuleSettings(item="li")

    assert growth(lambda count: reading(item * count, rules=rules), 300) < MOST


def test_no_control_of_a_terminal_comes_out() -> None:
    """What an operator is shown of a page cannot write to the screen by itself."""
    found = reading(
        b"<html lang='e\x1b'><title>a\x1b[2J</title><body><ul>"
        b"<li>\x1b]0;x\x07 3 May 2026 <a href=/1>First news of all</a></li>"
        b"<li><x\x1b class=date>\x1b[2J 4 May 2026</x\x1b> <a href=/2>Second news\x1b</a></li></ul>"
    )

    assert found.entries
    assert not any(control in repr(found) for control in (r"\x1b", r"\x07"))
