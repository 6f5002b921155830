"""What a page needs to be seen is fetched within bounds, and past the guard."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some
from origin import Answer, Origin, answer, redirect

from config.settings import FetchSettings
from feeds.fetch_guard import Guard
from feeds.fetch_parts import PartBounds, Parts, fetch_parts
from feeds.snapshot_write import Picture
from feeds.style_imports import with_imports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SETTINGS = FetchSettings(timeout=timedelta(seconds=5), deadline=timedelta(seconds=5))
HERE = Guard((ip_network("127.0.0.1/32"),))
GENEROUS = PartBounds(time=timedelta(seconds=30))
PNG = b"\x89PNG\r\n\x1a\n picture"
JPEG = b"\xff\xd8\xff\xe0 picture"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
AVIF = b"\x00\x00\x00\x1cftypavif"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine that runs the tests stands between them and the server."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server that says what the test tells it."""
    with Origin() as server:
        yield server


def typed(kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of that type."""
    return answer(body=body, headers={"Content-Type": kind, **(headers or {})})


def parts(
    origin: Origin,
    *,
    styles: Sequence[str] = (),
    pictures: Sequence[str] = (),
    home: str = "",
    bounds: PartBounds = GENEROUS,
) -> Parts:
    """Fetch what stands at these paths, for a page of the same server."""
    return fetch_parts(
        SETTINGS,
        HERE,
        home=home or origin.url("/page"),
        styles=[origin.url(path) for path in styles],
        pictures=[origin.url(path) for path in pictures],
        bounds=bounds,
    )


def test_style_sheets_come_whole_and_in_order(origin: Origin) -> None:
    """Each wanted sheet has those that it imports in their places, one level deep, and no other."""
    origin.says(redirect(302, "/css/main.css"), path="/moved.css")
    main = '/* ours */ @import "base.css" print; @import url(/gone.css); p { color: \xfc }'
    origin.says(typed("Text/CSS; charset=latin-1", main.encode("latin-1")), path="/css/main.css")
    origin.says(typed("text/css", b"@import 'deep.css';\nb { top: 0 }"), path="/css/base.css")
    origin.says(typed("text/css", b"i { }"), path="/last.css")
    origin.says(typed("text/html", b"<p>No such page"), path="/page.css")
    origin.says(answer(404), path="/gone.css")

    found = parts(origin, styles=["/moved.css", "/page.css", "/gone.css", "/last.css"]).styles

    assert list(found.items()) == [
        (
            origin.url("/moved.css"),
            "/* ours */ @media print {\n\nb { top: 0 }\n}\n  p { color: \xfc }",
        ),
        (origin.url("/last.css"), "i { }"),
    ]
    assert "/css/deep.css" not in {asked.path for asked in origin.asked}


def test_pictures_are_what_their_bytes_say(origin: Origin) -> None:
    """Pictures that only show are kept with their true type; what could act or is none is not."""
    for path, kind, body in (
        ("/a.png", "image/png", PNG),
        ("/b.jpg", "image/png", JPEG),
        ("/c.gif", "image/gif; x", b"GIF89a picture"),
        ("/d.webp", "application/octet-stream", WEBP),
        ("/e.avif", "image/avif", AVIF),
        ("/f.svg", "image/svg+xml", SVG),
        ("/g.png", "image/png", SVG),
        ("/h.png", "text/html", PNG),
        ("/i.png", "image/png", b""),
    ):
        origin.says(typed(kind, body), path=path)
    origin.says(answer(body=PNG), path="/j")
    paths = ["/a.png", "/b.jpg", "/c.gif", "/d.webp", "/e.avif", "/f.svg", "/g.png", "/h.png"]

    found = parts(origin, pictures=[*paths, "/i.png", "/j"]).pictures

    assert list(found.items()) == [
        (origin.url("/a.png"), Picture(mime="image/png", body=PNG)),
        (origin.url("/b.jpg"), Picture(mime="image/jpeg", body=JPEG)),
        (origin.url("/c.gif"), Picture(mime="image/gif", body=b"GIF89a picture")),
        (origin.url("/d.webp"), Picture(mime="image/webp", body=WEBP)),
        (origin.url("/e.avif"), Picture(mime="image/avif", body=AVIF)),
        (origin.url("/j"), Picture(mime="image/png", body=PNG)),
    ]


def test_nothing_is_told_that_is_nobody_s_business(origin: Origin) -> None:
    """No cookie goes from one part to the next, no address of the page, and we say who we are."""
    origin.says(typed("image/png", PNG, {"Set-Cookie": "a=1"}), path="/a.png")
    origin.says(typed("image/png", PNG), path="/b.png")

    parts(origin, pictures=["/a.png", "/b.png"], bounds=replace(GENEROUS, at_once=1))

    for asked in origin.asked:
        assert not {"cookie", "referer", "authorization"} & set(asked.headers)
        assert asked.headers["user-agent"] == SETTINGS.user_agent
        assert asked.headers["accept"].startswith("image/")


def test_a_page_s_parts_lead_nowhere_inside(origin: Origin) -> None:
    """A public page names nothing in a listed network, and none names what is not listed."""
    inside = origin.says(typed("image/png", PNG), path="/inside.png")
    css = f"@import '{inside.replace('127.0.0.1', '127.0.0.2')}';@import 'file:///etc/passwd';p{{}}"
    origin.says(typed("text/css", css.encode()), path="/a.css")
    origin.says(redirect(302, "http://127.0.0.3/"), path="/b.css")

    public = parts(origin, home="http://8.8.8.8/", styles=["/a.css"], pictures=["/inside.png"])
    private = parts(origin, styles=["/a.css", "/b.css"], pictures=["/inside.png"])

    assert public == Parts(styles={}, pictures={})
    assert private.styles == {origin.url("/a.css"): "p{}"}
    assert list(private.pictures) == [inside]


def test_what_a_sheet_imports_is_the_sheet_s_word(origin: Origin) -> None:
    """Where a sheet turns out to be public, nothing that it imports is in a listed network."""
    inside = origin.says(typed("text/css", b"i{}"), path="/inside.css")
    origin.says(typed("text/css", f"@import '{inside}';p{{}}".encode()), path="/a.css")
    answers = [("127.0.0.1",), ("127.0.0.1",), ("8.8.8.8",)]
    guard = replace(
        HERE, resolve=lambda host, _: answers.pop(0) if host == "turning.test" else (host,)
    )
    sheet = f"http://turning.test:{origin.port}/a.css"

    found = fetch_parts(SETTINGS, guard, home=origin.url(), styles=[sheet], pictures=[])

    assert found.styles == {sheet: "p{}"}
    assert [asked.path for asked in origin.asked] == ["/a.css"]


def test_numbers_and_bytes_have_an_end(origin: Origin) -> None:
    """No more parts are fetched than wanted, none too large is kept, and all have a sum."""
    paths = [f"/{number}.png" for number in range(6)]
    for path in paths:
        origin.says(typed("image/png", PNG.ljust(1000)), path=path)
    origin.says(typed("image/png", PNG.ljust(1500)), path="/1.png")
    origin.says(typed("text/css", b" " * 600), path="/large.css")
    bounds = PartBounds(pictures=5, style_bytes=500, picture_bytes=1200, all_bytes=3000, at_once=1)

    found = parts(origin, styles=["/large.css"], pictures=[*paths, "/0.png"], bounds=bounds)

    assert found.styles == {}
    assert [url.rpartition("/")[2] for url in found.pictures] == ["0.png", "2.png", "3.png"]
    assert Counter(asked.path for asked in origin.asked)["/5.png"] == 0


def test_time_has_an_end(origin: Origin) -> None:
    """What drips is left out with all that waits behind it, and what came before is kept."""
    origin.says(typed("image/png", PNG), path="/a.png")
    drip = Answer(data=typed("image/png", PNG).data, every_s=0.2)
    origin.says(drip, path="/drip.png")
    bounds = PartBounds(time=timedelta(seconds=1), at_once=1)

    found = parts(origin, pictures=["/a.png", "/drip.png", "/b.png"], bounds=bounds)

    assert list(found.pictures) == [origin.url("/a.png")]
    assert [asked.path for asked in origin.asked] == ["/a.png", "/drip.png"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('@import "a.css";p{}', "[a.css]p{}"),
        ("@import url(a.css);p{}", "[a.css]p{}"),
        ("@IMPORT url( 'a.css' ) ;p{}", "[a.css]p{}"),
        ("@import url(/b/c.css)", "[b/c.css]"),
        (
            '@charset "utf-8";\n@layer x, y;@import "a.css";',
            '@charset "utf-8";\n@layer x, y;[a.css]',
        ),
        ('@import "a.css";@import "b.css";p{}', "[a.css][b.css]p{}"),
        (
            '@import "a.css" screen and (min-width: 1px);',
            "@media screen and (min-width: 1px) {\n[a.css]\n}\n",
        ),
        ('@import "a.css" layer(x);', "@layer x {\n[a.css]\n}\n"),
        (
            '@import "a.css" layer supports(display: grid) print;',
            "@layer  {\n@supports (display: grid) {\n@media print {\n[a.css]\n}\n\n}\n\n}\n",
        ),
        ('@import "none.css";p{}', "p{}"),
        ('@import "javascript:x";p{}', "p{}"),
        ('p{} @import "a.css";', 'p{} @import "a.css";'),
        ('/* @import "a.css"; */ p{}', '/* @import "a.css"; */ p{}'),
        ("@import", "@import"),
        ("", ""),
    ],
)
def test_imports_stand_where_they_are_named(text: str, whole: str) -> None:
    """A sheet is put in the place of its name, under its conditions; elsewhere none is read."""

    def load(address: str) -> str:
        path = address.removeprefix("https://town.example/")
        return "" if path == "none.css" else f"[{path}]"

    assert with_imports(text, "https://town.example/main.css", load) == whole


@given(text=some.text(some.sampled_from("@import urlayers()'\"/*;{} \n"), max_size=60))
def test_no_style_sheet_breaks_the_reader(text: str) -> None:
    """Whatever a sheet holds, it is returned, and a sheet that imports nothing as it is."""
    whole = with_imports(text, "https://town.example/main.css", lambda _: "")

    assert len(whole) <= len(text)
    assert "@import" in text or whole == text
