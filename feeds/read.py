"""A page becomes a reading: the one way in. Which reader reads what is decided here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.settings import SelectorSettings
from feeds.dates import DateReader
from feeds.decode import decode
from feeds.model import Reading
from feeds.read_text import read_text

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from config.settings import SourceKind

_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|div|article|table|ul|p|h[1-6]|a)\b", re.IGNORECASE
)
_LOOKED_AT = 4096
_NO_SELECTORS = SelectorSettings()


def read(  # noqa: PLR0913 - a page, and all that helps to understand it
    body: bytes,
    *,
    url: str,
    zone: ZoneInfo,
    now: datetime,
    content_type: str = "",
    kind: SourceKind = "auto",
    language: str = "",
    selectors: SelectorSettings = _NO_SELECTORS,
) -> Reading:
    """Return what a page or text holds; never raises, whatever the bytes.

    A reading without entries has a problem that names what is wrong and the remedy.
    """
    if not body.strip():
        return Reading(problem="the page is empty; see whether it is the right address")
    decoded = decode(body, content_type=content_type)
    if decoded.binary:
        return Reading(
            problem=f"this is {decoded.binary}, not a page or text; name the page that links it"
        )
    text = decoded.text
    if kind == "html" or (kind == "auto" and _is_html(text, content_type)):
        # The parser costs memory: a text bulletin does without it.
        from feeds.read_html import read_html

        return read_html(text, url=url, zone=zone, now=now, language=language, selectors=selectors)
    dates = DateReader(language=language, zone=zone, now=now, texts=[text])
    return read_text(text, dates=dates, base_url=url)


def _is_html(text: str, content_type: str) -> bool:
    if "html" in content_type:
        return True
    if content_type.startswith("text/plain"):
        return False
    return bool(_HTML.search(text, 0, _LOOKED_AT))
