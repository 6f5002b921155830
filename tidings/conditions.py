"""What a request asks of a document: which coding, and whether it has it already. Pure.

RFC 9110: preconditions (section 13) and content negotiation (section 12.5.3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feeds.backoff import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

# What proxies add to a tag when they compress: it is the same document.
_ADDED = re.compile(r"(--?|;|:)(gzip|br|zstd|deflate)$")
_WEIGHT = re.compile(r"(?i:q)=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def is_known(
    opaque: str, modified_s: int, *, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Tell whether the reader has the document of that tag and time, so that 304 is the answer.

    If-None-Match decides where it is present, by weak comparison. A date counts only where it
    is the very one that we sent, in any form of writing: a reader that makes one up from its own
    clock must not miss an item.
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or any(
            _opaque(tag) == opaque for tag in if_none_match.split(",")
        )
    if if_modified_since is None:
        return False
    instant = parse_http_date(if_modified_since)
    return instant is not None and int(instant.timestamp()) == modified_s


def _opaque(tag: str) -> str:
    """Return the tag itself: without weakness, quotes (some lose them), and what a proxy added."""
    return _ADDED.sub("", tag.strip().removeprefix("W/").strip('"'))


def choose_coding(accepted: str | None, sizes: Mapping[str, int]) -> str:
    """Return the coding in which to answer, of those that there are; empty for none.

    The reader's weights decide, and among equals the smallest. Who says nothing gets no coding,
    and so does who accepts nothing that there is: a document that can be read beats an error.
    """
    if not accepted:
        return ""
    weights = _weights(accepted)
    # Who takes anything has hardly thought of the newer ones.
    weights.setdefault("gzip", weights.get("*", 0.0))
    best, weight = "", weights.get("identity", 0.0)
    for coding in sorted(sizes, key=lambda coding: sizes[coding]):
        offered = weights.get(coding, 0.0)
        if offered > weight or (offered == weight > 0 and not best):
            best, weight = coding, offered
    return best


def _weights(accepted: str) -> dict[str, float]:
    """Read Accept-Encoding; what is malformed has no weight."""
    found: dict[str, float] = {}
    for part in accepted.split(","):
        coding, _, parameter = part.strip().partition(";")
        match = _WEIGHT.fullmatch(parameter.strip()) if parameter else None
        name = coding.strip().lower().removeprefix("x-")
        if name and (match or not parameter):
            found[name] = float(match[1]) if match else 1.0
    return found
