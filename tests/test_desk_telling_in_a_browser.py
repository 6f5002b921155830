"""Editions, subscribers, settings and templates in a real browser: for all, and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from browser import chromium
from desks import Operator
from programs import node_package
from sites import Site, bulletin, serving

from notifier.suppression_store import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page

    from tidings.app import App

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'ferry' " + "veryLongWordWithoutABreak" * 6
LONG = "a.reader.with.a.name.that.is.as.long.as.names.may.ever.be@a-very-long-domain.example.org"
FIRST = ("1 November 2026", "The lighthouse opens on Sundays")
SECOND = ("2 November 2026", HOSTILE)
THIRD = ("3 November 2026", "Fog on the quay")
MAIL = '[mail]\nsender = "News <news@news.test>"\noperator = "me@news.test"\npassword = "hidden"\n'
PATHS = (
    "/desk/editions",
    "/desk/editions/harbour/1?state=failed",
    "/desk/editions/harbour/3",
    "/desk/editions/harbour/next",
    "/desk/subscribers",
    "/desk/subscribers?find=gone@example.org",
    "/desk/subscribers/1",
    "/desk/subscribers/add",
    "/desk/subscribers/import",
    "/desk/settings?edit=mail.password",
    "/desk/settings?all=1&edit=site.hubs",
    "/desk/settings/password",
    "/desk/settings/second-factor",
    "/desk/templates",
    "/desk/templates/edit?name=digest/body.txt",
    "/desk/templates/edit?name=bulletin.html",
)
# Each colour and each width once: what is wrong with one is wrong with it in any other pair.
LOOKS = ((320, "dark"), (1280, "light"))
_HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA"


def world(folder: Path) -> Site:
    """Return an installation with editions that were sent, failed and wait, and an own template."""
    (folder / "templates/digest").mkdir(parents=True)
    (folder / "templates/digest/body.txt").write_text("Hear: {{ digest.title }}\n")
    site = Site(folder, head='base_url = "https://news.test"\ntemplates = "templates"')

    def configure(more: str) -> None:
        site.configure(
            bulletin("harbour", "Harbour & <i>news</i>", more)
            + bulletin("library", "Library " + "veryLongTitleWithoutABreak" * 3)
            + MAIL
            + f'[desk]\npassword_hash = "{_HASH}"\n'
        )

    configure("")
    site.says("harbour", FIRST)
    site.says("library", FIRST)
    site.tick()
    with site.app() as app:
        for address, language in (
            (LONG, "en"),
            ("ann@example.org", "en"),
            ("cy@example.org", "es"),
        ):
            app.subscribers.subscribe(
                address,
                "harbour",
                cadence="instant",
                time_zone=ZoneInfo("UTC"),
                language=language,
                consent=("at the counter", site.clock()),
                now=site.clock(),
            )
        app.suppressions.suppress("gone@example.org", Reason.OPERATOR, now=site.clock())
    site.says("harbour", SECOND, FIRST)
    site.tick()
    configure("approval = true")
    site.says("harbour", THIRD, SECOND, FIRST)
    site.tick()
    with site.app() as app, app.database.transaction() as transaction:
        transaction.run(
            "UPDATE deliveries SET state = 'failed', reply = :reply WHERE id = 1", reply=HOSTILE
        )
    return site


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The installation, open."""
    with world(tmp_path_factory.mktemp("browser")).app() as app:
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


def page_of(
    browser: Browser, operator: Operator, *, bypass_csp: bool = False, scripts: bool = True
) -> Page:
    """Return a page of the browser that is signed in."""
    context = browser.new_context(bypass_csp=bypass_csp, java_script_enabled=scripts)
    context.add_cookies(
        [
            {"name": cookie.name, "value": str(cookie.value), "url": operator.base}
            for cookie in operator.session.cookies
        ]
    )
    return context.new_page()


def look(page: Page, width: int, scheme: str) -> list[str]:
    """Return what is wrong with a page at a width and in a scheme of colours."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for closed in page.query_selector_all("details:not([open]) > summary"):
        closed.evaluate("(summary) => { summary.parentElement.open = true; }")
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = page.evaluate(
        "axe.run({resultTypes: ['violations'], preload: false, iframes: false})"
        ".then((result) => result.violations.map("
        "(one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' ')))"
    )
    return [*found, *([f"is {wide} wide"] if wide > width else [])]


def test_every_page_can_be_used_by_everybody(browser: Browser, operator: Operator) -> None:
    """No violation by axe, no scrolling sideways, no error, nothing asked of others."""
    axe = node_package("axe-core", tests="whether the desk can be used by everybody")
    script = (axe / "axe.min.js").read_text()
    wrong: list[str] = []
    page = page_of(browser, operator, bypass_csp=True)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((operator.base, "data:"))
            else wrong.append(f"{page.url} asks for {asked.url}")
        ),
    )

    def see(name: str) -> None:
        page.evaluate(script)
        for width, scheme in LOOKS:
            wrong.extend(f"{name} {width} {scheme}: {one}" for one in look(page, width, scheme))

    for path in PATHS:
        page.goto(f"{operator.base}{path}", wait_until="load")
        see(path)
    page.goto(f"{operator.base}/desk/subscribers/import")
    page.fill("#text", f"address,bulletin,consent_date\n{LONG},library,2026-11-01\n")
    page.click("text=Look at it")
    see("the preview of a list")
    page.goto(f"{operator.base}/desk/settings?edit=mail.connections")
    page.fill("#value", "many")
    page.click("text=Save")
    see("a setting that cannot be")

    assert [one for one in wrong if "status of 404" not in one] == []


def test_a_list_is_imported_by_keyboard_and_without_scripts(
    browser: Browser, operator: Operator, app: App
) -> None:
    """From the overview of subscribers to the rows, with no mouse and none of our script."""
    page = page_of(browser, operator, scripts=False)
    page.goto(f"{operator.base}/desk/subscribers")
    page.locator("text=Import a list").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/import")
    page.locator("#text").focus()
    page.keyboard.type("address,bulletin,consent_date\nnew@example.org,library,2026-11-01\n")
    page.locator("text=Look at it").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=What it would do")
    assert app.subscribers.of_address("new@example.org") == ()
    page.locator("text=Import 1 subscription").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 subscriptions are in")

    assert [one.bulletin for one in app.subscribers.of_address("new@example.org")] == ["library"]


def test_a_template_is_looked_at_while_it_is_typed(browser: Browser, operator: Operator) -> None:
    """In a frame that is shut off: whatever is typed runs nothing; without scripts by a button."""
    for scripts in (True, False):
        page = page_of(browser, operator, scripts=scripts)
        page.goto(f"{operator.base}/desk/templates/edit?name=message.html")
        page.fill("#text", "<h1>Typed {{ heading }}</h1><script>document.title = 'ran'</script>")
        if not scripts:
            page.click("#look")
        frame = page.frame_locator("iframe[name=preview]")

        frame.locator("text=Typed 404").wait_for()

        assert page.url.endswith("name=message.html")
        assert "Typed" not in operator.get("/desk/templates/edit?name=message.html").text


def test_an_edition_is_read_in_its_frame_and_approved(
    browser: Browser, operator: Operator, app: App
) -> None:
    """What a title holds stays text there; the word is given by keyboard."""
    page = page_of(browser, operator)
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.goto(f"{operator.base}/desk/editions/harbour/1")
    mail = page.frame_locator("iframe.mail")
    mail.locator("text=alert(1)").first.wait_for()
    page.goto(f"{operator.base}/desk/editions")
    page.locator("text=Approve all").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Approved; now leaving: 3 mails.")

    assert dialogs == []
    assert app.deliveries.claim(now=app.clock(), lease=app.settings.server.lease, limit=9)
