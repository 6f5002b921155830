"""Where past digests stand: paths below the site and absolute addresses. Pure."""

from __future__ import annotations

from feeds.addresses import ATOM, DIGESTS, JSON_FEED, RSS
from feeds.feed import FeedUrls


def digests_path(slug: str) -> str:
    """Return the folder of a bulletin's past digests, below the site."""
    return f"{slug}/{DIGESTS}"


def digest_path(slug: str, number: int) -> str:
    """Return the path of one digest's page."""
    return f"{digests_path(slug)}{number}.html"


def digest_feed_paths(slug: str) -> FeedUrls:
    """Return the paths of the feed of past digests."""
    return FeedUrls(RSS, ATOM, JSON_FEED).below(digests_path(slug))


def digests_address(base_url: str, slug: str) -> str:
    """Return the address at which past digests are listed."""
    return f"{base_url}/{digests_path(slug)}"


def digest_address(base_url: str, slug: str, number: int) -> str:
    """Return the address of one digest's page."""
    return f"{base_url}/{digest_path(slug, number)}"
