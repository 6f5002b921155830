"""Text from outside in a real browser: none of it runs, loads or leads where it should not.

Each payload stands in every place that strangers can fill, on every public page and in the feeds.
The browser is told to ignore our policy: what is escaped needs no second guard.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests
from browser import chromium
from relay import free_port
from sites import Site, bulletin, serving

from feeds.filters import ItemFilter
from notifier.model import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Dialog, Page, Request, Route

EVIL = "evil.test"
CALL = "alert(1)"
PAYLOADS = (
    f"<script>{CALL}</script>",
    f"</title></textarea></style></script><script>{CALL}</script>",
    f"<img src=x onerror={CALL}>",
    f'"><svg onload={CALL}>',
    f"' autofocus onfocus={CALL} x='",
    f'" onmouseover={CALL} style=position:fixed;inset:0 x="',
    f"javascript:{CALL}",
    f"java\tscript:{CALL}",
    f"data:text/html,<script>{CALL}</script>",
    f"<a href=javascript:{CALL}>go</a>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>",
    f"<iframe src=//{EVIL}/frame></iframe>",
    f"<object data=//{EVIL}/object></object><embed src=//{EVIL}/embed>",
    f"<link rel=stylesheet href=//{EVIL}/style><style>@import '//{EVIL}/import';</style>",
    f"<script src=//{EVIL}/script></script>",
    f"<meta http-equiv=refresh content='0;url=//{EVIL}/refresh'>",
    f"<base href=//{EVIL}/><form action=//{EVIL}/form><input autofocus onfocus={CALL}></form>",
    f"<details open ontoggle={CALL}>",
    f"<math><mtext></p><style><img src=x onerror={CALL}></style></mtext></math>",
    f"<svg><animate onbegin={CALL} attributeName=x></svg>",
    f"<p style=background:url(//{EVIL}/background)>x</p>",
    f"<video poster=//{EVIL}/p><source onerror={CALL}></video>",
    f"<!--><img src=x onerror={CALL}>-->",
    f"]]><script xmlns='http://www.w3.org/1999/xhtml'>{CALL}</script><![CDATA[",
    f"<?xml-stylesheet href='//{EVIL}/xsl'?>",
    "{{ 7 * 191 }}{% set x = 7 * 191 %}{{ x }}",
    f"&lt;img src=x onerror={CALL}&gt;",
    f"\u2028\u0000<scr\u0000ipt>{CALL}</scr\u0000ipt>",
    f"＜script＞{CALL}＜/script＞",
)  # fmt: skip


def _item(number: int, payload: str) -> dict[str, object]:
    return {
        "id": f"{number} {payload}",
        "url": payload
        if ":" in payload.partition("<")[0]
        else f"https://x.test/{number}?{payload}",
        "title": f"{number} {payload}",
        "content_html": f"<p>Text {number}</p>{payload}",
        "summary": payload,
        "date_published": "2026-11-20T08:00:00Z",
        "authors": [{"name": payload, "url": payload}],
        "tags": [payload, "news"],
        "image": payload,
        "language": payload[:20],
        "attachments": [{"url": payload, "mime_type": payload, "title": payload}],
    }


def _feed(items: list[dict[str, object]]) -> str:
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": PAYLOADS[0], "items": items})


@dataclass
class World:
    """The site, and every address of it that is opened."""

    root: str
    paths: tuple[str, ...]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bulletin with a hostile name, read from a hostile feed, corrected, with a reader."""
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    name = json.dumps(PAYLOADS[1] + PAYLOADS[3])
    table = bulletin("harbour", "NAME", f"description = {name}").replace('"NAME"', name)
    site = Site(tmp_path_factory.mktemp("scripting"), head=f'base_url = "{root}"\ntitle = {name}')
    mail = '[mail]\nhost = "127.0.0.1"\nport = 9\n'
    site.configure(mail + table.replace("harbour.txt", "harbour.json"))
    source = site.folder / "harbour.json"
    source.write_text(_feed([_item(n, payload) for n, payload in enumerate(PAYLOADS)]))
    site.tick()
    turned = [_item(n, payload) for n, payload in enumerate((*PAYLOADS[1:], PAYLOADS[0]))]
    kept = [_item(n, payload) for n, payload in enumerate(PAYLOADS)]
    for one, other in list(zip(kept, turned, strict=True))[:8]:
        one["content_html"], one["authors"] = other["content_html"], other["authors"]
    source.write_text(_feed(kept))
    site.tick()
    with site.app() as app:
        reader = app.subscribers.subscribe(
            "o'ann+<b>@example.org",
            "harbour",
            rules=(Rule(cadence="weekly", wanted=ItemFilter(words=PAYLOADS[:6])),),
            time_zone=ZoneInfo("UTC"),
            language="en",
            now=app.clock(),
        )
        items = app.items.latest("harbour", 100)
        assert len(items) == len(PAYLOADS)
        pages = (
            *("/", "/harbour/", "/harbour/2026/", "/harbour/2026/11/", "/harbour/embed/"),
            *("/harbour/embed/latest.html", "/harbour/embed/sign-up.html", "/subscribe/harbour"),
            *("/harbour/rss.xml", "/harbour/atom.xml", "/harbour/feed.json", "/feeds.opml"),
            *(f"/harbour/items/{item.token}.html" for item in items),
            *(f"/preferences/{reader.token}", f"/unsubscribe/{reader.token}"),
            "/search?q=script+alert&bulletin=harbour",
        )
        with serving(app, port) as at:
            yield World(at, pages)


@dataclass
class Watch:
    """What a browser did that it should not have done."""

    page: Page
    root: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look at every script that runs and every request that leaves."""
        self.page.on("dialog", self._ran)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: {error}"))
        self.page.route("**/*", self._asked)

    def _ran(self, dialog: Dialog) -> None:
        self.wrong.append(f"{self.page.url}: a script ran")
        dialog.dismiss()

    def _asked(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.root, "data:,")):
            route.continue_()
            return
        # Pictures of items come from where their publisher has them.
        if request.resource_type != "image" or urlsplit(request.url).scheme not in {
            "http",
            "https",
        }:
            self.wrong.append(f"{self.page.url}: {request.resource_type} {request.url}")
        route.abort()

    def look(self, path: str) -> None:
        """Open a page, and wake what waits for somebody to touch it."""
        self.page.goto(self.root + path, wait_until="load")
        self.wrong += [f"{path}: {one}" for one in self.page.evaluate(_LOOK)]


_LOOK = """
() => {
  const wrong = [];
  for (const one of document.querySelectorAll("*")) {
    for (const {name, value} of one.attributes) {
      if (/^on/i.test(name)) wrong.push(`${one.tagName} has ${name}`);
      const leads = /^(href|src|action|formaction|data)$/.test(name) && value !== "data:,";
      if (leads && /^\\s*(javascript|vbscript|data):/i.test(value))
        wrong.push(`${one.tagName} leads to ${value}`);
    }
    if (one.tagName === "DETAILS") one.open = true;
    if (one instanceof HTMLElement) for (const kind of ["focus", "mouseover", "toggle"])
      one.dispatchEvent(new Event(kind));
  }
  const active = "script, style, iframe, object, embed, base[href], svg";
  for (const one of document.querySelectorAll(active)) {
    if (!/copy\\.js$/.test(one.src || "") && !one.classList.contains("bar"))
      wrong.push(`there is a ${one.outerHTML}`);
  }
  if (document.body && /1337/.test(document.body.innerText))
    wrong.push("a template of a stranger was run");
  return wrong;
}
"""


def test_no_text_of_others_runs(world: World) -> None:
    """In titles, texts, names, addresses, questions, and what somebody types into a form."""
    with chromium(tests="scripts in what others write") as browser:
        watch = Watch(browser.new_context(bypass_csp=True).new_page(), world.root)
        for path in world.paths:
            watch.look(path)
        for payload in PAYLOADS:
            watch.look(f"/search?q={quote(payload)}")
            watch.look(f"/search?q=a&bulletin={quote(payload)}")
        watch.look(f"/{quote(PAYLOADS[0])}/")
        for payload in PAYLOADS[:6]:
            watch.page.goto(f"{world.root}/harbour/")
            watch.page.locator("#mail-to").evaluate(
                "(one, text) => { one.type = 'text'; one.value = text }", payload
            )
            watch.page.locator("form.row[method=post] button").click()
            watch.page.get_by_role("alert").wait_for()
            watch.wrong += watch.page.evaluate(_LOOK)

    assert watch.wrong == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/nothing", None),
        ("GET", "/search?q=a&page=x", None),
        ("GET", "/subscribe/nothing", None),
        ("GET", "/unsubscribe/nothing", None),
        ("GET", "/confirm/nothing", None),
        ("GET", "/feeds/nothing/rss.xml", None),
        ("POST", "/subscribe/harbour", "address=a&address=b"),
        ("POST", "/subscribe/harbour", "a=1&" * 400),
        ("POST", "/subscribe/harbour", "x" * 70_000),
        ("POST", "/harbour/", ""),
        ("PUT", "/search", ""),
    ],
)
def test_an_error_page_reveals_nothing(
    world: World, method: str, path: str, body: str | None
) -> None:
    """Neither what we are made of, nor where things stand on the machine, nor what was asked."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.request(method, world.root + path, data=body, headers=kind, timeout=10)

    assert 400 <= answer.status_code < 500
    said = f"{answer.headers} {answer.text}".lower()
    for word in ("traceback", "starlette", "uvicorn", "python", "sqlite", "tmp", ".py", "nothing"):
        assert word not in said, word
