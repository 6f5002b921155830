"""What a page says of other documents: the feeds that it names, the page with its older items."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feeds.markup import web_url
from feeds.read_page import base_address, parse_page
from feeds.text import clean_text

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_FEED_TYPES = ("rss+xml", "atom+xml", "feed+json", "rdf+xml")
# A feed of comments is no feed of the page.
_COMMENTS = re.compile(r"comment|kommentar|comentari|commentaire|評論|コメント", re.IGNORECASE)
_MOST_FEEDS = 5
# "Previous" alone may mean the newer page, and "more" the rest of an item.
_OLDER = re.compile(
    r"(?:older|next|(?:previous|earlier|more)(?= ))"
    r"(?: (?:posts?|entries|news|items|page|articles))?"
    r"|(?:ältere|nächste|(?:vorherige|frühere|weitere)(?= ))(?: \w+)?"
    r"|(?:siguientes?|más antiguas?|página siguiente)(?: \w+)?|(?:entradas|noticias)"
    r" (?:anteriores|antiguas)|(?:próxim[ao]s?|mais antig[ao]s|seguinte)(?: \w+)?"
    r"|(?:suivante?s?|plus anciens?|articles précédents|page suivante)"
    r"|(?:successiv[aei]|più vecchi|prossim[ao])(?: \w+)?"
    r"|(?:volgende|oudere)(?: \w+)?|(?:äldre|nästa)(?: \w+)?"
    r"|(?:starsze|następna)(?: \w+)?|(?:sonraki|eski)(?: \w+)?"
    r"|(?:следующая|предыдущие|старые)(?: \w+)?|下一[页頁]|次へ|次のページ|다음|التالي",
    re.IGNORECASE,
)
_ARROWS = " \xa0«»‹›←→<>|·…"
_ARROW_ONLY = {"»", "›", "→", ">", ">>", "›››"}
_LONGEST_LINK = 40


def named_feeds(text: str, url: str) -> tuple[str, ...]:
    """Return the addresses of the feeds that a page names in its head, best first."""
    page, _ = parse_page(text)
    if page is None:
        return ()
    base = base_address(page, url)
    found: dict[str, None] = {}
    for link in page.css('link[rel~="alternate" i][href]'):
        kind = (link.attributes.get("type") or "").lower()
        about = f"{link.attributes.get('title') or ''} {link.attributes.get('href') or ''}"
        if kind.endswith(_FEED_TYPES) and not _COMMENTS.search(about):
            found[web_url(link.attributes.get("href") or "", base)] = None
    return tuple(address for address in found if address)[:_MOST_FEEDS]


def older_page(text: str, url: str) -> str:
    """Return the address of the page with the next older items; empty where none is named.

    What the page marks as next counts before what reads like it.
    """
    page, _ = parse_page(text)
    if page is None:
        return ""
    base = base_address(page, url)
    marked = page.css('link[rel~="next" i][href], a[rel~="next" i][href]')
    worded = (link for link in page.css("a[href]") if _reads_like_older(link))
    for link in (*marked, *worded):
        address = web_url(link.attributes.get("href") or "", base).partition("#")[0]
        if address and address != url.partition("#")[0]:
            return address
    return ""


def _reads_like_older(link: LexborNode) -> bool:
    text = clean_text(link.text())
    if len(text) > _LONGEST_LINK:
        return False
    label = clean_text(link.attributes.get("aria-label") or link.attributes.get("title") or "")
    words = text.strip(_ARROWS)
    if words:
        return bool(_OLDER.fullmatch(words))
    return text in _ARROW_ONLY or bool(_OLDER.fullmatch(label.strip(_ARROWS)))
