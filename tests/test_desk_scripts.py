"""Scripting from elsewhere: words of strangers on every page of the desk, in a real browser.

Each page is opened twice: without our policy, so that whatever slips into the markup runs and
is seen; and with it, where nothing may even be tried.
"""

from __future__ import annotations

import json
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from browser import chromium
from desks import Operator
from payloads import PAYLOADS
from running import wait
from sites import Site, serving

from feeds.kept_page_store import KeptPageStore
from tidings.api.token_store import ApiTokenStore
from tidings.desk.audit_store import AuditStore
from tidings.desk.trial_store import TrialStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tidings.app import App

# Of the desk's own script and of nothing else may an element come.
_STRANGE = r"""
() => [
  ...[...document.querySelectorAll("script, iframe, object, embed, base, meta[http-equiv], style")]
    .filter((one) => !(one.src || "").includes("/desk/assets/")).map((one) => one.outerHTML),
  ...[...document.querySelectorAll("*")].flatMap((one) => [...one.attributes]
    .filter(({name, value}) => /^on|^style$|^srcdoc$/.test(name)
      || /^(href|action|formaction|src|data-live)$/.test(name)
      && /^\s*(javascript|data|vbscript):/i.test(value))
    .map(({name, value}) => `${one.tagName} ${name}=${value}`)
    // Our own word that there is no icon.
    .filter((found) => found !== "LINK href=data:,")),
  ...[...document.links].filter((one) => !/^https?:$/.test(one.protocol)).map((one) => one.href),
  ...(window.struck ? ["a script ran"] : []),
]
"""
# As the desk's script puts a live part of a page there.
_PUT = """
async (path) => {
  const answer = await fetch(path);
  document.querySelector("main").innerHTML = await answer.text();
  await new Promise((done) => setTimeout(done, 50));
}
"""
NAME = PAYLOADS[4]


def hostile(folder: Path) -> Site:
    """Return an installation in which every word that can be somebody else's is a payload."""
    site = Site(folder, head=f'base_url = "https://news.test"\ntitle = {json.dumps(PAYLOADS[0])}')
    items = "".join(
        f"<item><title>{escape(escape(payload))}</title><guid>{number}</guid>"
        f"<link>{escape(f'https://x.test/{number}?' + payload)}</link>"
        f"<description>{escape(f'<p>{number}</p>{payload}<a href={payload!r}>a</a>')}"
        "</description>"
        f"<author>{escape(payload)}</author><category>{escape(payload)}</category></item>"
        for number, payload in enumerate(PAYLOADS)
    )
    channel = f"<channel><title>News</title>{items}</channel>"
    (folder / "news.xml").write_text(f'<rss version="2.0">{channel}</rss>', encoding="utf-8")
    site.configure(
        f"[bulletins.harbour]\ntitle = {json.dumps(PAYLOADS[5])}\n"
        f'[bulletins.harbour.sources.{json.dumps(NAME)}]\nfile = "news.xml"\nhold = "1s"\n'
        f"[bulletins.gone]\ntitle = {json.dumps(PAYLOADS[6])}\n"
        f"[bulletins.gone.sources.main]\nfile = {json.dumps(NAME)}\n"
    )
    site.tick()
    return site


def hostile_rows(app: App) -> None:
    """Write what programs, relays and browsers may say into the store."""
    now = app.clock()
    log = AuditStore(app.database, clock=app.clock)
    for payload in PAYLOADS:
        with suppress(ValueError), log.change(payload, payload, payload, before=payload) as change:
            change.after = {payload: [payload]}
            if payload == NAME:
                raise ValueError(payload)
        ApiTokenStore(app.database).create(payload, may_change=False, now=now)
    app.stops.begin(NAME, now=now)
    trials = TrialStore(app.database)
    trials.begin("gone", "main", now=now)
    trials.finish("gone", "main", problem=NAME, now=now)
    with log.change(NAME, "check now", "gone") as change:
        change.after = list(PAYLOADS)
    app.subscribers.subscribe(
        f'"{NAME}"@example.org',
        "harbour",
        cadence="daily 7",
        time_zone=ZoneInfo("UTC"),
        language="en",
        now=now,
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The installation."""
    with hostile(tmp_path_factory.mktemp("scripts")).app() as app:
        hostile_rows(app)
        yield app


@pytest.fixture(scope="module")
def operator(app: App) -> Iterator[Operator]:
    """Somebody who is signed in there."""
    with serving(app) as base:
        yield Operator(base).enter(app)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all pages."""
    with chromium(tests="whether scripts of strangers run at the desk") as browser:
        yield browser


def paths_of(app: App, operator: Operator) -> list[str]:
    """Return every page of the desk on which somebody's words stand."""
    source = f"/desk/bulletins/harbour/sources/{quote(NAME, safe='')}"
    kept = KeptPageStore(app.database).pages("harbour", NAME)[0].id
    items = app.item_admin.listed("harbour", limit=len(PAYLOADS))
    operator.get("/desk/")
    operator.post(f"{source}/trial")
    wait(lambda: "is being read" not in operator.get(f"{source}/trial/part").text)
    raw = operator.get(f"{source}/pages/{kept}/raw")
    assert raw.ok
    assert NAME not in str(raw.headers)
    return [
        "/desk/",
        "/desk/bulletins",
        "/desk/bulletins/harbour",
        "/desk/bulletins/gone",
        "/desk/bulletins/gone/sources/main",
        "/desk/bulletins/gone/sources/main/trial",
        source,
        f"{source}/trial",
        f"{source}/pages/{kept}",
        "/desk/items",
        f"/desk/items/{items[0].token}/merge",
        f"/desk/items/{items[0].token}/forget",
        "/desk/log",
        "/desk/api",
        "/desk/sign-in",
        *(f"/desk/items/{item.token}" for item in items),
        *(
            f"{page}={quote(payload, safe='')}"
            for payload in PAYLOADS[3:7]
            for page in ("/desk/items?find", "/desk/log?subject", "/desk/items?bulletin")
        ),
        f"/desk/{quote(NAME, safe='')}",
        f"/desk/bulletins/{quote(NAME, safe='')}",
    ]


def watched(context: BrowserContext, base: str, wrong: list[str]) -> Page:
    """Return a page of which everything that should not be is noted."""
    page = context.new_page()
    page.on("dialog", lambda dialog: wrong.append(f"{page.url}: asks {dialog.message}"))
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: (
            None if "status of 404" in said.text else wrong.append(f"{page.url}: {said.text}")
        ),
    )
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(f"{base}/") else wrong.append(f"asks for {asked.url}")
        ),
    )
    return page


@pytest.mark.parametrize("bypass_csp", [True, False], ids=["without-policy", "with-policy"])
def test_words_of_strangers_stay_words(
    browser: Browser,
    operator: Operator,
    app: App,
    bypass_csp: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """No page runs them, loads for them, links by them or lets the policy stop what is there."""
    wrong: list[str] = []
    context = browser.new_context(bypass_csp=bypass_csp)
    context.add_cookies(
        [
            {"name": cookie.name, "value": str(cookie.value), "url": operator.base}
            for cookie in operator.session.cookies
        ]
    )
    page = watched(context, operator.base, wrong)
    paths = paths_of(app, operator)
    for path in paths:
        page.goto(operator.base + path, wait_until="load")
        wrong += [f"{path}: {strange}" for strange in page.evaluate(_STRANGE)]
    for part in ("outbox", "bulletins/gone/errand", "bulletins/gone/sources/main/trial/part"):
        page.evaluate(_PUT, f"/desk/{part}")
        wrong += [f"{part}: {strange}" for strange in page.evaluate(_STRANGE)]

    assert wrong == []
    # The words were there.
    page.goto(f"{operator.base}/desk/log")
    assert page.locator("body").inner_text().count(NAME) > 1


def test_these_words_act_where_they_are_taken_for_more(browser: Browser) -> None:
    """The corpus is no paper tiger: put into a page as markup, most of it is found to act."""
    page = browser.new_context(bypass_csp=True, offline=True).new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    acting = 0
    for payload in PAYLOADS:
        page.set_content(f'<main><input value="{payload}">{payload}</main>', wait_until="commit")
        acting += bool(page.evaluate(_STRANGE))

    assert acting >= 20
