"""What readers do on the site: search, follow, sign up, look back, show it elsewhere."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests
from browser import chromium
from relay import Mailbox, free_port
from sites import Site, bulletin, serving

from config.load import parse
from tidings.allowance import Allowance
from tidings.work import tick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tidings.app import App

ITEMS = [
    ("20 November 2026", "Night ferry <b>& more</b>"),
    ("19 November 2026", "Bridge closed for the ferry"),
    *[(f"{28 - n} October 2026", f"Notice {n} of the office") for n in range(25)],
]


@dataclass
class World:
    """A site that is open and served at its own address."""

    site: Site
    app: App
    root: str

    def get(self, path: str, language: str = "") -> requests.Response:
        """Ask as a browser of a language does."""
        headers = {"Accept-Language": language}
        return requests.get(self.root + path, headers=headers, timeout=10)


@contextmanager
def site_at(folder: Path, tables: str, head: str = "", *, mail: str = "") -> Iterator[World]:
    """Publish two bulletins at the address at which they are served."""
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    site = Site(folder, head=f'base_url = "{root}"\n{head}')
    site.configure(f"{mail}{tables}")
    site.says("harbour", *ITEMS)
    site.says("quay", ("1 November 2026", "The ferry to the quay"))
    site.tick()
    with site.app() as app, serving(app, port):
        yield World(site, app, root)


# A relay that nobody asks: so mail is offered.
MAIL = '[mail]\nhost = "127.0.0.1"\nport = 9\nsender = "News <news@example.org>"\n'
TABLES = bulletin("harbour", "Harbour & sea") + bulletin("quay", "Quay", 'language = "es"')


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two bulletins, one of them long, and a merge of both."""
    tables = TABLES + '[merges.all]\ntitle = "All"\nbulletins = ["harbour", "quay"]\n'
    with site_at(tmp_path_factory.mktemp("public"), tables, mail=MAIL) as found:
        yield found


# --- search --------------------------------------------------------------------------------


def results(page: str) -> list[str]:
    """Return the titles on a page of results, with their marks."""
    return re.findall(r'<h2 dir="auto">.*?<a href="[^"]+">(.*?)</a>', page)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (
            "?q=ferry",
            [
                "Night <mark>ferry</mark> &lt;b&gt;&amp; more&lt;/b&gt;",
                "Bridge closed for the <mark>ferry</mark>",
                "The <mark>ferry</mark> to the quay",
            ],
        ),
        ("?q=ferry&bulletin=quay", ["The <mark>ferry</mark> to the quay"]),
        ("?q=ferry+-bridge&bulletin=all", ["Night <mark>ferry</mark> &lt;b&gt;&amp; more&lt;/b&gt;",
                                           "The <mark>ferry</mark> to the quay"]),
        ("?q=zebra", []),
        ("?q=", []),
        ("", []),
        ("?q=notice&page=2", [f"<mark>Notice</mark> {n} of the office" for n in range(20, 25)]),
        ("?q=notice&page=3", []),
    ],
)  # fmt: skip
def test_a_reader_finds_items(world: World, address: str, found: list[str]) -> None:
    """By words, in all or in one, page by page; what is found is marked, and is only text."""
    answer = world.get(f"/search{address}")

    assert answer.status_code == 200
    assert results(answer.text) == found
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("?q=a&bulletin=nothing", 404),
        ("?q=a&page=0", 404),
        ("?q=a&page=51", 404),
        ("?q=a&page=-1", 404),
        ("?q=a&page=x", 404),
        ("?q=" + "ferry+" * 2_000, 200),
        ("?q=-ferry", 200),
        ("?q=%ff'\"*(", 200),
        ("?q=%00", 400),
    ],
)
def test_an_odd_address_is_answered(world: World, address: str, status: int) -> None:
    """In words, whatever it is."""
    answer = world.get(f"/search{address}")

    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_a_search_speaks_the_language_of_its_reader(world: World) -> None:
    """That of the browser, else that of the bulletin."""
    for language, address, said in (
        ("fr", "", "Rechercher"),
        ("", "&bulletin=quay", "Buscar"),
        ("nl", "", "Search"),
    ):
        answer = world.get(f"/search?q=ferry{address}", language)

        assert f"<h1>{said}</h1>" in answer.text


def test_who_asks_without_end_waits(tmp_path: Path) -> None:
    """A network's searches are bounded; all else goes on."""
    with site_at(tmp_path, TABLES) as world:
        answers = [world.get("/search?q=ferry") for _ in range(40)]
        others = world.get("/subscribe/harbour")

    statuses = [answer.status_code for answer in answers]
    assert statuses[:30] == [200] * 30
    assert statuses[-1] == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert others.status_code == 200


def test_an_allowance_comes_back_with_time() -> None:
    """Each has its own, and those who asked longest ago are forgotten first."""
    allowance = Allowance(at_once=2, per_second=0.5)

    asked = [("a", 0), ("a", 0), ("a", 0), ("b", 0), ("a", 1), ("a", 2), ("a", 2), ("a", 99)]
    assert [allowance.take(who, now) for who, now in asked] == [
        *(True, True, False, True),
        *(False, True, False, True),
    ]


@pytest.mark.parametrize(
    ("head", "bucket", "is_shown"),
    [
        ("", "", True),
        ('search = "yes"', "", True),
        ('search = "no"', "", False),
        ("", '[bucket]\naddress = "s3://news"\n', False),
        ('search = "yes"', '[bucket]\naddress = "s3://news"\n', True),
    ],
)
def test_a_search_is_offered_where_it_is_answered(
    tmp_path: Path, head: str, bucket: str, *, is_shown: bool
) -> None:
    """Published files are searched by the service alone: by its setting, or by what is known."""
    text = f"[site]\n{head}\n{bucket}{bulletin('harbour', 'Harbour')}"
    assert parse(text, tmp_path / "tidings.toml", {}).is_searched is is_shown
    if bucket:
        return

    with site_at(tmp_path, TABLES, head) as world:
        pages = [world.get(path).text for path in ("/", "/harbour/")]
        status = world.get("/search?q=ferry").status_code

    assert ['role="search"' in page for page in pages] == [is_shown] * 2
    assert status == (200 if is_shown else 404)


# --- what an item was, and how its sources are ------------------------------------------------


def test_an_item_shows_all_that_it_was(tmp_path: Path) -> None:
    """The oldest first, each with what changed; what was merged into it, or forgotten, never."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour"))
    source = tmp_path / "harbour.txt"
    text = (
        "News\n\n20 November 2026\n\nFerry of others\n\nSomething secret, in some words.\n\n"
        "19 November 2026\n\nFerry {}\n\nThe crossing takes {} minutes now.\n\n"
        "17 November 2026\n\nBridge closed\n\nUntil the weekend.\n"
    )
    for title, minutes in (("late", "ten"), ("late", "twelve"), ("late <again>", "twelve")):
        source.write_text(text.format(title, minutes))
        site.tick()
    with site.app() as app:
        items = {item.content.title: item for item in app.items.latest("harbour", 9)}
        ferry, other = items["Ferry late <again>"], items["Ferry of others"]
        app.item_admin.merge(other, ferry, now=app.clock())
        app.publisher.publish_all()
    page = site.text(f"harbour/items/{ferry.token}.html")

    history = page.partition('<section class="correction"')[2].partition("</section>")[0]
    assert "Corrected 2 times, last on" in history
    assert re.findall(r"<del>(.*?)</del>", history) == ["ten "]
    assert re.findall(r"<ins>(.*?)</ins>", history) == ["twelve ", "&lt;again&gt;"]
    assert (
        history.index("First seen.")
        < history.index("<h3>Text</h3>")
        < history.index("<h3>Title</h3>")
    )
    assert "secret" not in page + site.text(f"harbour/items/{other.token}.html")


def test_a_page_says_how_its_sources_are_and_stays_the_same(tmp_path: Path) -> None:
    """Well or since when not, and the last news: bytes that no further reading changes."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour", sources=("office", "notices")))
    site.says("notices", ("1 June 2026", "Notice"), ("2 June 2026", "Another"))
    site.says("office", *ITEMS[1:])
    site.tick()
    site.says("office", *ITEMS)
    site.tick()
    well = site.text("harbour/index.html")
    site.tick()

    assert site.text("harbour/index.html") == well
    assert re.search(r"office</bdi>:\s+read well, at intervals of 1 hour.\s+Last news on", well)
    assert re.search(r"notices</bdi>:\s+read well, at intervals of 1 hour.\s*</li>", well)

    gone = (tmp_path / "notices.txt").rename(tmp_path / "away.txt")
    site.tick()
    sick = site.text("harbour/index.html")
    site.tick()

    assert site.text("harbour/index.html") == sick
    assert re.search(r'class="ill">\s+<bdi>notices</bdi>:\s+could not be read since 23 Nov', sick)
    assert str(tmp_path) not in sick

    gone.rename(tmp_path / "notices.txt")
    site.tick()
    assert site.text("harbour/index.html") == well


# --- on other sites --------------------------------------------------------------------------


@contextmanager
def foreign_site(page: str) -> Iterator[str]:
    """Serve one page at another origin."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def snippet(page: str, name: str) -> str:
    """Return what a reader copies out of the page that says how."""
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_a_bulletin_stands_on_another_site(world: World) -> None:
    """Its snippets show it there, and nothing else of ours can be framed.

    A form that is sent from there asks by mail, as ours does, and subscribes nobody.
    """
    app, root = world.app, world.root
    how = world.get("/harbour/embed/").text
    frames = "".join(
        f'<iframe name="{name}" src="{root}{path}"></iframe>'
        for name, path in (("page", "/harbour/"), ("form", "/subscribe/harbour"))
    )
    page_of_others = (
        "<!doctype html><title>Ours</title>"
        + "".join(snippet(how, name) for name in ("latest", "form", "frame"))
        + frames
    )
    with chromium(tests="our frames on other sites") as browser, foreign_site(page_of_others) as at:
        page = browser.new_page()
        page.goto(at, wait_until="load")
        seen = {frame.url: frame.locator("body").inner_text() for frame in page.frames[1:]}
        page.locator("form").get_by_label("E-mail address").fill("eve@example.org")
        page.locator("form button").click()
        page.get_by_role("heading", name="Look into your mailbox").wait_for()

    assert "Night ferry" in seen[f"{root}/harbour/embed/latest.html"]
    assert "Subscribe" in seen[f"{root}/harbour/embed/sign-up.html"]
    assert not any("Harbour" in text for url, text in seen.items() if "/embed/" not in url)
    assert app.subscribers.of_address("eve@example.org") == ()
    assert [one.bulletin for one in app.signups.pending("eve@example.org", now=app.clock())] == [
        "harbour"
    ]


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("en", "Put it on your site"),
        ("es", "Póngalo en su sitio"),
        ("fr", "Mettez-le sur votre site"),
        ("pt-BR", "Ponha-o no seu site"),
    ],
)
def test_how_to_show_it_is_said_in_its_language(
    tmp_path: Path, language: str, heading: str
) -> None:
    """The page that says how, and what stands in the form."""
    site = Site(tmp_path)
    site.configure(MAIL + bulletin("harbour", "Harbour", f'language = "{language}"'))
    site.says("harbour", *ITEMS[:2])
    site.tick()

    assert f"<h1>{heading}</h1>" in site.text("harbour/embed/index.html")
    assert "https://news.test/harbour/embed/latest.html" in site.text("harbour/embed/index.html")
    for name in ("latest", "sign-up"):
        text = site.text(f"harbour/embed/{name}.html")
        assert "<script" not in text
        assert len(text) < 4_000


# --- from the front page to the way out ------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_comes_subscribes_and_leaves(tmp_path: Path, *, scripts: bool) -> None:
    """Searches, opens a bulletin, signs up, confirms, gets a digest by SMTP, leaves by a button.

    With scripts and without them.
    """
    with ExitStack() as stack:
        mailbox = stack.enter_context(Mailbox())
        mail = (
            f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "none"\n'
            'sender = "News <news@example.org>"\n'
        )
        world = stack.enter_context(site_at(tmp_path, TABLES, mail=mail))
        app = world.app
        browser = stack.enter_context(chromium(tests="what a reader does on our site"))
        page = browser.new_context(java_script_enabled=scripts).new_page()
        page.goto(world.root)
        page.get_by_role("searchbox").fill("bridge")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Bridge closed for the ferry").click()
        page.get_by_role("link", name="Harbour & sea", exact=True).click()
        page.get_by_role("textbox", name="E-mail address").fill("ann@example.org")
        page.get_by_role("button", name="Next").click()
        assert page.get_by_label("E-mail address").input_value() == "ann@example.org"
        page.get_by_label("How often").select_option("instant")
        page.get_by_role("button", name="Subscribe").click()
        page.get_by_role("heading", name="Look into your mailbox").wait_for()

        page.goto(_link(_tick(app, mailbox), "confirm"))
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("heading", name="It begins").wait_for()

        _tick(app, mailbox)
        world.site.says("harbour", ("21 November 2026", "Whale seen in the harbour"), *ITEMS)
        world.site.clock.forward(hours=1, seconds=1)
        digest = _tick(app, mailbox)
        assert "Whale seen in the harbour" in digest

        page.goto(_link(digest, "unsubscribe"))
        page.get_by_role("button", name="Unsubscribe").click()
        page.get_by_role("heading", name="Unsubscribed").wait_for()
        (subscription,) = app.subscribers.of_address("ann@example.org")
        assert subscription.ended is not None
        page.get_by_role("link", name="Harbour & sea").click()
        assert page.url == f"{world.root}/harbour/"


def _tick(app: App, mailbox: Mailbox) -> str:
    """Do all that is due; return the text of the mail that came last, empty where none did."""
    before = len(mailbox.received)
    tick(app, lambda: False)
    if len(mailbox.received) == before:
        return ""
    mail = message_from_bytes(mailbox.received[-1][2], policy=policy.default)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _link(text: str, kind: str) -> str:
    found = re.search(rf"http://\S+/{kind}/\S+", text)
    assert found is not None, text
    return found[0].rstrip(".>")
