"""The picture of a page that is pointed at: the whole page, and nothing of it acts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from browser import chromium
from hard_pages import HARD_PAGES
from origin import Origin, answer

from feeds.numbered import is_element, number_elements
from feeds.page import Page, Validators
from feeds.read_page import parse_page
from feeds.snapshot import Picture, headers, snapshot, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Frame
    from playwright.sync_api import Page as BrowserPage

URL = "https://harbour.example/news/"
ACT = "window.pwned=1;new Image().src='/leak'"
# Each would run or load something where a page is passed on as it is.
HOSTILE = (
    f"<script>{ACT}</script>",
    "<script src=/leak></script>",
    f'<img src=data:, onerror="{ACT}">',
    f'<svg onload="{ACT}"><animate onbegin="{ACT}" attributeName=x dur=1s></svg>',
    f"<svg><script>{ACT}</script></svg>",
    f'<svg><style><img src=data:, onerror="{ACT}"></style></svg>',
    f'<svg><style>&lt;/style&gt;&lt;img src=data:, onerror="{ACT}"&gt;</style></svg>',
    (
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=data:, '
        f'onerror={ACT}&gt;">'
    ),
    f'<math href="javascript:{ACT}">x</math>',
    f'<style></style\n><img src=data:, onerror="{ACT}"></style>',
    (
        "<style>@import '/leak'; body{background:url(/leak)} "
        "@font-face{font-family:a;src:url(/leak)} "
        "*{font-family:a;cursor:url(/leak),auto;list-style:url(/leak)}</style>"
    ),
    '<p style="background:url(/leak)">x</p>',
    (
        "<link rel=stylesheet href=/leak><link rel=preload as=image href=/leak>"
        "<link rel=icon href=/leak><link rel=prefetch href=/leak><link rel=preconnect href=/leak>"
        "<link rel=manifest href=/leak>"
    ),
    "<img src=/leak srcset='/leak 2x'><picture><source srcset=/leak><img src=/leak></picture>",
    "<video src=/leak poster=/leak autoplay></video><audio src=/leak autoplay></audio>",
    "<iframe src=/leak></iframe><object data=/leak></object><embed src=/leak><frame src=/leak>",
    f'<iframe srcdoc="<script>parent.pwned=1;{ACT}</script>"></iframe>',
    f'<iframe src="javascript:parent.pwned=1"></iframe><object data="javascript:{ACT}"></object>',
    f'<a href="javascript:{ACT}" id=go>x</a><a href=/leak ping=/leak id=go>x</a>',
    (
        f'<form action=/leak><button id=go onclick="{ACT}">x</button><input autofocus '
        f'onfocus="{ACT}"><input type=image src=/leak></form>'
    ),
    f'<details open ontoggle="{ACT}">x</details><body onload="{ACT}" background=/leak>',
    "<meta http-equiv=refresh content='0;url=/leak'><base href='/leak/'>",
    f'<noscript><p title="</noscript><img src=data:, onerror={ACT}>"></noscript>',
    f'<template><img src=data:, onerror="{ACT}"></template>',
    f'<xmp></xmp><img src=data:, onerror="{ACT}"></xmp><plaintext><img src=data:, onerror="{ACT}">',
    f'<textarea></textarea><img src=data:, onerror="{ACT}"></textarea>',
    f'<title></title><img src=data:, onerror="{ACT}"></title>',
    f'<!--[if IE]><script>{ACT}</script><![endif]--><!--><img src=data:, onerror="{ACT}">-->',
    f"<p title='\"><img src=data:, onerror=\"{ACT}\">' class='\"><script>{ACT}</script>'>x</p>",
    f'<p lang=\'" onmouseover="{ACT}" x="\'>x</p><marquee onstart="{ACT}">x</marquee>',
    f'<x-a onclick="{ACT}" is=x-b><slot onslotchange="{ACT}"></x-a><a-\u00e9>x</a-\u00e9>',
    (
        "<a id=parent name=parent></a><form id=addEventListener name=querySelector></form>"
        "<img id=body name=getElementById><a id=window></a><a id=document></a><a id=EventTarget>"
    ),
    (
        f'<isindex onfocus="{ACT}" autofocus><keygen autofocus onfocus="{ACT}"><select autofocus '
        f'onfocus="{ACT}"><option>x</select><div contenteditable autofocus onfocus="{ACT}">x</div>'
    ),
    f'<style>@keyframes x{{}}</style><p style="animation-name:x" onanimationstart="{ACT}">x</p>',
    (
        f"<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{ACT}'/>\">"
        f'<iframe src="data:text/html,<script>{ACT}</script>"></iframe>'
    ),
)
WINDOW = """<!doctype html><title>x</title><script>said = [];
addEventListener("message", (event) => said.push(event.data));
</script>"""
FRAME = '<iframe sandbox="allow-scripts" src="/picture/{}" width="900" height="600"></iframe>'


def page(markup: str) -> Page:
    """A page as it would be fetched."""
    return Page(
        body=markup.encode(),
        url=URL,
        content_type="text/html; charset=utf-8",
        status=200,
        validators=Validators(),
    )


# What of a picture would act or load something, but for its own script.
ACTIVE = r"""() => [...document.querySelectorAll("*")].flatMap((one) => [
  ...(one.localName === "script" && one !== document.scripts[0] ? ["script"] : []),
  ...[...one.attributes].map(({name, value}) => name + "=" + value).filter((text) =>
    /^on|^(?:href|action|ping|srcset|poster|srcdoc)=(?!#$)/i.test(text)
    || /^src=(?!data:image.(?!svg))/i.test(text))])"""


LIST = page(
    "<title>Harbour</title><main class=news><h1>News</h1><ul>"
    '<li><a href="/n/1">The bridge is <em>closed</em></a> <time>1 May 2026</time>'
    '<li><a href="/n/2">A new ferry</a> <time>2 May 2026</time></ul></main>'
)


@pytest.fixture(scope="module")
def shown() -> Iterator[tuple[Origin, BrowserPage]]:
    """A window with a picture in a frame, as the desk shows one."""
    with Origin() as origin, chromium(tests="what a page can do in its picture") as browser:
        origin.says(answer(404), path="/leak")
        origin.says(answer(404), path="/favicon.ico")
        yield origin, browser.new_page()


def show(shown: tuple[Origin, BrowserPage], *pages: Page) -> list[Frame]:
    """Load a window with the picture of each page, and return their frames."""
    origin, window = shown
    for place, of in enumerate(pages):
        picture = snapshot(of).html.encode()
        origin.says(answer(200, picture, headers()), path=f"/picture/{place}")
    body = WINDOW + "".join(FRAME.format(place) for place in range(len(pages)))
    origin.says(answer(200, body.encode(), {"Content-Type": "text/html"}))
    window.goto(origin.url(), wait_until="load")
    window.wait_for_function(f"said.length >= {len(pages)}")
    return window.frames[1:]


def test_nothing_of_a_page_acts_in_its_picture(shown: tuple[Origin, BrowserPage]) -> None:
    """No script of it runs, nothing is loaded or leaves; and what the policy would stop is gone."""
    origin, window = shown
    frames = show(shown, *map(page, HOSTILE))
    acted = []
    written = []
    for frame in frames:
        written += frame.evaluate(ACTIVE)
        frame.evaluate("for (const one of document.querySelectorAll('#go')) one.click()")
        if frame.evaluate("window.pwned"):
            acted.append(frame.url)
    said = window.evaluate("said")

    assert (acted, written) == ([], [])
    assert [one for one in said if one["tidings"] is not True] == []
    assert len(frames) == len(HOSTILE) == len(said)
    assert window.evaluate("window.pwned") is None
    paths = {asked.path for asked in origin.asked}
    assert {path for path in paths if not path.startswith("/picture/")} <= {"/", "/favicon.ico"}


def test_it_tells_what_is_pointed_at(shown: tuple[Origin, BrowserPage]) -> None:
    """By click and by keys; it outlines what was found and what was marked, and scrolls there."""
    [frame] = show(shown, LIST)
    window = shown[1]
    numbers = {
        name: int(frame.locator(css).first.get_attribute("data-n") or "-1")
        for name, css in (("item", "li"), ("title", "li a"), ("date", "time"), ("word", "em"))
    }
    spots = {"item": [numbers["item"]], "title": numbers["title"], "date": numbers["date"]}
    window.evaluate(
        """(spots) => frames[0].postMessage({tidings: true, kind: "show", items: [spots],
        marks: [{n: spots.date, part: "date"}]}, "*")""",
        spots,
    )
    frame.wait_for_selector("[data-tidings~=item]")
    frame.locator("em").click()
    frame.locator("body").press("Tab")
    for key in ("ArrowRight", "Enter"):
        window.keyboard.press(key)
    window.wait_for_function("said.length > 2")
    _, clicked, keyed = window.evaluate("said")
    looks = frame.evaluate(
        """() => ["li", "li a", "time"].map((css) => getComputedStyle(
        document.querySelector(css)).outlineStyle)"""
    )

    assert (clicked["kind"], clicked["n"], clicked["text"]) == (
        "pointed",
        numbers["word"],
        "closed",
    )
    assert clicked["around"][:2] == [numbers["title"], numbers["item"]]
    assert (keyed["how"], keyed["n"]) == ("key", numbers["title"])
    assert looks[0] == "solid"
    assert looks[2] == "double"
    assert window.url.endswith("/")


def test_a_number_names_the_same_element_for_browser_and_reader(
    shown: tuple[Origin, BrowserPage],
) -> None:
    """What a person points at is what is read: its text is the same in both trees."""
    differing = []
    frames = show(shown, *(page(hard.html) for hard in HARD_PAGES.values()))
    for hard, frame in zip(HARD_PAGES.values(), frames, strict=True):
        parsed, _ = parse_page(hard.html)
        assert parsed is not None
        nodes = number_elements(parsed).nodes
        texts = frame.evaluate(
            """() => [...document.body.querySelectorAll("[data-n]")]
            .map((one) => [Number(one.dataset.n), one.localName, one.textContent])"""
        )
        differing += [
            (hard, n) for n, tag, text in texts if (nodes[n].tag, nodes[n].text()) != (tag, text)
        ]
        assert len(texts) > 20

    assert differing == []


def test_elements_have_the_numbers_of_the_parse() -> None:
    """What is left out counts as well; so a number names the same element everywhere."""
    markup = "<head><script>1</script><style>p{}</style></head><p>a<svg><g/></svg><b>c</b><p>d"
    parsed, _ = parse_page(markup)
    assert parsed is not None
    written = re.findall(r"<(\w+)[^<>]* data-n=\"(\d+)\"", snapshot(page(markup)).html)

    nodes = number_elements(parsed).nodes

    assert [(tag, nodes[int(n)].tag) for tag, n in written] == [
        (tag, tag if tag != "span" else "svg") for tag, _ in written
    ]
    assert sum(is_element(node) for node in nodes) == len(nodes) == 10


def test_it_is_whole_with_what_was_fetched() -> None:
    """Styles stand in it, pictures as data; others keep their place; links look like links."""
    markup = (
        '<link rel=stylesheet href="/a.css" media=screen><link rel="alternate stylesheet" href=/b>'
        '<img src="p.png" width=30 alt=Pier><img data-src=q.png src="data:x" height=9>'
        '<pre>\n\nx</pre><a href="/n/1" onclick=x>n &lt; 1</a><iframe src=x width=40 height=30>'
    )
    got = snapshot(
        page(markup),
        styles={"https://harbour.example/a.css": "p{color:red}</style><script>"},
        pictures={URL + "p.png": Picture(mime="image/png", body=b"png")},
    ).html

    assert wanted(page(markup)).styles == ("https://harbour.example/a.css",)
    assert wanted(page(markup)).pictures == (URL + "p.png", URL + "q.png")
    assert "p{color:red}<\\/style><script></style>" in got
    assert '<img width="30" alt="Pier" data-n="5" src="data:image/png;base64,cG5n">' in got
    assert '<img height="9" data-n="6">' in got
    assert '<pre data-n="7">\n\nx</pre>' in got
    assert '<a data-n="8" href="#" tabindex="-1">n &lt; 1</a>' in got
    assert 'style="display:inline-block;width:40px;height:30px;" data-n="9"' in got


@pytest.mark.parametrize("piece", ["<a href=x>", "<style>*{}</style>"])
def test_its_size_is_bounded(piece: str) -> None:
    """Five megabytes of anything give no fifty."""
    got = snapshot(page(piece * (5_000_000 // len(piece))))

    assert len(got.html) < 20_000_000
