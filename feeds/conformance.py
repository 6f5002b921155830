"""Whether a written document is what its feed says, by the rules of its format. Pure.

A document is parsed back and held against the value that it was written from and against the
rules of RSS 2.0 with its Profile, RFC 4287, RFC 5005 and JSON Feed 1.1. Reading each format stands
in ``feeds.conformance_xml`` and ``feeds.conformance_json``; what holds for all stands here.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.conformance_json import parse_json_feed
from feeds.conformance_values import Broken, Fault
from feeds.conformance_xml import content_problem, parse_atom, parse_rss
from feeds.feed import publishable
from feeds.markup import web_url
from feeds.text import language_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from feeds.conformance_values import Parsed, ParsedItem
    from feeds.feed import Feed, FeedItem

# More than this the W3C's validator does not read.
MOST_BYTES = 5_000_000
_PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    "rss": parse_rss,
    "atom": parse_atom,
    "json": parse_json_feed,
}


def faults_of(document: bytes, kind: str, feed: Feed) -> tuple[Fault, ...]:
    """Return what is wrong with a document of a kind (rss, atom, json); nothing where it holds.

    A fault that one item causes names its id.
    """
    feed = publishable(feed)
    if len(document) > MOST_BYTES:
        return (Fault(f"is longer than {MOST_BYTES:,} bytes"),)
    try:
        parsed = _PARSERS[kind](document)
    except Broken as broken:
        return (Fault(str(broken)),)
    return (
        *parsed.faults,
        *_head_faults(parsed, kind, feed),
        *_list_faults(parsed, feed),
        *_item_faults(parsed, kind, feed),
    )


def _head_faults(parsed: Parsed, kind: str, feed: Feed) -> Iterator[Fault]:
    def address(urls: object) -> tuple[str, ...]:
        return (getattr(urls, kind),) if urls else ()

    own = address(feed.live or feed.urls) if kind == "json" else address(feed.urls)
    expected = {
        "title": (feed.title,),
        "home page": (feed.home_url,),
        "self link": own,
        "hubs": feed.hubs,
        "link to the archived document before": address(feed.previous),
        "language": (feed.language,) if feed.language else (),
    }
    if kind != "json":
        expected |= {
            "link to the archived document after": address(feed.following),
            "link to the live feed": address(feed.live),
            "mark of an archived document": ("archive",) if feed.live else (),
        }
    if kind == "atom":
        expected["id"] = (feed.id,)
    for name, values in expected.items():
        found = parsed.head.get(name, ())
        if found != values:
            yield Fault(f"its {name} should be {_named(values)}, and is {_named(found)}")
    for name in ("home page", "self link", "hubs"):
        if any(not is_web_address(url) for url in parsed.head.get(name, ())):
            yield Fault(f"its {name} must be a whole http or https address")
    previous = parsed.head.get("link to the archived document before", ())
    if previous and set(previous) & {*address(feed.urls), *address(feed.live)}:
        yield Fault("its archive leads back to itself")


def _named(values: tuple[str, ...]) -> str:
    return " and ".join(map(repr, values)) or "none"


def _list_faults(parsed: Parsed, feed: Feed) -> Iterator[Fault]:
    ids = [item.id for item in parsed.items]
    if ids != [item.id for item in feed.items]:
        yield Fault(f"has {len(ids)} items in place of {len(feed.items)}, or in another order")
    for id_, count in Counter(ids).items():
        if count > 1:
            yield Fault(f"has the same id {count} times", item=id_)
    changes = Counter(item.updated for item in parsed.items if item.updated is not None)
    for item in parsed.items:
        if item.updated is not None and changes[item.updated] > 1:
            yield Fault("was changed at the same instant as another item", item=item.id)


def _item_faults(parsed: Parsed, kind: str, feed: Feed) -> Iterator[Fault]:
    given = {item.id: item for item in feed.items}
    for item in parsed.items:
        if item.id not in given:
            yield Fault("has an id that no item has", item=item.id)
            continue
        for rule in (*_differences(item, given[item.id], kind), *_broken_rules(item)):
            yield Fault(rule, item=item.id)


def _differences(found: ParsedItem, given: FeedItem, kind: str) -> Iterator[str]:
    """Yield what reads otherwise than it was given."""
    title_alone = not given.content_html
    content = given.summary_html if kind == "json" else given.content_html
    files = tuple((file.url, file.mime) for file in given.attachments)
    for name, was, now in (
        ("title", given.title, found.title),
        ("link", given.url, found.url),
        ("date", given.published, found.published),
        ("author", given.author, found.author),
        ("categories", given.categories, found.categories),
        ("language", given.language, found.language),
        ("text", content, content if title_alone else found.content),
        ("files", files[:1] if kind == "rss" else files, found.files),
        ("date of change", given.updated, found.updated or given.updated),
    ):
        if was != now:
            yield f"its {name} reads otherwise than it was written"


def _broken_rules(item: ParsedItem) -> Iterator[str]:
    if not item.title.strip():
        yield "has no title"
    if item.url and not is_web_address(item.url):
        yield "its link is not a whole http or https address"
    if any(not is_web_address(url) or "/" not in mime for url, mime in item.files):
        yield "one of its files has no whole address or no type"
    if item.language and language_tag(item.language) != item.language:
        yield "its language is no tag of BCP 47"
    if len(set(item.categories)) != len(item.categories) or "" in item.categories:
        yield "its categories are empty or stand twice"
    problem = content_problem(item.content)
    if problem:
        yield problem


@lru_cache(maxsize=4096)
def is_web_address(url: str) -> bool:
    """Tell whether an address is whole, of http or https, and a URI (RFC 3986)."""
    return url.isascii() and bool(url) and web_url(url, "") == url
