"""Clean markup: what may stand in a summary, with absolute links and nothing that acts.

The only door of nh3, which parses as browsers do and writes the tree out again, in one form.
What is left of that tree is put in order in ``feeds.markup_tidy``.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from feeds.markup_tidy import BLOCK, INLINE, MEDIA, TINY, breaks_to_lines, tidy
from feeds.text import clean_block, clean_text, is_visible, language_tag, legal_text, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    import nh3

# Gone with what is in them; every other tag that is not allowed goes and leaves its text.
_DROPPED = frozenset(
    "applet button canvas datalist frameset iframe map math nav noembed noframes noscript "
    "object script select style svg template textarea title xmp".split()
)
# The lazy ones name the picture that a script would have put in the place of a blank one.
_LAZY = {"data-src", "data-original", "data-lazy-src", "data-srcset"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "audio": {"src"},
    "blockquote": {"cite"},
    "del": {"cite", "datetime"},
    "img": {"src", "srcset", "alt", "width", "height", "style", *_LAZY},
    "ins": {"cite", "datetime"},
    "ol": {"start", "reversed"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src", "poster", "width", "height"},
}
_SCHEMES = {"http", "https", "mailto"}
# A summary has kilobytes and some hundred tags. Beyond these, trees are built to exhaust:
# nested elements cost the square of their number.
_LONGEST = 200_000
_MOST_TAGS = 10_000
_DEEPEST = 250
# These end by themselves, or never hold anything.
_FLAT = frozenset("br hr img source wbr p li dt dd tr td th option a input link meta".split())
_LONGEST_TEXT = 20_000
_MOST_ROUNDS = 6
_CACHED = 10_000
_OPENING = re.compile(r"<(?=[a-zA-Z])")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)")
# Unclosed formatting elements that differ are repeated in each block that follows: a thousand of
# them before a thousand paragraphs become a million. Without attributes they cannot differ.
_FORMATTING = re.compile(
    r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/][^<>]*>", re.IGNORECASE
)


def sanitise(markup: str, base_url: str) -> str:
    """Return the markup that may be published: an allow-list of tags, every address absolute.

    Addresses other than http and https (and mailto in links) go; so do pictures that only count
    readers, and elements that are left empty. Markup beyond any summary's size becomes text.
    """
    if len(markup) > _CACHED:
        return _sanitise(markup, base_url)
    return _sanitise_cached(markup, base_url)


def _sanitise(markup: str, base_url: str) -> str:
    if _is_excessive(markup):
        return _as_text(markup)
    if "<" not in markup and "&" not in markup:
        # The same as below, without a tree.
        cleaned = tidy(html.escape(markup, quote=False).replace("\xa0", "&nbsp;"))
        return _as_text(cleaned) if _is_excessive(cleaned) else cleaned
    cleaner = _cleaner(base_url)
    markup = legal_text(markup)
    # A tree that lost or renamed elements may be read as another one (a heading in a heading, an
    # item in an item): only what is read as it was written is of one form.
    for _ in range(_MOST_ROUNDS):
        cleaned = tidy(cleaner.clean(_FORMATTING.sub(r"<\1>", markup)))
        if cleaned == markup:
            return cleaned
        # Unclosed elements are repeated, and one character can become five.
        if _is_excessive(cleaned):
            break
        markup = cleaned
    return _as_text(markup)


def _as_text(markup: str) -> str:
    return paragraphs_html(shorten(plain_text(markup), _LONGEST_TEXT))


# A check reads the same summaries again and again.
_sanitise_cached = lru_cache(maxsize=256)(_sanitise)


def _is_excessive(markup: str) -> bool:
    if len(markup) > _LONGEST:
        return True
    tags = len(_OPENING.findall(markup))
    return tags > _MOST_TAGS or (tags > _DEEPEST and _is_too_deep(markup))


def _is_too_deep(markup: str) -> bool:
    """Whether more elements are open at once than any summary has."""
    unclosed: Counter[str] = Counter()
    depth = 0
    for match in _TAG.finditer(markup):
        name = match.group(2).lower()
        if name in _FLAT:
            continue
        if not match.group(1):
            unclosed[name] += 1
            depth += 1
            if depth > _DEEPEST:
                return True
        elif unclosed[name]:
            unclosed[name] -= 1
            depth -= 1
    return False


@lru_cache(maxsize=16)
def _cleaner(base_url: str) -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(INLINE | BLOCK | MEDIA),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_attribute, base_url),
        url_schemes=_SCHEMES,
        url_relative="pass_through",
        link_rel=None,
    )


def _attribute(base_url: str, _tag: str, name: str, value: str) -> str | None:
    """Return what an attribute may hold, None where it must go."""
    reader = _READERS.get(name)
    return reader(value, base_url) if reader else None


def _address(value: str, base_url: str) -> str | None:
    return web_url(value, base_url) or None


def _link(value: str, base_url: str) -> str | None:
    scheme, colon, mailbox = value.strip().partition(":")
    if colon and scheme.lower() == "mailto":
        return f"mailto:{quote(unquote(mailbox), safe='@?=&,;:+!$*()~/')}"
    return _address(value, base_url)


# Each character is looked at once: an address up to a blank, then its size up to a comma.
_CANDIDATE = re.compile(r"([^\s,]\S*+)([^,]*+)")
_SIZE = re.compile(r"(?:\d{1,6}(?:\.\d{1,6})?[wx])?")
_MOST_CANDIDATES = 30


def _candidates(value: str, base_url: str) -> str | None:
    """Return the addresses of a srcset, absolute, with their sizes."""
    found: list[str] = []
    place = 0
    while len(found) < _MOST_CANDIDATES and (match := _CANDIDATE.search(value, place)):
        reference, size = match.group(1).rstrip(","), match.group(2).strip()
        alone = match.group(1).endswith(",")
        place = match.end(1) if alone else match.end()
        address = web_url(reference, base_url)
        if address and (alone or _SIZE.fullmatch(size)):
            found.append(address if alone else f"{address} {size}".strip())
    return ", ".join(found) or None


_TINY_STYLE = re.compile(
    r"(?:^|;|\s)(?:(?:width|height)\s*:\s*[012](?:px)?\s*(?:;|$|!)|display\s*:\s*none"
    r"|visibility\s*:\s*hidden)",
    re.IGNORECASE,
)


def _style(value: str, _base_url: str) -> str | None:
    """Mark a picture that its style makes invisible; no style passes."""
    return TINY if _TINY_STYLE.search(value) else None


def _like(pattern: str) -> Callable[[str, str], str | None]:
    known = re.compile(pattern)
    return lambda value, _base_url: value if known.fullmatch(value) else None


_NUMBER = _like(r"\d{1,5}")
_DATE = _like(r"[\w.:+\- ]{1,40}")
_READERS: dict[str, Callable[[str, str], str | None]] = {
    "alt": lambda value, _: clean_text(value),
    "cite": _address,
    "colspan": _NUMBER,
    "data-lazy-src": _address,
    "data-original": _address,
    "data-src": _address,
    "data-srcset": _candidates,
    "datetime": _DATE,
    "dir": _like("ltr|rtl|auto"),
    "height": _like(r"\d{1,5}(?:px)?"),
    "href": _link,
    "lang": lambda value, _: language_tag(value) or None,
    "poster": _address,
    "reversed": _like(""),
    "rowspan": _NUMBER,
    "scope": _like("row|col|rowgroup|colgroup"),
    "src": _address,
    "srcset": _candidates,
    "start": _like(r"-?\d{1,5}"),
    "style": _style,
    "title": lambda value, _: clean_text(value) or None,
    "type": _like(r"[\w.+-]{1,60}/[\w.+-]{1,60}"),
    "width": _like(r"\d{1,5}(?:px)?"),
}


def plain_text(markup: str) -> str:
    """Return what a reader sees of any markup: blocks on lines of their own, entities decoded."""
    if "<" not in markup:
        return clean_block(html.unescape(markup))
    if _is_excessive(markup):
        return _rough_text(markup[:_LONGEST])
    outline = _outliner().clean(_FORMATTING.sub(r"<\1>", legal_text(markup)))
    return clean_block(html.unescape(breaks_to_lines(outline)))


@lru_cache(maxsize=1)
def _outliner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(BLOCK | {"br"}),
        clean_content_tags=set(_DROPPED | MEDIA),
        attributes={},
        link_rel=None,
    )


_ROUGH = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|textarea|title)\b.*?(?:</\1|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_ROUGH_TAG = re.compile(r"</?[a-zA-Z!?/][^<>]*>?")


def _rough_text(markup: str) -> str:
    """Return the text without building a tree: for what would exhaust the builder of one."""
    return clean_block(html.unescape(_ROUGH_TAG.sub("\n", _ROUGH.sub(" ", markup))))


_PARAGRAPH = re.compile(r"\n{2,}")


def paragraphs_html(text: str) -> str:
    """Return plain text as paragraphs, a blank line between them, line breaks kept."""
    return "".join(
        f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>"
        for part in _PARAGRAPH.split(clean_block(text))
        if is_visible(part)
    )


_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_CONTROLS = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")
_HREF = re.compile(r'href="([^"]*)"')
_CREDENTIALS = re.compile(r"^(https?://)[^/?#]*@")
# Browsers leave these as they are; a URI (RFC 3986) has no place for them.
_NOT_IN_URI = re.compile(r"[\\|^`{}\[\]]|%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"https?://[^/?#\"`{}]*(?=/)")
_SLASHES = re.compile(r"[/\\]{2}")
_LONGEST_URL = 16_000
# The edges of references that were pasted: blanks, and what has no width.
_URL_EDGES = " \xa0\u200b\u200c\u200d\u2060\ufeff\u3000"


@lru_cache(maxsize=4096)
def web_url(href: str, base: str) -> str:
    """Return the absolute http or https address of a reference; empty where it has none.

    As browsers resolve it: host in its ASCII form, dot segments and backslashes resolved, the
    rest percent-encoded once; beyond them, always a URI. A user name or password goes: it is
    nobody's to publish, and hides which host a link leads to.
    """
    href = _CONTROLS.sub("", href).strip(_URL_EDGES)
    if not href or len(href) > _LONGEST_URL:
        return ""
    href = _unschemed(href, base)
    scheme = _SCHEME.match(href)
    if scheme and scheme.group(1).lower() not in {"http", "https"}:
        return ""
    if scheme:
        base, hash_sign, fragment = href.partition("#")
        href = hash_sign + fragment
    match = _HREF.search(_resolved(href, base))
    if not match:
        return ""
    url = _CREDENTIALS.sub(r"\1", html.unescape(match.group(1)))
    host = _HOST.match(url)
    if not host:
        return ""
    rest = _NOT_IN_URI.sub(lambda found: f"%{ord(found.group()):02X}", url[host.end() :])
    return host.group() + rest


def _unschemed(href: str, base: str) -> str:
    """Return ``https:path`` as ``path``: without slashes, the scheme of the base says nothing."""
    scheme, colon, path = href.partition(":")
    if not colon or _SLASHES.match(path) or not base.lower().startswith(f"{scheme.lower()}://"):
        return href
    return path if path.startswith(("/", "\\", "?", "#")) else f"./{path}"


def _resolved(href: str, base: str) -> str:
    """Return a link to a relative reference, written by nh3: it resolves as browsers do."""
    import nh3

    try:
        return nh3.clean(
            f'<a href="{html.escape(href)}"></a>',
            tags={"a"},
            attributes={"a": {"href"}},
            url_schemes={"http", "https"},
            url_relative=("rewrite_with_base", base),
            link_rel=None,
        )
    except ValueError:  # the base is no address
        return ""
