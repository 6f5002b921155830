"""The one entry to reading: bytes of a page or a text become entries, or one sentence why not.

Pure: no network, no clock. How a page or a text is read stands in the ``read_*`` modules.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from config.settings import RuleSettings
from feeds.dates import DateReader
from feeds.decode import decode
from feeds.model import Reading
from feeds.read_language import LANGUAGES, guess_language
from feeds.read_rules import apply_patterns
from feeds.read_text import read_text

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from config.kinds import SourceKind

_MARKUP = re.compile(
    r"<(?:!doctype\s+html|html|head|body|div|p|ul|ol|table|h[1-6]|article|section|main|a|dl)\b",
    re.IGNORECASE,
)
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*+:)?([A-Za-z_][\w.-]*+)(?=[\s/>])")
_FEEDS = frozenset({"rss", "feed", "RDF"})
_FEED_TYPES = ("/rss+xml", "/atom+xml", "/rdf+xml", "/feed+json")
_HEAD = 20_000
_FEW_TAGS = 3
_SAMPLE = 200_000
_SHORT = 60
# A day and a year, whatever stands between.
_DATE_LIKE = re.compile(
    r"(?<!\d)\d{1,2}(?!\d)[^\n]{1,30}(?<!\d)\d{4}(?!\d)|\d{4}(?!\d)[^\n]{1,30}\d{1,2}(?!\d)"
)
_MOST_UNREAD = 50
# Dates are read in the square of their number on one line.
_SETTLING = 400
_NUMBER = re.compile(r"\d")
_BLANKS = re.compile(r"\s*+")
_NO_RULES = RuleSettings()


def read(  # noqa: PLR0913 - the one entry: each is a fact of the source
    body: bytes,
    *,
    url: str,
    zone: ZoneInfo,
    now: datetime,
    content_type: str = "",
    kind: SourceKind = "auto",
    language: str = "",
    rules: RuleSettings = _NO_RULES,
) -> Reading:
    """Read a page or a text into entries, in page order; never raises on any bytes.

    A reading without entries has a ``problem``: one sentence with the remedy.
    """
    if not body.strip():
        return Reading(
            problem="The source is empty; nothing to read there yet, or a wrong address."
        )
    decoded = decode(body, content_type=content_type)
    if decoded.binary:
        return Reading(
            problem=f"The source is {decoded.binary}, not a page or a text; "
            "give the address of the page that lists the items."
        )
    text = decoded.text
    how = kind_of(text, content_type, kind)
    if how == "feed":
        from feeds.read_feed import read_feed

        reading = read_feed(text, zone=zone, url=url)
    elif how == "html":
        from feeds.read_html import read_html

        reading = read_html(text, url=url, language=language, zone=zone, now=now, rules=rules)
    else:
        dates = _dates_of(text, language=language, zone=zone, now=now)
        reading = replace(read_text(text, dates, url=url), language=language)
    reading = apply_patterns(reading, rules, base=url)
    note = f"encoding: {decoded.note}"
    return replace(reading, notes=(*reading.notes, note))


def _dates_of(text: str, *, language: str, zone: ZoneInfo, now: datetime) -> DateReader:
    """Return a reader of the text's language that also knows the one its dates are written in."""
    guessed = guess_language(text)
    lines = [line for line in text[:_SAMPLE].split("\n") if line.strip()]
    found = DateReader(zone=zone, now=now, language=language or guessed, also=guessed)
    short = [line for line in lines if len(line) <= _SHORT and _DATE_LIKE.search(line)]
    unread = [line for line in short if not found.spots(line)][:_MOST_UNREAD]
    if not language and unread:
        written = guess_language("\n".join(unread))
        readers = [
            DateReader(zone=zone, now=now, language=guessed, also=each)
            for each in dict.fromkeys((written, *LANGUAGES))
        ]
        best = max(readers, key=lambda each: sum(bool(each.spots(line)) for line in unread))
        found = best if any(best.spots(line) for line in unread) else found
    found.settle(line[:_SETTLING] for line in lines)
    return found


def kind_of(text: str, content_type: str, kind: SourceKind) -> str:
    """Return what a text is read as: html, text or feed; ``kind`` is what was configured."""
    if kind != "auto":
        return kind
    head = text[:_HEAD]
    content_type = content_type.lower()
    root = _root(text)
    if root in _FEEDS or _is_json_feed(head):
        return "feed"
    # A server may answer for a feed with a page that says why there is none.
    if content_type.partition(";")[0].strip().endswith(_FEED_TYPES) and root.lower() != "html":
        return "feed"
    if "text/plain" in content_type or "markdown" in content_type:
        return "text"
    if "html" in content_type:
        return "html"
    marks = len(_MARKUP.findall(head))
    return "html" if marks >= _FEW_TAGS or head.lstrip()[:1] == "<" else "text"


def _root(text: str) -> str:
    """Return the name of a document's root element, without a prefix; empty where it has none.

    Looks at nothing twice: what stands before a root may be long.
    """
    place = _after_blanks(text, 0)
    while True:
        if text.startswith("<!--", place):
            end, mark = text.find("-->", place + 4), 3
        elif text.startswith("<?", place):
            end, mark = text.find("?>", place + 2), 2
        elif text.startswith("<!", place):
            end, mark = _declaration_end(text, place), 1
        else:
            match = _ROOT.match(text, place)
            return match.group(1) if match else ""
        if end < 0:
            return ""
        place = _after_blanks(text, end + mark)


def _after_blanks(text: str, place: int) -> int:
    match = _BLANKS.match(text, place)
    return match.end() if match else place


def _declaration_end(text: str, place: int) -> int:
    """Return where a document type ends, -1 where it does not: one may stand in brackets."""
    end = text.find(">", place)
    if text.find("[", place, max(end, place)) < 0:
        return end
    closed = text.find("]", place)
    return text.find(">", closed) if closed >= 0 else -1


def _is_json_feed(head: str) -> bool:
    return head.lstrip()[:1] == "{" and "jsonfeed.org/version" in head
