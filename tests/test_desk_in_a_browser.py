"""The desk's pages of sources and items in a real browser: for everybody, and by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import chromium
from desk_worlds import HOSTILE, world
from desks import Operator
from programs import node_package
from running import wait
from sites import serving

from feeds.kept_page_store import KeptPageStore
from tidings.item_changes import hold_back, merge, withdraw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tidings.app import App

# Each colour and each width once: what is wrong with one is wrong with it in any other pair.
LOOKS = ((320, "dark"), (1280, "light"))
MOST_TABS = 60


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The installation, with items in every state."""
    with world(tmp_path_factory.mktemp("browser")).app() as app:
        by_title = {item.content.title: item for item in app.items.latest("harbour", 9)}
        hostile, lighthouse = by_title[HOSTILE], by_title["Lighthouse open on Sundays"]
        hold_back(app, by_title["Ferry timetable changes"])
        withdraw(app, hostile)
        merge(app, lighthouse, hostile)
        yield app


@pytest.fixture(scope="module")
def operator(app: App) -> Iterator[Operator]:
    """Somebody who is signed in there."""
    with serving(app) as base:
        yield Operator(base).enter(app)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all that is looked at."""
    with chromium(tests="how the desk looks") as browser:
        yield browser


def page_of(browser: Browser, operator: Operator, *, bypass_csp: bool) -> Page:
    """Return a page of the browser that is signed in."""
    context = browser.new_context(bypass_csp=bypass_csp)
    context.add_cookies(
        [
            {"name": cookie.name, "value": str(cookie.value), "url": operator.base}
            for cookie in operator.session.cookies
        ]
    )
    return context.new_page()


def test_every_page_can_be_used_by_everybody(
    browser: Browser, operator: Operator, app: App
) -> None:
    """No violation by axe, no scrolling sideways, no error, nothing asked of others."""
    axe = node_package("axe-core", tests="whether the desk can be used by everybody")
    script = (axe / "axe.min.js").read_text()
    tokens = {item.content.title: item.token for item in app.item_admin.listed("harbour", limit=9)}
    source = "/desk/bulletins/council/sources/main"
    kept = KeptPageStore(app.database).pages("council", "main")[0]
    operator.get("/desk/")
    operator.post(f"{source}/trial")
    operator.post("/desk/bulletins/museum/release")
    wait(lambda: "is being read" not in operator.get(f"{source}/trial/part").text)
    wait(lambda: "goes on" not in operator.get("/desk/bulletins/museum/errand").text)
    (gone,) = [
        item
        for item in app.item_admin.history(app.item_admin.named(tokens[HOSTILE])[0]).former
        if item.merged_from
    ]
    paths = (
        "/desk/",
        "/desk/bulletins",
        "/desk/bulletins/council",
        "/desk/bulletins/museum",
        source,
        f"{source}/trial",
        f"{source}/pages/{kept.id}",
        "/desk/bulletins/harbour/sources/main/trial",
        "/desk/items",
        "/desk/items?find=nothing+has+this",
        f"/desk/items/{tokens[HOSTILE]}",
        f"/desk/items/{tokens['Ferry timetable changes']}",
        f"/desk/items/{gone.merged_from.rpartition('/')[2]}",
        f"/desk/items/{tokens[HOSTILE]}/merge",
        f"/desk/items/{tokens[HOSTILE]}/forget",
    )
    wrong: list[str] = []
    page = page_of(browser, operator, bypass_csp=True)
    page.on("console", lambda message: wrong.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(operator.base) else wrong.append(f"asks for {asked.url}")
        ),
    )
    for path in paths:
        answer = page.goto(operator.base + path, wait_until="load")
        assert answer is not None
        assert answer.ok, path
        page.evaluate(script)
        for width, scheme in LOOKS:
            wrong += [f"{path} {width} {scheme}: {one}" for one in seen(page, width, scheme)]

    # Browsers ask for an icon that no page names.
    assert [one for one in wrong if "status of 404" not in one] == []


def seen(page: Page, width: int, scheme: str) -> list[str]:
    """Return what is wrong with a page at a width and in a scheme of colours."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = page.evaluate(
        "axe.run({resultTypes: ['violations'], preload: false})"
        ".then((result) => result.violations.map("
        "(one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' ')))"
    )
    return [*found, *([f"is {wide} wide"] if wide > width else [])]


def test_a_flood_is_settled_by_keyboard_alone(
    browser: Browser, operator: Operator, app: App
) -> None:
    """From the overview to the outcome, which the page tells by itself; our policy is in force."""
    page = page_of(browser, operator, bypass_csp=False)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(f"{operator.base}/desk/", wait_until="load")

    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        if name.startswith("Discard"):
            break
    page.keyboard.press("Enter")

    page.get_by_text("main: baseline, 42 found, 40 new").wait_for()
    assert page.url == f"{operator.base}/desk/bulletins/council"
    assert wrong == []
    assert all(item.baseline for item in app.items.latest("council", 50))
