"""Clean markup: what may stand in a summary, with absolute links and nothing that acts.

The only door of nh3, which parses as browsers do and writes the tree out again.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from feeds.text import clean_block, clean_text

_INLINE = frozenset(
    "a abbr b bdi bdo br cite code del dfn em i img ins kbd mark q rp rt ruby s samp small "
    "span strong sub sup time u var wbr".split()
)
_BLOCK = frozenset(
    "blockquote caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol "
    "p pre summary table tbody td tfoot th thead tr ul".split()
)
# Gone with what is in them; every other tag goes and leaves its text.
_DROPPED = frozenset(
    "applet audio button canvas datalist form frameset iframe map math nav noscript object "
    "script select style svg template textarea title video".split()
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "time": {"datetime"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "reversed"},
    "blockquote": {"cite"},
}
_SCHEMES = {"http", "https", "mailto"}
# A page of a bulletin holds kilobytes of one item; more is not a summary.
_LONGEST = 500_000
# A picture of this size is there to count readers.
_TRACKING_PX = {"0", "1", "2"}
_EMPTY = re.compile(r"<(p|div|span|li|ul|ol|em|strong|b|i|h[1-6])>(?:\s|&nbsp;|<br>)*</\1>")
_PIXEL = re.compile(r"<img\b[^>]*>")
_SIZE = re.compile(r'\b(?:width|height)="(\d+)(?:px)?"')
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAKING = {tag for tag in _BLOCK if tag not in {"td", "th"}} | {"br"}
_PARAGRAPH = re.compile(r"\n{2,}")
_OPENING = re.compile(r"<(?=[a-zA-Z])")
# Trees deeper than this are an attack on the parser, not a layout.
_MOST_TAGS = 20_000


@lru_cache(maxsize=256)
def sanitise(markup: str, base_url: str) -> str:
    """Return the markup that may be published: an allow-list of tags, links made absolute.

    Links and pictures that are not http, https or mailto go; so do pictures that only count
    readers, and elements that are left empty. Markup beyond any summary's size is cut to text.
    """
    if "<" not in markup and "&" not in markup:
        return html.escape(clean_block(markup), quote=False)
    import nh3

    if len(markup) > _LONGEST or len(_OPENING.findall(markup, 0, _LONGEST)) > _MOST_TAGS:
        return paragraphs_html(plain_text(markup[:_LONGEST])[: _LONGEST // 10])
    cleaned = nh3.clean(
        clean_block(markup) if "<pre" not in markup else markup,
        tags=set(_INLINE | _BLOCK),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative=("rewrite_with_base", base_url) if _is_web(base_url) else "deny",
        link_rel=None,
    )
    cleaned = _PIXEL.sub(_without_pixel, cleaned)
    before = ""
    while before != cleaned:
        before, cleaned = cleaned, _EMPTY.sub("", cleaned)
    return clean_block(cleaned)


def _without_pixel(match: re.Match[str]) -> str:
    image = match.group()
    sizes = _SIZE.findall(image)
    if "src=" not in image or (sizes and all(size in _TRACKING_PX for size in sizes)):
        return ""
    return image


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))


@lru_cache(maxsize=256)
def plain_text(markup: str) -> str:
    """Return what a reader sees of clean markup: blocks on lines of their own, entities decoded."""
    if "<" not in markup and "&" not in markup:
        return clean_block(markup)
    text = _COMMENT.sub("", markup)
    text = _TAG.sub(lambda tag: "\n" if tag.group(2) in _BREAKING else "", text.replace("\n", " "))
    text = re.sub(r"\n[ \t]*\n\s*", "\n\n", html.unescape(text))
    return clean_block(text)


def paragraphs_html(text: str) -> str:
    """Return plain text as paragraphs, a blank line between them, line breaks kept."""
    paragraphs = (part.strip() for part in _PARAGRAPH.split(clean_block(text)))
    return "".join(
        f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>"
        for part in paragraphs
        if part
    )


_SAFE_IN_PATH = "/%:@!$&'()*+,;=~-._"
_SAFE_IN_QUERY = _SAFE_IN_PATH + "?"
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGEST_URL = 8_000


@lru_cache(maxsize=1024)
def web_url(href: str, base: str) -> str:
    """Return the absolute http or https address of a reference; empty where it has none.

    Normalised as browsers do: blanks and control characters out, backslashes turned, the host
    in its ASCII form, path and query percent-encoded once. A user name or password goes.
    """
    href = re.sub(r"[\t\n\r]", "", clean_text(href))
    if not href:
        return ""
    try:
        if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!//)", href):
            href = href.replace("\\", "/")
        parts = urlsplit(urljoin(base, href))
        scheme = parts.scheme.lower()
        if scheme not in {"http", "https"} or not parts.hostname:
            return ""
        port = parts.port
        host = _ascii_host(parts.hostname)
    except ValueError:
        return ""
    if port and (scheme, port) not in {("http", 80), ("https", 443)}:
        host = f"{host}:{port}"
    url = urlunsplit(
        (
            scheme,
            host,
            _encoded(parts.path or "/", _SAFE_IN_PATH),
            _encoded(parts.query, _SAFE_IN_QUERY),
            _encoded(parts.fragment, _SAFE_IN_QUERY),
        )
    )
    return url if len(url) <= _LONGEST_URL else ""


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        return host.lower()
    # The standard library's IDNA 2003 turns more names into something than IDNA 2008 does.
    return host.encode("idna").decode("ascii")


def _encoded(part: str, safe: str) -> str:
    return quote(_BAD_PERCENT.sub("%25", part), safe=safe)
