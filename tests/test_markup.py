"""Markup that may be published, text out of markup, and addresses, against all that pages hold."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from feeds.markup import paragraphs_html, plain_text, sanitise, web_url

PAGE = "https://x.test/news/page.html"
PICTURE = '<img src="https://x.test/news/a.png" alt="">'
# What is left of any markup, however large: 20 000 characters, five for one at the most, and tags.
BOUND = 200_000

_SAFE_TAGS = frozenset(
    "a abbr audio b bdi bdo blockquote br caption cite code dd del details dfn div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp "
    "small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var "
    "video wbr".split()
)
_SAFE_ATTRIBUTES = frozenset(
    "alt cite colspan controls datetime dir height href lang poster preload reversed rowspan "
    "scope src srcset start title type width".split()
)
_ADDRESSES = frozenset("cite href poster src srcset".split())
_SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`\\]*|https?://.*", re.DOTALL)


class _Reader(HTMLParser):
    """Holds each element that a document opens against what may be published."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check one element."""
        assert tag in _SAFE_TAGS
        for name, value in attrs:
            assert name in _SAFE_ATTRIBUTES
            assert name not in _ADDRESSES or _SAFE_ADDRESS.fullmatch(value or "")


def _assert_harmless(markup: str) -> None:
    reader = _Reader()
    reader.feed(markup)
    reader.close()


PIECES = [
    *("<p>", "</p>", "<b>", "</b>", "<i class=x>", "</i>", "<div>", "</div>", "<br>", "<hr>"),
    *("<ul><li>", "</ul>", "<table><tr><td>", "</table>", "<td>", "<pre>", "</pre>", "<h2>"),
    *("<a href=b>", "<a href='javascript:alert(1)'>", "<a>", "</a>", "<span>", "</span>"),
    *("<img src=a.png>", "<img src=a.png onerror=alert(1)>", "<img width=1 src=a>", "<IMG SRC='"),
    *("<script>", "</script>", "<style>", "</style>", "<svg>", "</svg>", "<math>", "<mtext>"),
    *("<noscript>", "</noscript>", "<template>", "</template>", "<textarea>", "</textarea>"),
    *("<section>", "<legend>", "<h3>", "<dd>", "<address>", "<center>", "<ruby>", "<rt>"),
    *("<title>", "<select>", "<option>", "<iframe>", "</iframe>", "<form action=x>", "<input>"),
    *("<foreignObject>", "<mglyph>", "<annotation-xml encoding='text/html'>", "<plaintext>"),
    *("<!--", "-->", "<![CDATA[", "]]>", "<!doctype html>", "<?php ?>", "</", "<", ">", '"', "'"),
    *("<video src=v.mp4>", "<source src=v.webm>", "</video>", "<blockquote cite=c>", "<q>"),
    *("&", "&lt;", "&#60;script&#62;", "&nbsp;", "&#0;", "&amp;lt;", "&bogus;", "&shy;"),
    *(" ", "\n", "\n\n", "\t", "\x00", "\xa0", "\u200b", "\u2800", "\u0301", "\u202e", "\ud800"),
    *("word", "two words", "1 < 2", " onclick=x ", "javascript:alert(1)", "\U0001f468\u200d"),
]
any_markup = some.lists(some.sampled_from(PIECES) | some.text(max_size=4), max_size=24).map("".join)
property_of_markup = settings(max_examples=200, deadline=None)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<script>alert(1)</script><p>a</p>", "<p>a</p>"),
        ("<SCRIPT SRC=//e.test/x.js></SCRIPT><p>a", "<p>a</p>"),
        ("<scr<script>ipt>alert(1)</script><p>a</p>", "ipt&gt;alert(1)<p>a</p>"),
        ("<p>a<script>alert(1)", "<p>a</p>"),
        ("<img src=a.png onerror=alert(1)>", PICTURE),
        (
            "<img/src=a.png/onerror=alert(1)>",
            '<img src="https://x.test/news/a.png/onerror=alert(1)" alt="">',
        ),
        ('<img src="a.png"onerror="alert(1)">', PICTURE),
        ("<p onclick='x()' ONMOUSEOVER=y()>a</p>", "<p>a</p>"),
        ('<p style="background:url(javascript:x)" class="x" id="y">a</p>', "<p>a</p>"),
        ('<iframe src="https://e.test"></iframe><p>a</p>', "<p>a</p>"),
        ('<iframe srcdoc="<script>x</script>">in</iframe><p>a</p>', "<p>a</p>"),
        ("<style>p{color:red}</style><p>a</p>", "<p>a</p>"),
        ("<svg onload=alert(1)><circle/><text>t</text></svg><p>a</p>", "<p>a</p>"),
        ("<object data=x><p>b</p></object><embed src=x><p>a</p>", "<p>a</p>"),
        (
            "<form action=//e.test><input name=x><button>Go</button><p>a</p></form>",
            "<div><p>a</p></div>",
        ),
        ('<meta http-equiv=refresh content="0;url=//e.test"><p>a</p>', "<p>a</p>"),
        ("<link rel=stylesheet href=//e.test><p>a</p>", "<p>a</p>"),
        ("<base href=https://e.test/><a href=b>a</a>", '<a href="https://x.test/news/b">a</a>'),
        ("<marquee onstart=alert(1)>a</marquee>", "a"),
        ("<p>a<b>b", "<p>a<b>b</b></p>"),
        ("<p>a<b>b</p>c</b>", "<p>a<b>b</b></p><b>c</b>"),
        ("<!-- <!-- --> a --><p>b</p>", "a --&gt;<p>b</p>"),
        ("<!--><script>alert(1)</script>--><p>b</p>", "--&gt;<p>b</p>"),
        ("<!--[if IE]><script>alert(1)</script><![endif]--><p>b</p>", "<p>b</p>"),
        ("<p>a</p><!-- never closed <script>", "<p>a</p>"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<p>\x00a\x1b\ufffe\u202eb</p>", "<p>ab</p>"),
        (
            '<noscript><p title="</noscript><img src=a.png onerror=alert(1)>"></noscript>',
            f'{PICTURE}"&gt;',
        ),
        (
            (
                "<math><mtext><table><mglyph><style><!--</style>"
                '<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;"></table></math><p>b</p>'
            ),
            "<p>b</p>",
        ),
        (
            '<svg></p><style><a id="</style><img src=a.png onerror=alert(1)>"></svg><p>b</p>',
            f'{PICTURE}"&gt;<p>b</p>',
        ),
        (
            "<form><math><mtext></form><form><mglyph><style></math><img src=a onerror=alert(1)>",
            "",
        ),
        ("<p>a<textarea></p><script>alert(1)</script></textarea>", "<p>a</p>"),
        ("<template><script>alert(1)</script></template><p>a</p>", "<p>a</p>"),
        ("<xmp><p title='</xmp><script>alert(1)</script>'></xmp><p>a</p>", "'&gt;<p>a</p>"),
        ("<plaintext><script>a", "&lt;script&gt;a"),
    ],
)
def test_what_acts_is_gone(markup: str, expected: str) -> None:
    """Scripts, frames, forms, styles and tricks of parsers leave at most their text."""
    cleaned = sanitise(markup, PAGE)

    assert cleaned == expected
    _assert_harmless(cleaned)
    assert sanitise(cleaned, PAGE) == cleaned


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java&#x0A;script:alert(1)",
        " \x01javascript:alert(1)",
        "&#14; javascript:alert(1)",
        "&#106;avascript&colon;alert(1)",
        "&#0000106&#0000097vascript:alert(1)",
        "javascript&Tab;:alert(1)",
        "\u200bjavascript:alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "DATA:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "blob:https://x.test/1",
        "view-source:javascript:alert(1)",
        "feed:javascript:alert(1)",
        "ftp://x.test/a",
        "",
    ],
)
def test_a_link_leads_to_the_web_or_nowhere(href: str) -> None:
    """Whatever hides its scheme; the words of the link stay."""
    assert sanitise(f'<a href="{href}">a</a>', PAGE) == "a"
    assert sanitise(f'<p>a<img src="{href}"></p>', PAGE) == "<p>a</p>"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("b.html", "https://x.test/news/b.html"),
        ("../b?x=1&amp;y=2#z", "https://x.test/b?x=1&amp;y=2#z"),
        ("//e.test/a", "https://e.test/a"),
        ("https://user:secret@e.test/", "https://e.test/"),
        ("mailto:a@x.test?subject=Hi there", "mailto:a@x.test?subject=Hi%20there"),
        ("MAILTO:a@x.test", "mailto:a@x.test"),
        ("mailto:&quot;&gt;&lt;b@x.test", "mailto:%22%3E%3Cb@x.test"),
    ],
)
def test_links_are_absolute_and_nothing_else(href: str, expected: str) -> None:
    """The address of a link is all that is left of it."""
    markup = f'<a href="{href}" target=_blank rel=opener ping=//e.test class=x>a</a>'

    assert sanitise(markup, PAGE) == f'<a href="{expected}">a</a>'


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<img src=a.png>", PICTURE),
        (
            "<img src=a.png alt='Port &amp; sea' width=300 height=200>",
            '<img src="https://x.test/news/a.png" alt="Port &amp; sea" width="300" height="200">',
        ),
        (
            "<img src=a.png srcset='a.png 1x, b.png 2x'>",
            (
                '<img src="https://x.test/news/a.png" '
                'srcset="https://x.test/news/a.png 1x, https://x.test/news/b.png 2x" alt="">'
            ),
        ),
        (
            "<img srcset='/s.png 320w,/l,1.png 640w'>",
            (
                '<img src="https://x.test/l,1.png" '
                'srcset="https://x.test/s.png 320w, https://x.test/l,1.png 640w" alt="">'
            ),
        ),
        ("<img src=a.png srcset='javascript:x 1x, data:x 2x'>", PICTURE),
        ("<img src=blank.gif data-src=a.png>", PICTURE),
        ("<img src='data:image/gif;base64,R0' data-original=a.png>", PICTURE),
        ("<img data-lazy-src=a.png>", PICTURE),
        (
            "<img data-srcset='s.png 1x, a.png 2x'>",
            (
                '<img src="https://x.test/news/a.png" '
                'srcset="https://x.test/news/s.png 1x, https://x.test/news/a.png 2x" alt="">'
            ),
        ),
        ("<picture><source srcset=a.webp><img src=a.png></picture>", PICTURE),
        ("<img src='data:image/png;base64,AAAA'>", ""),
        ("<img alt='no address'>", ""),
        ("<img src=t.gif width=1 height=1>", ""),
        ("<img src=t.gif width=0>", ""),
        ("<img src=t.gif height=1px>", ""),
        ("<img src=t.gif style='width: 1px; height: 1px'>", ""),
        ("<img src=t.gif style='color:red;display:none'>", ""),
        ("<img src=t.gif style='visibility: hidden'>", ""),
        ("<a href=b><img src=t.gif width=1></a>", ""),
        ("<img src=a.png style='max-width: 100px; width: 100px'>", PICTURE),
    ],
)
def test_pictures_are_those_a_reader_would_see(markup: str, expected: str) -> None:
    """Absolute, with the address that a script would load; none that only counts readers."""
    cleaned = sanitise(markup, PAGE)

    assert cleaned == expected
    assert sanitise(cleaned, PAGE) == cleaned


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("", ""),
        ("plain  text", "plain text"),
        ("a > b", "a &gt; b"),
        ("1 &lt; 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<p></p><div><span> </span></div><p>a</p>", "<p>a</p>"),
        ("<p>&nbsp;</p><p>\u200b</p>", ""),
        ("<p>  a <b> b </b> c\n</p>", "<p>a <b>b </b>c</p>"),
        ("<pre>a\n  b</pre>", "<pre>a\n  b</pre>"),
        ("<section><menu><li>a</menu></section>", "<div><ul><li>a</li></ul></div>"),
        ("<strike>a</strike><tt>b</tt>", "<s>a</s><code>b</code>"),
        ("<p lang=EN_us dir=ltr title=' T '>a</p>", '<p lang="en-US" dir="ltr" title="T">a</p>'),
        ("<td colspan=2>a", "a"),
        ("<h2>a <a><h2>b", "<h2>a</h2><h2>b</h2>"),
        ("<ul><li>a<section><li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<p>a<legend>b</legend>", "<p>a</p><p>b</p>"),
        (
            "<video src=v.mp4 autoplay onplay=x>Old</video>",
            '<video src="https://x.test/news/v.mp4" controls="" preload="none"></video>',
        ),
        ("<p>onclick=x javascript:alert(1)</p>", "<p>onclick=x javascript:alert(1)</p>"),
    ],
)
def test_markup_has_one_form(markup: str, expected: str) -> None:
    """What looks the same is written the same; nothing empty is left, and words are words."""
    cleaned = sanitise(markup, PAGE)

    assert cleaned == expected
    assert sanitise(cleaned, PAGE) == cleaned


@property_of_markup
@given(any_markup)
def test_sanitising_twice_is_sanitising_once(markup: str) -> None:
    """Or the same item would be another one, each time it is read."""
    once = sanitise(markup, PAGE)

    assert sanitise(once, PAGE) == once


@property_of_markup
@given(any_markup)
def test_nothing_that_acts_comes_out(markup: str) -> None:
    """Of the elements and attributes that a parser finds, each is one that may be published."""
    _assert_harmless(sanitise(markup, PAGE))


@pytest.mark.parametrize(
    "piece",
    [
        "<b>",
        "<div>",
        "<b class=x>",
        "<a href=x>",
        "<table><tr><td>",
        "<p>",
        "<font size=1>",
        "<div>a",
        "<p>a",
        "<b>a",
        "<li>&amp;",
        "&amp;",
        "&lt;",
        "<",
        ">",
        "<!--",
        "</p>",
        "a\n\n",
        "<svg>",
        "<math>",
        "<p>a<p>\u2800",
        "\u0301",
        "<img src=a.png>",
        "&#x41;",
    ],
)
def test_enormous_markup_is_cut_to_a_size(piece: str) -> None:
    """However large or deep, there is an answer, of a bounded size, and it is its own."""
    enormous = piece * 200_000

    cleaned = sanitise(enormous, PAGE)

    assert len(cleaned) <= BOUND
    assert sanitise(cleaned, PAGE) == cleaned
    assert len(plain_text(enormous)) <= len(enormous)


@pytest.mark.parametrize("piece", ["<b>", "<div>", "<blockquote>a", "<ul><li>", "<span lang=en>a"])
def test_deep_markup_becomes_flat(piece: str) -> None:
    """Below the size that becomes text, elements nest no deeper than readers can follow."""
    cleaned = sanitise(piece * 2_000 + "the end", PAGE)

    assert "the end" in cleaned
    assert len(re.findall(r"<(?!/|br)", cleaned)) <= 60
    assert sanitise(cleaned, PAGE) == cleaned


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("", ""),
        ("a &amp; b &lt;p&gt;", "a & b <p>"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("<h1>a</h1>b", "a\n\nb"),
        ("<p>a\n  b <b>c</b><i>d</i></p>", "a b cd"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("a<script>x</script><style>y</style><!-- z -->b", "ab"),
        ("<img src=a alt=b><svg><text>t</text></svg>c", "c"),
        ("<p>1 &lt; 2&nbsp;&euro;</p>", "1 < 2 €"),
        ("&amp;lt;", "&lt;"),
        ("<p>a<p>b", "a\n\nb"),
    ],
)
def test_plain_text_is_what_a_reader_sees(markup: str, expected: str) -> None:
    """Blocks on lines of their own, entities decoded once, nothing that is not shown."""
    assert plain_text(markup) == expected


@property_of_markup
@given(any_markup)
def test_plain_text_of_clean_markup_has_no_tag(markup: str) -> None:
    """Text that is made a document again reads the same."""
    text = plain_text(markup)

    assert plain_text(html.escape(text)) == text
    assert "\x00" not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("\n \u200b", ""),
        ("a", "<p>a</p>"),
        ("a\nb\n\n\n c ", "<p>a<br>b</p><p>c</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ('"quoted"', '<p>"quoted"</p>'),
        ("a\n\n\u2800\n\nb", "<p>a</p><p>b</p>"),
    ],
)
def test_paragraphs_hold_the_text_as_it_is(text: str, expected: str) -> None:
    """A blank line parts paragraphs, and nothing in a text is markup."""
    assert paragraphs_html(text) == expected


@property_of_markup
@given(any_markup)
def test_paragraphs_are_clean_markup(text: str) -> None:
    """They are what sanitising leaves, whatever the text."""
    paragraphs = paragraphs_html(text)

    assert sanitise(paragraphs, PAGE) == paragraphs


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("a", "https://x.test/news/a"),
        ("/a", "https://x.test/a"),
        ("?q=1", "https://x.test/news/page.html?q=1"),
        ("#f", "https://x.test/news/page.html#f"),
        (".", "https://x.test/news/"),
        ("../../../a/./b/../c", "https://x.test/a/c"),
        ("//e.test/a", "https://e.test/a"),
        ("https://e.test", "https://e.test/"),
        ("HTTPS://E.Test/A", "https://e.test/A"),
        ("http://e.test:80/a", "http://e.test/a"),
        ("https://e.test:443/", "https://e.test/"),
        ("https://e.test:8443/a", "https://e.test:8443/a"),
        ("https://münchen.test/straße", "https://xn--mnchen-3ya.test/stra%C3%9Fe"),
        ("https://xn--mnchen-3ya.test/", "https://xn--mnchen-3ya.test/"),
        ("https://ex%41mple.test/", "https://example.test/"),
        ("https://[2001:DB8::1]:8080/a", "https://[2001:db8::1]:8080/a"),
        ("https://user:secret@e.test/a@b", "https://e.test/a@b"),
        ("https://x.test@e.test/", "https://e.test/"),
        ("https://e.test/to/https://b@c", "https://e.test/to/https://b@c"),
        ("a b", "https://x.test/news/a%20b"),
        ("  a\n\t", "https://x.test/news/a"),
        ("\ufeff\u200bhttps://e.test/\xa0", "https://e.test/"),
        ("ht\ntps://e.test/\ud800", "https://e.test/"),
        ("\\\\e.test\\a", "https://e.test/a"),
        ("/a\\b", "https://x.test/a/b"),
        ("https:\\\\e.test\\a", "https://e.test/a"),
        ("https:a", "https://x.test/news/a"),
        ("https:/a", "https://x.test/a"),
        ("http:/e.test/a", "http://e.test/a"),
        ("a|b", "https://x.test/news/a%7Cb"),
        ("a[1]{2}`^", "https://x.test/news/a%5B1%5D%7B2%7D%60%5E"),
        ("a%2fb%zz%", "https://x.test/news/a%2fb%25zz%25"),
        ("?q=ü&r=%C3%BC", "https://x.test/news/page.html?q=%C3%BC&r=%C3%BC"),
        ("?a=1&amp=2&lt;", "https://x.test/news/page.html?a=1&amp=2&lt;"),
        ("'\"<>", "https://x.test/news/'%22%3C%3E"),
        ("", ""),
        (" \t\u200b", ""),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("\x01JAVASCRIPT:alert(1)", ""),
        ("mailto:a@x.test", ""),
        ("tel:+123", ""),
        ("data:text/html,x", ""),
        ("ftp://e.test/a", ""),
        ("a:b", ""),
        ("https://", ""),
        ("http://:80/", ""),
        ("https://e.test:99999/", ""),
        ("https://a b.test/", ""),
        ('https://a"b.test/', ""),
        ("https://{a}`.test/", ""),
        ("https://e.test/" + "a" * 16_000, ""),
    ],
)
def test_an_address_is_absolute_as_browsers_resolve_it(href: str, expected: str) -> None:
    """A URI of http or https without a user, or nothing; and it is its own address."""
    assert web_url(href, PAGE) == expected
    assert web_url(expected, "") == expected


@pytest.mark.parametrize("base", ["", "nonsense", "mailto:a@x.test", "/news/"])
def test_a_reference_without_a_base_has_no_address(base: str) -> None:
    """What is absolute needs none."""
    assert web_url("a", base) == ""
    assert web_url("//e.test/a", base) == ""
    assert web_url("https://e.test/a#f", base) == "https://e.test/a#f"


_ADDRESS_PIECES = [
    *("http:", "https:", "HTTPS://", "javascript:", "mailto:", "x.test", "xn--", "a", "1", "ü"),
    *("/", "//", "\\", ".", "..", ":", ":80", "@", "?", "#", "%", "%41", "&", "&amp;", "'", '"'),
    *("<", "|", "[", "]", " ", "\t", "\x00", "\xad", "\u202e", "\u3002", "\ud800"),
]


@property_of_markup
@given(some.lists(some.sampled_from(_ADDRESS_PIECES), max_size=10).map("".join))
def test_any_address_is_a_uri_and_its_own(href: str) -> None:
    """Only the characters of RFC 3986, and nothing changes where it is read again."""
    url = web_url(href, PAGE)

    assert re.fullmatch(
        r"(https?://[\w.~%!$&'()*+,;=:\[\]-]+/[\w.~%!$&'()*+,;=:@/?#-]*)?", url, re.ASCII
    )
    assert web_url(url, PAGE) == url
    assert web_url(url, "") == url
