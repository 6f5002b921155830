"""Where moved and ended addresses lead, as values."""

from __future__ import annotations

import pytest

from feeds.routes import Route, Routes, read_routes, write_routes

MOVED = Route(path="old/", location="https://news.example.org/new/")
PAGE = Route(path="old/about.html", location="https://elsewhere.example/about")
ABROAD = Route(path="port/", location="https://port.example/news")
ENDED = Route(path="ended/")


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("old", 301, "https://news.example.org/new/"),
        ("old/", 301, "https://news.example.org/new/"),
        ("old/rss.xml", 301, "https://news.example.org/new/rss.xml"),
        ("old/items/a.html", 301, "https://news.example.org/new/items/a.html"),
        ("old/items/", 301, "https://news.example.org/new/items/"),
        ("old/about.html", 301, "https://elsewhere.example/about"),
        ("port/rss.xml", 301, "https://port.example/news"),
        ("ended/", 410, ""),
        ("ended/atom.xml", 410, ""),
    ],
)
def test_what_moved_or_ended_is_known_with_all_below_it(
    path: str, status: int, location: str
) -> None:
    """Each path leads where the same document stands now."""
    route = Routes([MOVED, PAGE, ABROAD, ENDED]).find(path)

    assert route is not None
    assert (route.status, route.location) == (status, location)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "older/",
        "old/..",
        "old/../x",
        "old//x",
        "old/a\r\nSet-Cookie: a=b",
        "about.html/x",
        "a/b",
    ],
)
def test_what_did_not_move_has_no_route(path: str) -> None:
    """Nor has what no published document could be called."""
    assert Routes([MOVED, PAGE, ENDED, Route(path="about.html")]).find(path) is None


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("", ""),
        ("/old/", ""),
        ("../old", ""),
        (".lock", ""),
        ("old", "javascript:alert(1)"),
        ("old", "new/"),
        ("old", "https://a.example/\r\nSet-Cookie: a=b"),
        ("old", 'https://a.example/"; return 200 "x'),
        ("old", "https://a.example/$host"),
    ],
)
def test_a_route_that_could_break_a_header_is_refused(path: str, location: str) -> None:
    """Or the configuration of a server that takes it over."""
    with pytest.raises(ValueError, match="not a"):
        Route(path=path, location=location)


def test_routes_are_the_same_bytes_in_any_order_and_read_back() -> None:
    """So that publishing twice writes nothing."""
    routes = (ENDED, MOVED, PAGE)

    assert write_routes(routes) == write_routes(reversed(routes))
    assert set(read_routes(write_routes(routes))) == set(routes)


@pytest.mark.parametrize("document", [None, b"", b"{", b"[1]", b'[{"path": "/"}]', b"\xff"])
def test_a_document_that_cannot_be_read_has_no_routes(document: bytes | None) -> None:
    """The site is served all the same."""
    assert read_routes(document) == ()
