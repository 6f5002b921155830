"""Keys that items are looked up and compared by: what is volatile is taken out. Pure.

Keys are evidence, never identity: an item's id does not depend on them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from feeds.markup import plain_text

# Stored beside the keys: a later recipe can tell which of them it must make anew.
KEYS_VERSION = 1

_TRACKING = re.compile(
    r"(utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs(enc|mi)|pk_\w+|mtm_\w+|"
    r"phpsessid|jsessionid|sid|session_?id|ref_src|cmpid|wt\.mc_id)",
    re.IGNORECASE,
)
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_DEFAULT_DOCUMENT = re.compile(r"/(index|default|home)\.(html?|php|aspx?|jsp)$", re.IGNORECASE)
# Fragments that name a place which every page has; others may name the item itself.
_PLACE = re.compile(r"(top|content|main|respond|comments?|more-?\d*|start)?", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
_HOST = re.compile(r"^[^/?#]*")
_SUFFIX = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
# So many words name a place; more are made of a title.
_A_PLACE = 3

_UNIT = (
    r"(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|"
    r"sekunden?|minuten?|stunden?|tag(?:en?)?|wochen?|monat(?:en?)?|jahr(?:en?)?|"
    r"segundos?|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|a[nñ]os?|"
    r"secondes?|heures?|jours?|semaines?|mois|ans?|dias?|m[eê]s|anos?)"
)
_VOLATILE = re.compile(
    rf"\b\d+\s*{_UNIT}\s+(ago|atr[aá]s)\b"
    rf"|\b(vor|hace|il y a|h[aá])\s+\d+\s*{_UNIT}\b"
    r"|\b\d[\d.,]*\s*[km]?\s*(comments?|views?|reads?|likes?|shares?|replies|kommentare?|"
    r"aufrufe|comentarios?|comentários?|vistas|visitas|lecturas|commentaires?|vues|"
    r"min(ute)?s?\s+read)\b"
    r"|\b(comments?|views?|likes?|shares?)\s*[:(]\s*\d[\d.,]*\)?"
    r"|\d+\s*(秒|分|分钟|小时|時間|天|日|周|週間|个月|か月|年)\s*(前|之前)",
    re.IGNORECASE,
)
_NOT_A_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def url_key(url: str) -> str:
    """Return what of an address stands for the page: host, path, query and a telling fragment.

    Scheme, www, default ports and documents, the order of the query, tracking parameters,
    session ids and the case of percent-encodings do not count. Empty for an empty address.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        port = parts.port
    except ValueError:
        return url
    if port and port not in {80, 443}:
        host = f"{host}:{port}"
    path = _SLASHES.sub("/", _SESSION_IN_PATH.sub("", _recoded(parts.path)))
    path = _DEFAULT_DOCUMENT.sub("/", path).rstrip("/")
    kept = sorted(
        pair
        for pair in parts.query.split("&")
        if pair and not _TRACKING.fullmatch(pair.partition("=")[0])
    )
    query = f"?{'&'.join(_recoded(pair) for pair in kept)}" if kept else ""
    fragment = "" if _PLACE.fullmatch(parts.fragment) else f"#{_recoded(parts.fragment)}"
    return f"{host}{path}{query}{fragment}"


def is_of_one_item(url: str) -> bool:
    """Tell whether an address was made for one item: it has a number, a day or a whole title.

    Others name a place ("menu", "next-meeting"), where one item may follow another.
    """
    place = unquote(_HOST.sub("", url_key(url)))
    words = _NOT_A_WORD.split(_SUFFIX.sub("", place.rpartition("/")[2]))
    return any(map(str.isdigit, place)) or len(words) > _A_PLACE


def _recoded(text: str) -> str:
    return quote(unquote(text), safe="/%:@!$&'()*+,;=~-._?")


@lru_cache(maxsize=8192)
def title_key(title: str) -> str:
    """Return the words of a title: case, width, punctuation and counters do not count.

    Empty only for an empty title.
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    words = _NOT_A_WORD.sub(" ", _VOLATILE.sub(" ", folded)).strip()
    return words or " ".join(folded.split())


@lru_cache(maxsize=8192)
def text_key(summary_html: str) -> str:
    """Return the words of a summary, as title_key does those of a title; empty where none are."""
    if not summary_html:
        return ""
    folded = unicodedata.normalize("NFKC", plain_text(summary_html)).casefold()
    return _NOT_A_WORD.sub(" ", _VOLATILE.sub(" ", folded)).strip()
