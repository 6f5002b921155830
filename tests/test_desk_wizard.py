"""A bulletin begins in a browser: an address, some pointing, a feed and a mail.

Real pages on loopback, the real service in a process of its own, a real browser.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from browser import chromium
from desks import Operator, text_of
from hard_pages import HARD_PAGES
from origin import Origin, answer, redirect
from playwright.sync_api import expect
from programs import node_package
from relay import free_port
from running import ROOT, Service, wait
from sites import serving
from test_snapshot import ACT, HOSTILE

from config.load import load
from tidings.app import open_app
from tidings.cli import CommandError
from tidings.renewing import IN_FORCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hard_pages import HardPage
    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as BrowserPage

HTML = {"Content-Type": "text/html; charset=utf-8"}
MOST_CLICKS = 9
TITLES = ("Swing bridge closed", "Ferry timetable", "New harbour master", "Fees for the year")
NEWS = "".join(
    f'<article><time datetime="2026-11-{20 - place}">{20 - place} November</time>'
    f'<h2><a href="/n/{place}">{title}</a></h2><p>What is to be said of it, {place}.</p></article>'
    for place, title in enumerate(TITLES)
)
HEAD = '<!doctype html><html lang="en"><head><title>Harbour news</title>'
PLAIN = f'{HEAD}<link rel="stylesheet" href="/look.css"></head><body>{NEWS}</body></html>'
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour feed</title>'
    "<link>https://harbour.example/</link><description>d</description>"
    + "".join(
        f"<item><title>{t}</title><link>https://harbour.example/{n}</link></item>"
        for n, t in enumerate(TITLES)
    )
    + "</channel></rss>"
)
NAMED = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
HEBREW = (
    '<!doctype html><html lang="he" dir="rtl"><head><title>חדשות הנמל</title></head><body><ul>'
    + "".join(
        f'<li><a href="/h/{n}">הודעה חדשה מספר {n} מאת הנהלת הנמל</a> '
        f'<time datetime="2026-11-{20 - n}">{20 - n} בנובמבר 2026</time></li>'
        for n in range(5)
    )
    + "</ul></body></html>"
)
EVIL = "</title></script><script>top.pwned=1</script><img src=x onerror=top.pwned=1>"
TRAP = (
    f"{HEAD}<title>{EVIL}</title><base href='/leak/'><meta http-equiv=refresh "
    f"content='0;url=/leak'></head><body onload=\"{ACT}\">"
    + NEWS.replace(TITLES[1], EVIL.replace("<", "&lt;"))
    + "".join(HOSTILE)
    + "<script>parent.postMessage({tidings:true,kind:'pointed',n:3},'*')</script></body></html>"
)
PAGES = {
    "/news": (PLAIN, HTML),
    "/named": (PLAIN.replace("</head>", f"{NAMED}</head>"), HTML),
    "/hebrew": (HEBREW, HTML),
    "/trap": (TRAP, HTML),
    "/empty": (f"{HEAD}</head><body><p>Nothing is here.</p></body></html>", HTML),
    "/rss.xml": (FEED, {"Content-Type": "application/rss+xml"}),
    "/leak": ("", HTML),
    "/leak/x": ("", HTML),
    "/look.css": ("h2 { color: rgb(1, 2, 3) }", {"Content-Type": "text/css"}),
    **{f"/{name}": (page.html, HTML) for name, page in HARD_PAGES.items()},
}


class Refusing:
    """A renewal that does not come about."""

    state = IN_FORCE

    def __call__(self) -> None:
        """Refuse."""
        raise CommandError("no, not now")


@dataclass
class World:
    """A service that began in an empty folder, pages on loopback, a browser; signed in."""

    folder: Path
    service: Service
    origin: Origin
    context: BrowserContext
    asked: list[str] = field(default_factory=list)

    @property
    def page(self) -> BrowserPage:
        """The one tab."""
        return self.context.pages[0]

    def address(self, path: str) -> str:
        """Return the address of one of the pages on loopback."""
        return f"http://127.0.0.1:{self.origin.port}{path}"

    def begin(self, path: str, page: BrowserPage | None = None) -> BrowserPage:
        """Begin a draft of one of the pages."""
        page = page or self.page
        page.goto(self.service.url("/desk/new"))
        page.get_by_label("Address of the page").fill(self.address(path))
        page.get_by_role("button", name="Look at it").click()
        page.wait_for_url(re.compile(r"/desk/new/[\w-]{12}$"))
        return page

    def configure(self, tables: str) -> Path:
        """Add to the configuration by hand, and have it read; return its file."""
        path = self.folder / "tidings.toml"
        path.write_text((path.read_text() if path.exists() else "") + tables)
        self.service.process.send_signal(signal.SIGHUP)
        return path

    def point(self, text: str, place: int, part: str) -> None:
        """Click the element with a text in the picture, as one part of an item."""
        page, words = self.page, {"item": "whole item", "not": "not an item"}
        page.locator(".tools label").filter(has_text=words.get(part, part)).last.click()
        before = page.locator("[data-show]").element_handle()
        page.frame_locator("[data-picture]").get_by_text(text, exact=True).nth(place).click()
        before.wait_for_element_state("hidden")

    def found(self) -> list[tuple[str, str, str]]:
        """Return the items in the list: title, day, path of the link."""
        items = self.page.locator(".found li").evaluate_all(
            "(all) => all.map((one) => [one.querySelector('.title').textContent,"
            " one.querySelector('.day').textContent.trim(),"
            " one.querySelector('.title a') ? one.querySelector('.title a').href : ''])"
        )
        return [(title, day, url.removeprefix(self.address(""))) for title, day, url in items]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of it."""
    with chromium(tests="that a bulletin can begin in a browser") as browser:
        yield browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[World]:
    """Start the service in an empty folder, and sign in by a link of the command line."""
    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDINGS_DESK_PRIVATE_NETWORKS", "127.0.0.0/8")
        service = Service(folder, free_port())
    try:
        with Origin() as origin, browser.new_context() as context:
            for path, (text, headers) in PAGES.items():
                origin.says(answer(200, text.encode(), headers), path=path)
            wait(lambda: service.answers("/health"))
            context.set_default_timeout(10_000)
            page = context.new_page()
            world = World(folder, service, origin, context)
            page.on("request", lambda asked: world.asked.append(asked.url))
            page.goto(sign_in_link(service))
            page.get_by_role("button", name="Sign in").click()
            yield world
    finally:
        service.stop()


def sign_in_link(service: Service) -> str:
    """Return an address that signs in once, as the command line makes it beside the service."""
    made = subprocess.run(
        [sys.executable, "-m", "tidings", "desk", "link"],
        cwd=service.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return service.url("/desk/" + made.stdout.strip().partition("/desk/")[2])


def test_from_nothing_to_a_feed_and_a_mail_in_under_ten_clicks(world: World) -> None:
    """An empty installation, a link that signs in: the last click sends the test digest."""
    page = world.page
    clicks = 1  # "Sign in", at the start of the world
    page.goto(world.service.url("/desk/"))
    page.get_by_role("link", name="New bulletin").click()
    clicks += 1
    page.get_by_label("Address of the page").fill(world.address("/news"))
    page.keyboard.press("Enter")
    clicks += 1
    page.wait_for_url(re.compile(r"/desk/new/[\w-]{12}$"))
    assert [title for title, _, _ in world.found()] == list(TITLES)
    assert not (world.folder / "tidings.toml").exists()

    page.get_by_role("button", name="Save and publish").click()
    clicks += 1
    page.wait_for_url("**/desk/bulletins/harbour-news/begun")
    page.get_by_text("4 items were read and published").wait_for()
    page.get_by_label("To", exact=True).fill("me@example.org")
    page.get_by_role("button", name="Send a test digest").click()
    clicks += 1
    page.get_by_text("A test digest for me@example.org was written").wait_for()

    assert clicks <= MOST_CLICKS
    feed = world.service.get("/harbour-news/rss.xml").text
    assert all(title in feed for title in TITLES)
    (mail,) = (world.folder / "data" / "mails").glob("*.eml")
    assert "Harbour news" in mail.read_text()
    (bulletin,) = load(world.folder / "tidings.toml", {}).bulletins
    assert (bulletin.slug, bulletin.title) == ("harbour-news", "Harbour news")
    page.goto(world.service.url("/desk/log"))
    log = page.locator("main").inner_text()
    assert "new bulletin" in log
    assert world.address("/news") in log


@pytest.mark.parametrize("name", sorted(HARD_PAGES))
def test_pointing_puts_a_hard_page_right(world: World, name: str) -> None:
    """A few clicks in the picture lead to what stands on it; undo leads back, step by step."""
    hard: HardPage = HARD_PAGES[name]
    page = world.begin(f"/{name}")
    before = world.found()
    assert before != list(hard.items)

    for text, place, part in hard.clicks:
        world.point(text, place, part)

    assert world.found() == list(hard.items)
    outlined = page.frame_locator("[data-picture]").locator('[data-tidings~="title"]')
    assert outlined.count() == len(hard.items)
    for _ in hard.clicks:
        old = page.locator("[data-show]").element_handle()
        page.get_by_role("button", name="Undo").click()
        old.wait_for_element_state("hidden")
    assert world.found() == before
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_nothing_of_a_page_acts(world: World) -> None:
    """Whatever stands on it, and whoever speaks in the name of its picture."""
    page = world.page
    world.asked.clear()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    world.begin("/trap")
    titles = [title for title, _, _ in world.found()]
    page.locator("iframe.preview").first.scroll_into_view_if_needed()
    for message in ("{tidings: true, kind: 'pointed', n: 3}", "{tidings: true, kind: 'ready'}"):
        page.evaluate(f"window.postMessage({message}, '*')")
        page.evaluate(f"document.querySelector('iframe').contentWindow.postMessage({message}, '*')")
    page.wait_for_load_state("networkidle")

    assert any("<script>" in title for title in titles)
    assert page.evaluate("window.pwned") is None
    assert [url for url in world.asked if "leak" in url or str(world.origin.port) in url] == []
    assert [title for title, _, _ in world.found()] == titles
    assert page.get_by_role("button", name="Undo").is_disabled()
    for path in ("picture", "page", "mail"):
        policy = page.request.get(f"{page.url}/{path}").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy


def test_all_of_it_works_without_scripts(world: World, browser: Browser) -> None:
    """Lists are chosen, items left out, rules written and the bulletin saved by forms alone."""
    cookies = world.context.cookies()
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = world.begin("/council", context.new_page())
        assert "needs JavaScript" in page.locator("noscript p").inner_text()
        page.get_by_text("Other lists on this page").click()
        page.get_by_role("button", name="Read this: the list that begins with Mayor").click()
        expect(page.locator(".found li")).to_have_count(2)
        page.get_by_role("button", name="Start over").click()
        page.get_by_role("button", name="Not an item: Meeting of committee 1").click()
        expect(page.locator(".found li")).to_have_count(6)
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Point by words").click()
        page.get_by_label("These words").select_option(label="Meeting of committee 1")
        page.get_by_role("button", name="Take it so").click()
        page.locator("details[data-name=rules] > summary").click()
        page.get_by_label("exclude", exact=True).fill("[")
        page.get_by_role("button", name="Read by these rules").click()
        expect(page.locator("main")).to_contain_text("exclude: found '['")
        page.go_back()
        page.locator("details[data-name=rules] > summary").click()
        page.get_by_label("exclude", exact=True).fill("committee [3-7]")
        page.get_by_role("button", name="Read by these rules").click()
        expect(page.locator(".found li")).to_have_count(2)
        page.get_by_label("Name in addresses").fill("desk")
        page.get_by_role("button", name="Save and publish").click()
        expect(page.locator("main")).to_contain_text("is an address of the site itself")
        page.get_by_label("Name in addresses").fill("meetings")
        page.get_by_label("Title", exact=True).fill("Meetings")
        page.get_by_role("button", name="Save and publish").click()
        page.wait_for_url("**/desk/bulletins/meetings/begun")

    bulletin = load(world.folder / "tidings.toml", {}).bulletin("meetings")
    assert bulletin is not None
    assert bulletin.sources[0].rules.exclude == "committee [3-7]"


def test_a_feed_of_its_own_is_offered(world: World) -> None:
    """One click reads it in the place of the page."""
    page = world.begin("/named")
    page.get_by_text("This page has a feed of its own, with 4 items").wait_for()

    page.get_by_role("button", name="Read the feed instead").click()

    page.get_by_text("It is a feed: it is read as it is").wait_for()
    assert [title for title, _, _ in world.found()] == list(TITLES)
    assert page.get_by_label("Title", exact=True).input_value() == "Harbour feed"
    page.get_by_role("button", name="Throw away").click()
    page.get_by_text("The draft was thrown away").wait_for()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", ""),
        ("http://10.0.0.1/", "is in a private network; add it to [desk] private_networks"),
        ("http://[::ffff:a00:1]/", "private network"),
        ("{origin}/inside", "10.0.0.1"),
        ("{origin}/gone", "404"),
        ("file:///etc/passwd", "no address of a page"),
        ("javascript:alert(1)", "no address of a page"),
        ("{origin}/huge", "larger than"),
    ],
)
def test_what_is_not_looked_at(world: World, address: str, said: str) -> None:
    """Private networks, whatever leads there, what is no page: refused beside what was typed."""
    world.origin.says(redirect(302, "http://10.0.0.1/"), path="/inside")
    world.origin.says(answer(404), path="/gone")
    world.origin.says(answer(200, b" " * 3_100_000, HTML), path="/huge")
    page = world.page
    page.goto(world.service.url("/desk/new"))
    typed = address.format(origin=world.address(""))
    page.get_by_label("Address of the page").fill(typed)
    page.get_by_role("button", name="Look at it").click()

    if said:
        page.get_by_role("alert").wait_for()
        assert said in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Address of the page").input_value() == typed


def test_a_source_is_corrected_and_its_items_are_seen_first(world: World) -> None:
    """Today's rules, what of the known items would be lost, and a file that keeps its comments."""
    path = world.configure(
        f"""
# The council, by hand.
[bulletins.council]
title = "Council"
[bulletins.council.sources.main]
url = "{world.address("/council")}"   # its page
[bulletins.council.sources.main.rules]
item = "div.meeting"   # meetings only
"""
    )
    page = world.page
    wait(lambda: world.service.answers("/council/rss.xml"))
    page.goto(world.service.url("/desk/bulletins/council/sources/main"))
    page.get_by_role("link", name="Correct how it is read").click()
    page.get_by_role("button", name="Fetch it and begin").click()
    page.get_by_text("0 missing, 7 unchanged").wait_for()

    world.point("Public hearing on the harbour plan", 0, "title")

    trial = page.locator(".trial").inner_text()
    assert "4 new items" in trial
    assert "7 missing" in trial
    assert "Meeting of committee 1" in trial
    page.get_by_role("button", name="Save these rules").click()
    page.get_by_text("council/main is read by the new rules from now on").wait_for()
    bulletin = load(path, {}).bulletin("council")
    assert bulletin is not None
    assert bulletin.sources[0].rules.item not in {"", "div.meeting"}
    assert "# The council, by hand." in path.read_text()
    assert "# its page" in path.read_text()


def test_everybody_can_use_the_pages(world: World, browser: Browser) -> None:
    """No violation by axe and no scrolling sideways, on a telephone and a desk, light and dark."""
    axe = node_package("axe-core", tests="whether the wizard can be used by everybody")
    script = (axe / "axe.min.js").read_text()
    wrong: list[str] = []
    with browser.new_context(bypass_csp=True) as context:
        context.add_cookies(world.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"{page.url}: {message.text}"))
        page.goto(world.service.url("/desk/new"))
        wrong += _look(page, script)
        for path in ("/hebrew", "/empty", "/named"):
            world.begin(path, page)
            for summary in page.locator("summary").all():
                summary.click()
            wrong += _look(page, script)
        page.locator(".tools label").filter(has_text="not an item").click()
        page.frame_locator("[data-picture]").get_by_text(TITLES[1], exact=True).click()
        page.locator(".saved strong", has_text="3 items, was 4").wait_for()
        wrong += _look(page, script)
        page.get_by_label("Name in addresses").fill("axe")
        page.get_by_role("button", name="Save and publish").click()
        page.get_by_text("were read and published").wait_for()
        wrong += _look(page, script)
        page.goto(world.service.url("/desk/bulletins/axe/sources/main/point"))
        wrong += _look(page, script)

    assert wrong == []


def _look(page: BrowserPage, script: str) -> Iterator[str]:
    page.evaluate(script)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            wide = page.evaluate("document.documentElement.scrollWidth")
            found = page.evaluate(
                "axe.run({resultTypes: ['violations'], preload: false, iframes: false})"
                ".then((result) => result.violations.map((one) => one.id + ': ' "
                "+ one.nodes.map((node) => node.html).slice(0, 3).join(' ')))"
            )
            place = f"{page.url} {width} {scheme}"
            yield from (f"{place}: {one}" for one in found)
            if wide > width:
                yield f"{place}: is {wide} wide"


def test_the_keys_point_as_well(world: World) -> None:
    """Which part it is by the arrows, Tab into the picture from item to item, Enter."""
    page = world.begin("/news")
    page.get_by_role("radio", name="title").focus()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_role("radio", name="not an item").is_checked()
    before = page.locator("[data-show]").element_handle()

    for key in ("Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)

    before.wait_for_element_state("hidden")
    assert len(world.found()) == len(TITLES) - 1


def test_a_login_stays_a_secret_and_a_file_is_written_once(tmp_path: Path) -> None:
    """The log and the pages show none of it; whoever cannot be renewed is told what was done."""
    with Origin() as origin:
        origin.says(answer(200, PLAIN.encode(), HTML), path="/news")
        origin.says(answer(404), path="/look.css")
        (tmp_path / "tidings.toml").write_text('[desk]\nprivate_networks = ["127.0.0.0/8"]\n')
        with (
            open_app(load(tmp_path / "tidings.toml", {})) as app,
            serving(app, renew=Refusing()) as base,
        ):
            operator = Operator(base).enter(app)
            operator.get("/desk/new")
            secret = f"http://ann:secret@127.0.0.1:{origin.port}/news"
            draft = operator.post("/desk/new", url=secret)
            assert "4 items found" in draft.text
            path = draft.url.removeprefix(base)

            saved = operator.post(f"{path}/save", title="Harbour", slug="harbour", every="3h")

            assert "tidings.toml was written, but is not in force yet: no, not now" in text_of(
                saved
            )
            assert 'every = "3h"' in (tmp_path / "tidings.toml").read_text()
            assert "ann:secret@" in (tmp_path / "tidings.toml").read_text()
            assert "secret" not in draft.text + operator.get("/desk/log").text
            assert operator.get(path).status_code == 404
            assert operator.post(f"{path}/point", n="3", part="title").status_code == 404
