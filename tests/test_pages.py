"""The pages as browsers and validators see them: every kind, light and dark, narrow and wide."""

from __future__ import annotations

import base64
import re
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import requests
from browser import chromium
from programs import node_package, program
from relay import free_port
from sites import Site, bulletin, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Response, Route

ITEMS = [
    ("20 November 2026", "Storm <warning> & high water until Saturday"),
    ("19 November 2026", "Ferry timetable for winter"),
    ("19 November 2026", "Ferry timetable for the winter months"),
    *[("3 October 2026", f"Notice {n} of the harbour office") for n in range(80)],
    ("30 November 2025", "Council meets on Monday"),
]
ARABIC = """\
<!doctype html><html lang="ar" dir="rtl"><title>أخبار الميناء</title><main><ul>
<li><h3><a href="https://mina.test/1">إغلاق الجسر المتحرك</a></h3>
<time datetime="2026-11-18">18</time><p>يبقى الجسر مغلقا حتى يوم الجمعة.</p></li>
<li><h3><a href="https://mina.test/2">جدول العبارات</a></h3>
<time datetime="2026-11-12">12</time><p>تغادر العبارة كل أربعين دقيقة.</p></li>
<li><h3><a href="https://mina.test/3">مدير جديد للميناء</a></h3>
<time datetime="2026-10-30">30</time><p>تتولى المديرة مهامها.</p></li></ul></main></html>
"""
TABLES = (
    bulletin("harbour", "Harbour news", 'description = "What happens."\nlink = "https://h.test/"')
    + '[bulletins.harbour.views.ferries]\ntitle = "Ferries"\nwords = ["ferry"]\n'
    + '[bulletins.harbour.views.empty]\ntitle = "Whales"\nwords = ["whale"]\n'
    + bulletin("mina", "أخبار الميناء", 'language = "ar"').replace("mina.txt", "mina.html")
    + bulletin("old", "Old news", 'moved_to = "https://new.test/"').replace("old.txt", "mina.html")
    + '[merges.port]\ntitle = "All of the port"\nbulletins = ["harbour", "mina"]\n'
)
SEARCHES = ("/search", "/search?q=ferry+winter", "/search?q=zebra&bulletin=harbour")
FRAMES = ("latest.html", "sign-up.html")
WIDTHS = (320, 1280)
SCHEMES = ("light", "dark")
MOST_BYTES = 30_000


@dataclass
class World:
    """A site with every kind of page, served; the paths of one of each kind."""

    site: Site
    root: str
    paths: tuple[str, ...]

    def text(self, path: str) -> str:
        """Return a page."""
        return requests.get(self.root + path, timeout=10).text


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """With a correction, a merged item, a long month, a reader, a mail."""
    site = Site(tmp_path_factory.mktemp("pages"), head='title = "Port bulletins"\nwindow = 6')
    site.configure(TABLES)
    (site.folder / "mina.html").write_text(ARABIC)
    site.says("harbour", *ITEMS[1:])
    site.tick()
    with site.app() as app:
        reader = app.subscribers.subscribe(
            "ann@example.org",
            "harbour",
            cadence="instant",
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=app.clock(),
        )
        app.private_feeds.make(reader, now=app.clock())
    site.says("harbour", *ITEMS)
    source = site.folder / "harbour.txt"
    source.write_text(source.read_text().replace("about council meets", "about council sits"))
    site.tick()
    with site.app() as app:
        latest = {item.content.title: item for item in app.items.latest("harbour", 200)}
        newer, older = latest[ITEMS[1][1]], latest[ITEMS[2][1]]
        app.item_admin.merge(newer, older, now=app.clock())
        app.publisher.publish_all()
        corrected = latest[ITEMS[-1][1]].token
        paths = (
            *(
                "/",
                "/harbour/",
                "/harbour/ferries/",
                "/harbour/empty/",
                "/port/",
                "/mina/",
                "/old/",
            ),
            *("/harbour/2026/", "/harbour/2026/10/", "/harbour/2026/10/1.html", "/mina/2026/11/"),
            *(f"/harbour/items/{token}.html" for token in (newer.token, older.token, corrected)),
            *("/nothing/", "/subscribe/harbour", "/mails/", *SEARCHES),
            *("/harbour/embed/", *(f"/mina/embed/{name}" for name in ("", *FRAMES))),
            *(f"/preferences/{reader.token}{page}" for page in ("", "/feeds", "/delete")),
            f"/unsubscribe/{reader.token}",
        )
        with serving(app) as root:
            yield World(site, root, paths)


def test_a_validator_has_nothing_to_say(world: World, tmp_path: Path) -> None:
    """The Nu HTML checker, on every kind of page: no error and no warning."""
    java = program("java", tests="our HTML with a validator")
    checker = node_package("vnu-jar", tests="our HTML with a validator")
    for number, path in enumerate(world.paths):
        (tmp_path / f"{number}.html").write_text(world.text(path), encoding="utf-8")

    checked = subprocess.run(  # noqa: S603 - the validator
        [
            *(
                java,
                "-Xss32m",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                str(checker / "build/dist/vnu.jar"),
            ),
            *("--stdout", "--skip-non-html", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert [
        f"{world.paths[int(found[1])]}: {found[2]}"
        for line in checked.stdout.splitlines()
        if (found := re.search(r"/(\d+)\.html\":(.*)", line))
    ] == []
    assert (checked.stdout, checked.returncode) == ("", 0), checked.stderr


def test_a_browser_shows_every_page_to_everybody(world: World) -> None:
    """No violation by axe, no scrolling sideways, nothing asked of others, no script, no error.

    Each kind of page in light and dark, at the width of a small telephone and of a desk.
    """
    axe = node_package("axe-core", tests="whether our pages can be used by everybody")
    script = (axe / "axe.min.js").read_text()
    wrong: list[str] = []
    with chromium(tests="how our pages look") as browser:
        # Our policy forbids scripts, and so would the one that looks at the page.
        page = browser.new_context(bypass_csp=True).new_page()
        page.on("console", lambda message: wrong.append(f"{page.url}: {message.text}"))
        page.on("request", lambda asked: wrong.extend(_foreign(asked.url, world.root)))
        for path in world.paths:
            if 'http-equiv="refresh"' in world.text(path):
                continue  # a browser shows what it leads to
            page.goto(world.root + path, wait_until="load")
            page.evaluate(script)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    wrong += [
                        f"{path} {width} {scheme}: {one}" for one in _look(page, width, scheme)
                    ]

    assert [one for one in wrong if "status of 404" not in one] == []


def test_a_feed_that_is_opened_in_a_browser_can_be_read(tmp_path: Path) -> None:
    """Laid out by its style sheet, in light and dark: not its source, and not a file to save."""
    seen = []
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    site = Site(tmp_path, head=f'base_url = "{root}"')
    site.configure(bulletin("harbour", "Harbour"))
    site.says("harbour", *ITEMS[:3])
    site.tick()
    with (
        site.app() as app,
        serving(app, port),
        chromium(tests="what a browser makes of a feed") as browser,
    ):
        page = browser.new_page()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for name in ("rss.xml", "atom.xml"):
                page.goto(f"{root}/harbour/{name}", wait_until="load")
                seen.append(
                    page.evaluate(
                        "(style => [style.display, style.backgroundColor])"
                        "(getComputedStyle(document.documentElement))"
                    )
                )

    light, dark = seen[:2], seen[2:]
    assert [display for display, _ in seen] == ["flex"] * 4
    assert {paper for _, paper in light}.isdisjoint(paper for _, paper in dark)


def _foreign(url: str, root: str) -> list[str]:
    return [] if url.startswith(root) else [f"asks for {url}"]


def _look(page: Page, width: int, scheme: str) -> list[str]:
    """Return what is wrong with a page at a width and in a scheme of colours."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = page.evaluate(
        "axe.run({resultTypes: ['violations'], preload: false, iframes: false})"
        ".then((result) => result.violations.map("
        "(one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' ')))"
    )
    return [*found, *([f"is {wide} wide"] if wide > width else [])]


LONG = "The swing bridge stays closed until Friday while its bearings are renewed. " * 9
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A site whose bulletin has as much of everything as there can be; its address and pages."""
    site = Site(tmp_path_factory.mktemp("full"), head='title = "Port bulletins"\nwindow = 60')
    views = "".join(
        f'[bulletins.harbour.views.v{n}]\ntitle = "Part {n} of the news"\nwords = ["bridge"]\n'
        for n in range(8)
    )
    tables = bulletin("harbour", "Harbour news", f'description = "{LONG[:150]}"') + views
    site.configure(tables.replace("harbour.txt", "harbour.html"))
    page = site.folder / "harbour.html"
    page.write_text(f"<main><ul>{''.join(map(_entry, range(70)))}</ul></main>")
    site.tick()
    page.write_text(page.read_text().replace("renewed", "replaced").replace("Friday", "Monday"))
    site.tick()
    with site.app() as app:
        latest = app.items.latest("harbour", 1)[0]
        paths = (
            *("/", "/harbour/", "/harbour/v1/", "/harbour/2026/", "/harbour/2026/10/"),
            *("/harbour/2026/10/1.html", f"/harbour/items/{latest.token}.html"),
            *("/harbour/embed/", "/harbour/embed/latest.html", "/harbour/embed/sign-up.html"),
            *("/search?q=bridge", "/subscribe/harbour"),
        )
        with serving(app) as root:
            yield root, paths


def _entry(number: int) -> str:
    return (
        f'<li><h3><a href="https://harbour.test/2026/notice-{number}">Notice {number} of the '
        f'harbour office on the swing bridge and the ferry</a></h3><time datetime="2026-10-'
        f'{28 - number % 28:02}">{number}</time><p>{LONG}</p>'
        f'<p><img src="https://pictures.test/{number}.png" alt="The bridge"></p></li>'
    )


def test_a_public_page_is_small_and_stands_still(full: tuple[str, tuple[str, ...]]) -> None:
    """At most 30 KB with its style and script, one request beside those, and nothing moves.

    As a browser counts it, of a full bulletin whose pictures come late.
    """
    root, paths = full
    wrong = []
    with chromium(tests="how much our pages weigh") as browser:
        page = browser.new_page(viewport={"width": 400, "height": 700})
        page.route("https://pictures.test/**", _late_picture)
        page.add_init_script(
            "window.moved = 0; new PerformanceObserver((seen) => seen.getEntries().forEach("
            "(one) => { window.moved += one.value; })).observe({type: 'layout-shift', "
            "buffered: true});"
        )
        answers: list[Response] = []
        page.on("response", lambda answer: answers.extend([answer]))
        for path in paths:
            answers.clear()
            page.goto(root + path, wait_until="load")
            page.mouse.wheel(0, 5_000)
            page.wait_for_load_state("networkidle")
            ours = [answer for answer in answers if answer.url.startswith(root)]
            size = sum(len(answer.body()) for answer in ours)
            moved = page.evaluate("window.moved")
            # Forms of subscribers hold lists of time zones and hours; they are no public reading.
            if (size > MOST_BYTES and path != "/subscribe/harbour") or len(ours) > 3 or moved:
                wrong.append((path, size, [answer.url for answer in ours], moved))

    assert wrong == []


def _late_picture(route: Route) -> None:
    time.sleep(0.05)
    route.fulfill(body=PNG, content_type="image/png")


def test_everything_is_reached_by_keyboard(world: World) -> None:
    """Each thing that can be pressed or filled in, in its order, and it shows where one is."""
    wrong = []
    with chromium(tests="our pages without a mouse") as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for path in ("/", "/harbour/", "/mina/", SEARCHES[1], "/harbour/embed/", *world.paths[-1:]):
            page.goto(world.root + path, wait_until="load")
            page.evaluate("document.activeElement.blur()")
            count = page.evaluate(f"{_FOCUSABLE}.length")
            for number in range(count):
                page.keyboard.press("Tab")
                wrong += [
                    f"{path} {number}: {one}"
                    for one in page.evaluate(
                        f"(() => {{ const here = document.activeElement; return ["
                        f"here !== {_FOCUSABLE}[{number}] && `is at ${{here.outerHTML}}`, "
                        "getComputedStyle(here).outlineStyle === 'none' && 'does not show it'"
                        "].filter(Boolean) })()"
                    )
                ]

    assert wrong == []


_FOCUSABLE = (
    "[...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter("
    "(one) => one.tabIndex >= 0 && one.type !== 'hidden' && one.checkVisibility("
    "{visibilityProperty: true}))"
)


def test_an_address_is_copied_by_one_tap(world: World) -> None:
    """And the button says so; without scripts there is none, and the field selects itself."""
    with chromium(tests="copying an address") as browser:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(f"{world.root}/harbour/")
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        plain = browser.new_context(java_script_enabled=False).new_page()
        plain.goto(f"{world.root}/harbour/")

        assert copied == "http://localhost:8080/harbour/atom.xml"
        assert not plain.get_by_text("Copy", exact=True).is_visible()


@pytest.mark.parametrize(
    "path", ["/harbour/", "/harbour/2026/", "/harbour/2026/10/", "/harbour/ferries/", "/port/"]
)
def test_every_page_leads_to_the_feeds(world: World, path: str) -> None:
    """In its head for programs, and as links for people."""
    text = world.text(path)

    for file in ("atom.xml", "rss.xml", "feed.json"):
        assert re.search(rf'<link rel="alternate"[^>]+href="[./]*{file}"', text)
        assert re.search(rf'<a href="[./]*{file}"', text)


def test_a_bulletin_says_how_to_follow_it(world: World) -> None:
    """In one sentence, with an address to copy, readers to open it in, and mail beside it."""
    text = world.text("/harbour/")

    assert "Give this address to a feed reader" in text
    assert 'readonly value="http://localhost:8080/harbour/atom.xml"' in text
    assert "https://feedly.com/i/subscription/feed%2Fhttp%3A%2F%2Flocalhost" in text
    assert 'method="post" action="../subscribe/harbour"' in text
    assert "/subscribe/" not in world.text("/port/")
