"""Subscribers at the running service, over real HTTP: signing up, preferences, leaving."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from contextlib import closing
from email import message_from_bytes, policy
from html import unescape
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import requests
from programs import node_package, program
from relay import free_port
from running import Service, wait, write_configuration
from test_service import BULLETIN, subscribe

from config.load import load
from config.write import bulletin_toml
from notifier.suppression_store import Reason
from tidings.app import App, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from notifier.model import Subscription

NETWORKS = count(1)
ADDRESSES = (f"reader{number}@example.org" for number in count())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without a relay, so that mails are files, on a Spanish bulletin."""
    folder = tmp_path_factory.mktemp("subscribers")
    (folder / "bulletin.txt").write_text(BULLETIN)
    table = bulletin_toml(
        slug="harbour", title="Harbour & Sea", file="bulletin.txt", every="1s", language="es"
    )
    write_configuration(folder, table)
    service = Service(folder, free_port())
    wait(lambda: service.answers("/harbour/"))
    yield service
    assert service.stop()[0] == 0


@pytest.fixture
def app(service: Service) -> Iterator[App]:
    """The store of the service, to look into."""
    with open_app(load(service.folder / "tidings.toml", {}), register=False) as app:
        yield app


def post(service: Service, path: str, network: str = "", **fields: str) -> requests.Response:
    """Send a form, as if through a proxy from some network."""
    number = int(network or next(NETWORKS))
    return requests.post(
        service.url(path),
        data={re.sub(r"_(\d)$", r"-\1", name): value for name, value in fields.items()},
        headers={"X-Forwarded-For": f"192.{number // 250}.{number % 250}.7"},
        timeout=10,
        allow_redirects=False,
    )


def mails_to(folder: Path, address: str) -> list[EmailMessage]:
    """Return the mails to somebody, in any order."""
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in folder.glob("data/mails/*.eml")
    ]
    return [mail for mail in mails if mail["To"] == address]


def body(mail: EmailMessage, kind: str = "plain") -> str:
    """Return the text of a mail."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def links_of(mail: EmailMessage) -> list[str]:
    """Return the paths of all links in a mail, those of its headers too."""
    text = "".join([str(mail["List-Unsubscribe"]), body(mail), body(mail, "html")])
    paths = re.findall(r"https?://[^/\s\"<>]+(/[^\s\"<>&]*)", text)
    return sorted({path for path in paths if not path.startswith("/harbour")})


def only_mail(service: Service, address: str) -> EmailMessage:
    """Wait for the one mail to somebody."""
    wait(lambda: bool(mails_to(service.folder, address)))
    (mail,) = mails_to(service.folder, address)
    return mail


def subscribed(app: App, service: Service, cadence: str = "daily") -> Subscription:
    """Return a subscription of a new address."""
    address = next(ADDRESSES)
    subscribe(service.folder, address, cadence)
    (found,) = app.subscribers.of_address(address)
    return found


def current(app: App, subscription: Subscription) -> Subscription:
    """Return a subscription as it is now."""
    (found,) = app.subscribers.of_address(subscription.address)
    return found


# --- signing up ----------------------------------------------------------------------------


def test_who_signs_up_is_asked_by_mail_and_begins_with_a_button(service: Service, app: App) -> None:
    """The form, the mail, a page that only asks, the button, the welcome; no cookie anywhere."""
    address = next(ADDRESSES)
    form = service.get("/subscribe/harbour")

    asked = post(
        service,
        "/subscribe/harbour",
        address=address,
        cadence_0="weekly",
        weekday_0="fri",
        hour_0="18",
        words_0="bridge, lighthouse",
        time_zone="Europe/Lisbon",
        language="pt",
        form="text",
    )
    mail = only_mail(service, address)
    link = re.search(r"/confirm/\w{22}\b", body(mail))
    assert link is not None
    shown = service.get(link.group())
    before = app.subscribers.of_address(address)
    pressed = [post(service, link.group()) for _ in range(2)]

    assert form.status_code == asked.status_code == shown.status_code == 200
    assert [answer.status_code for answer in pressed] == [200, 200]
    assert all(not answer.cookies for answer in (form, asked, shown, *pressed))
    assert mail["Subject"] == "Confirme que quer receber mensagens de Harbour & Sea"
    assert link.group() in body(mail, "html")
    assert "List-Unsubscribe" not in mail
    assert before == ()
    (begun,) = app.subscribers.of_address(address)
    assert begun.cadence == "weekly fri 18"
    assert begun.rules[0].wanted.words == ("bridge", "lighthouse")
    assert (begun.time_zone.key, begun.language, begun.form) == ("Europe/Lisbon", "pt", "text")
    wait(lambda: len(mails_to(service.folder, address)) == 2)
    welcome = next(m for m in mails_to(service.folder, address) if "Confirme" not in m["Subject"])
    assert f"/unsubscribe/{begun.token}" in welcome["List-Unsubscribe"]
    assert f"/preferences/{begun.token}" in body(welcome)
    known = service.get(f"/preferences/{begun.token}/export.json").json()
    assert known["consent"]["source"] == "form"


def test_the_answer_does_not_tell_who_is_subscribed(service: Service, app: App) -> None:
    """Known, unknown, complained and asked a moment ago: one page, to the last byte."""
    known, complained = subscribed(app, service), subscribed(app, service)
    app.suppressions.suppress(complained.address, Reason.COMPLAINED, now=app.clock())
    unknown = next(ADDRESSES)

    pages = [
        post(service, "/subscribe/harbour", address=address, cadence_0="daily")
        for address in (known.address, complained.address, unknown, unknown)
    ]

    assert len({page.text for page in pages}) == 1
    assert {page.status_code for page in pages} == {200}
    assert "ya lo recibe" in body(only_mail(service, known.address)).lower()
    only_mail(service, unknown)
    assert mails_to(service.folder, complained.address) == []


def test_an_address_gets_one_mail_whatever_is_posted(service: Service) -> None:
    """From many networks, in many spellings of the domain: nobody is stormed."""
    address = next(ADDRESSES)
    domain = address.partition("@")[2]
    spellings = (address, address.replace(domain, domain.upper()), f" {address} ")

    for number in range(9):
        post(service, "/subscribe/harbour", address=spellings[number % 3], cadence_0="daily")
    wait(lambda: bool(mails_to(service.folder, address)))
    last = next(ADDRESSES)
    post(service, "/subscribe/harbour", address=last, cadence_0="daily")
    only_mail(service, last)

    assert len(mails_to(service.folder, address)) == 1


def test_a_network_that_asks_too_often_waits(service: Service) -> None:
    """Another one does not."""
    network = str(next(NETWORKS))
    answers = [
        post(service, "/subscribe/harbour", network, address="x", cadence_0="daily")
        for _ in range(21)
    ]

    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert answers[-1].headers["Retry-After"] == "3600"
    other = post(service, "/subscribe/harbour", address="x", cadence_0="daily")
    assert other.status_code == 422


def test_a_machine_that_fills_in_every_field_gets_nothing(service: Service, app: App) -> None:
    """But the page that everybody gets."""
    address = next(ADDRESSES)

    page = post(
        service, "/subscribe/harbour", address=address, cadence_0="daily", website="http://x.test"
    )

    assert page.status_code == 200
    assert app.signups.pending(address, now=app.clock()) == ()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"address": "ann@example.org\r\nBcc: all@example.org"}, "address"),
        ({"address": "ann"}, "address"),
        ({"address": "Ann <ann@example.org>"}, "address"),
        ({"address": f"ann@{'a' * 300}.example"}, "address"),
        ({"address": "\u202eann@example.org"}, "address"),
        ({"address": ""}, "address"),
        ({"cadence_0": "* * * * *"}, "cadence"),
        ({"cadence_0": "weekly", "weekday_0": "mon 3 * *"}, "cadence"),
        ({"cadence_0": "daily", "hour_0": "25"}, "cadence"),
        ({"cadence_0": ""}, "cadence"),
        ({"words_0": ",".join("word" + str(n) for n in range(50))}, "words"),
        ({"time_zone": "../../etc/passwd"}, "zone"),
        ({"time_zone": "Mars/Olympus"}, "zone"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    service: Service, fields: dict[str, str], field: str
) -> None:
    """The form comes back with what was typed, and nobody is written to."""
    given = {"address": "ann@example.org", "cadence_0": "daily"} | fields

    page = post(service, "/subscribe/harbour", **given)

    assert page.status_code == 422
    assert re.search(rf'aria-describedby="[\w-]*{field}-problem"', page.text)
    assert re.search(rf'id="[\w-]*{field}-problem"', page.text)
    assert mails_to(service.folder, "ann@example.org") == []


def test_international_addresses_sign_up(service: Service) -> None:
    """A domain in its own letters becomes ASCII; a local part keeps its letters."""
    post(service, "/subscribe/harbour", address="ann@bücher.example", cadence_0="daily")
    post(service, "/subscribe/harbour", address="jürgen@example.org", cadence_0="daily")

    assert only_mail(service, "ann@xn--bcher-kva.example")
    wait(
        lambda: any(
            "jürgen@example.org".encode() in path.read_bytes()
            for path in service.folder.glob("data/mails/*.eml")
        )
    )


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"address=a" * 2_000_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % n for n in range(5000)), "application/x-www-form-urlencoded", 400),
        (b"address=a%40b.c&address=d%40e.f", "application/x-www-form-urlencoded", 400),
        (b'{"address": "a@b.c"}', "application/json", 415),
        (b"\xff\xfe%ff=%", "application/x-www-form-urlencoded", 422),
        (b"%00=a", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 422),
    ],
)
def test_what_is_no_form_of_ours_is_refused(
    service: Service, app: App, data: bytes, kind: str, status: int
) -> None:
    """However large and whatever its letters; the service goes on."""
    token = subscribed(app, service).token
    headers = {"Content-Type": kind, "X-Forwarded-For": f"193.0.{next(NETWORKS) % 250}.1"}
    sent, saved = (
        requests.post(service.url(path), data=data, headers=headers, timeout=10)
        for path in ("/subscribe/harbour", f"/preferences/{token}")
    )

    # What is a form, but of another page, is a mistake of a different kind there.
    assert (sent.status_code, saved.status_code) == (status, 400 if status == 422 else status)
    assert service.get("/subscribe/harbour").status_code == 200


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("fr-CH, en;q=0.5", "S’abonner"),
        ("de, pt;q=0.8", "Subscrever"),
        ("de", "Suscribirse"),
        ("en", "Subscribe"),
        ("x;q=y,,;;q", "Suscribirse"),
        ("", "Suscribirse"),
    ],
)
def test_the_form_speaks_the_readers_language(service: Service, asked: str, said: str) -> None:
    """As far as there are words of it, else the bulletin's."""
    assert said in service.get("/subscribe/harbour", Accept_Language=asked).text


def test_who_complained_since_is_left_alone(service: Service, app: App) -> None:
    """Though the link of the mail would still hold."""
    address = next(ADDRESSES)
    post(service, "/subscribe/harbour", address=address, cadence_0="daily")
    link = re.search(r"/confirm/\w+", body(only_mail(service, address)))
    assert link is not None
    app.suppressions.suppress(address, Reason.COMPLAINED, now=app.clock())

    post(service, link.group())

    assert app.subscribers.of_address(address) == ()


def test_who_bounced_comes_back_by_confirming(service: Service, app: App) -> None:
    """It proves that mail arrives, and is wanted."""
    address = next(ADDRESSES)
    app.suppressions.suppress(address, Reason.BOUNCED, now=app.clock())
    post(service, "/subscribe/harbour", address=address, cadence_0="daily")
    link = re.search(r"/confirm/\w+", body(only_mail(service, address)))
    assert link is not None

    post(service, link.group())

    assert len(app.subscribers.of_address(address)) == 1
    assert app.suppressions.find(address) is None


def test_an_old_link_says_how_to_get_a_new_one(service: Service, app: App) -> None:
    """And confirms nothing."""
    address = next(ADDRESSES)
    post(service, "/subscribe/harbour", address=address, cadence_0="daily")
    link = re.search(r"/confirm/\w+", body(only_mail(service, address)))
    assert link is not None
    with app.database.transaction() as transaction:
        transaction.run(
            "UPDATE signups SET expires = created WHERE address = :address", address=address
        )

    answers = [service.get(link.group()), post(service, link.group())]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert all('href="/subscribe/harbour"' in answer.text for answer in answers)
    assert app.subscribers.of_address(address) == ()


def test_scanners_that_open_every_link_change_nothing(service: Service, app: App) -> None:
    """Of the question, and of the welcome; and a link that was used does not begin it again."""
    address = next(ADDRESSES)
    post(service, "/subscribe/harbour", address=address, cadence_0="daily")
    question = only_mail(service, address)
    opened = [service.get(path).status_code for path in links_of(question)]
    before = app.subscribers.of_address(address)
    button = next(path for path in links_of(question) if path.startswith("/confirm/"))
    post(service, button)
    wait(lambda: len(mails_to(service.folder, address)) == 2)
    begun = app.subscribers.of_address(address)
    for mail in mails_to(service.folder, address):
        opened += [service.get(path).status_code for path in links_of(mail)]
    after = app.subscribers.of_address(address)
    app.subscribers.unsubscribe(after[0], now=app.clock())

    assert (before, after) == ((), begun)
    assert set(opened) == {200}
    assert len(opened) >= 4
    assert post(service, button).status_code == 410
    assert current(app, begun[0]).ended is not None


# --- the way out ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["", "/undo", "/weekly"])
def test_only_a_post_unsubscribes(service: Service, app: App, method: str, path: str) -> None:
    """Scanners open every link of a mail."""
    one = subscribed(app, service)

    answer = requests.request(method, service.url(f"/unsubscribe/{one.token}{path}"), timeout=5)

    reading = 405 if path else 200
    assert answer.status_code == (reading if method in {"GET", "HEAD"} else 405)
    assert not answer.cookies
    assert current(app, one).ended is None


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"data": b""},
        {"data": b"\xff" * 3_000_000, "headers": {"Content-Type": "multipart/form-data"}},
    ],
)
def test_one_click_unsubscribes_at_once(
    service: Service, app: App, sent: dict[str, object]
) -> None:
    """In both forms of RFC 8058, without a redirect or a cookie, as often as it comes."""
    one = subscribed(app, service)
    url = service.url(f"/unsubscribe/{one.token}")

    answers = [
        requests.post(url, timeout=10, allow_redirects=False, **sent)  # type: ignore[arg-type]
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(not answer.cookies for answer in answers)
    assert current(app, one).ended is not None


def test_who_left_can_take_it_back_or_have_less(service: Service, app: App) -> None:
    """As it was, or once a week; the way back stands on the page of the way out."""
    one = subscribed(app, service, "instant")
    left = post(service, f"/unsubscribe/{one.token}")

    back = post(service, f"/unsubscribe/{one.token}/undo")
    undone = current(app, one)
    post(service, f"/unsubscribe/{one.token}")
    weekly = post(service, f"/unsubscribe/{one.token}/weekly")

    for action in ("undo", "weekly"):
        assert f'action="/unsubscribe/{one.token}/{action}"' in left.text
    assert {back.status_code, weekly.status_code} == {200}
    assert (undone.ended, undone.cadence) == (None, "instant")
    assert (current(app, one).ended, current(app, one).cadence) == (None, "weekly")


def private_feed_token(app: App, subscription: Subscription) -> str:
    """Make a private feed; return the token that reads it."""
    app.private_feeds.make(subscription, now=app.clock())
    feed = app.private_feeds.of(subscription)
    assert feed is not None
    return feed.token


@pytest.mark.parametrize("page", ["unsubscribe", "preferences", "confirm"])
def test_a_forged_token_opens_nothing(service: Service, app: App, page: str) -> None:
    """One letter more, less, or other; another kind's; odd ones of any sort."""
    one = subscribed(app, service)
    token = one.token
    other = "A" if token[0] != "A" else "B"
    forged = [
        other + token[1:],
        token[:-1],
        f"{token}x",
        private_feed_token(app, one),
        "%00",
        "é" * 22,
        "-" * 22,
        "z" * 22,
        "' OR 1=1 --",
        "a" * 5000,
    ]

    for odd in forged:
        assert service.get(f"/{page}/{odd}").status_code == 404, odd
        assert post(service, f"/{page}/{odd}").status_code in {404, 415}, odd
    assert current(app, one).ended is None


# --- preferences ---------------------------------------------------------------------------


def test_all_wishes_can_be_changed_on_one_page(service: Service, app: App) -> None:
    """Rules in their order, language, zone and form; and the page shows what was saved."""
    one = subscribed(app, service)
    page = f"/preferences/{one.token}"

    rules = post(
        service,
        page,
        do="rules",
        bulletin="harbour",
        cadence_0="instant",
        words_0="bridge",
        cadence_1="monthly",
        monthday_1="last",
        hour_1="9",
        without_1="<script>",
    )
    described = post(
        service, page, do="describe", language="fr", time_zone="Asia/Tokyo", form="text"
    )

    assert (rules.status_code, described.status_code) == (303, 303)
    assert service.get(rules.headers["Location"]).status_code == 200
    now = current(app, one)
    assert [rule.cadence for rule in now.rules] == ["instant", "monthly last 9"]
    assert now.rules[0].wanted.words == ("bridge",)
    assert (now.language, now.time_zone.key, now.form) == ("fr", "Asia/Tokyo", "text")
    shown = service.get(page).text
    assert "Préférences" in shown
    assert 'value="bridge"' in shown
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_pause_is_set_and_ended(service: Service, app: App) -> None:
    """Days that have gone by, and other texts, are said at the field."""
    one = subscribed(app, service)
    page = f"/preferences/{one.token}"

    wrong = [
        post(service, page, do="pause", until=text)
        for text in ("2020-01-01", "soon", "9999-12-31", "2026-02-30")
    ]
    day = (app.clock().date().replace(day=1)).replace(year=app.clock().year + 1).isoformat()
    paused = post(service, page, do="pause", until=day)
    then = current(app, one)
    post(service, page, do="pause", until="")

    assert {answer.status_code for answer in wrong} == {422}
    assert all('id="until-problem"' in answer.text for answer in wrong)
    assert paused.status_code == 303
    assert then.paused_until is not None
    assert then.next_digest is not None
    assert then.next_digest >= then.paused_until
    assert current(app, one).paused_until is None


def test_somebody_sees_all_that_is_known_of_them_and_deletes_it(service: Service, app: App) -> None:
    """A question first; then nothing is left but a digest that nobody reads an address from."""
    one = subscribed(app, service)
    known = service.get(f"/preferences/{one.token}/export.json").json()

    asked = service.get(f"/preferences/{one.token}/delete")
    still = app.subscribers.of_address(one.address)
    done = post(service, f"/preferences/{one.token}/delete")

    assert known["address"] == one.address
    assert known["subscriptions"][0]["wishes"][0]["cadence"] == "daily"
    assert asked.status_code == done.status_code == 200
    assert len(still) == 1
    assert app.subscribers.of_address(one.address) == ()
    assert service.get(f"/preferences/{one.token}").status_code == 404
    suppression = app.suppressions.find(one.address)
    assert suppression is not None
    assert suppression.reason == "unsubscribed-all"
    with app.database.reading() as transaction:
        for table in ("subscribers", "deliveries", "signups", "notices", "suppressions"):
            rows: Any = transaction.all(f"SELECT * FROM {table}")  # noqa: S608 - a list of ours
            assert one.address not in str([tuple(row) for row in rows])


def test_a_slow_form_holds_nobody_up(service: Service) -> None:
    """Who sends half a form and waits keeps no other reader waiting."""
    with closing(socket.create_connection(("127.0.0.1", service.port), timeout=5)) as slow:
        slow.sendall(
            b"POST /subscribe/harbour HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\naddress="
        )

        assert service.get("/subscribe/harbour").status_code == 200


# --- how the pages are made ----------------------------------------------------------------

# What a browser says of pages in frames of two widths: what is inaccessible, what sticks out.
JUDGE = """<!doctype html><title>judge</title><body><script>
(async () => {
  const failed = [];
  for (const name of NAMES) for (const width of [320, 1280]) {
    const frame = document.createElement("iframe");
    Object.assign(frame, {width, height: 3000, src: name + ".html"});
    await new Promise((loaded) => { frame.onload = loaded; document.body.append(frame); });
    const inner = frame.contentWindow;
    const found = await inner.axe.run();
    for (const one of found.violations) failed.push([name, width, one.id, one.nodes[0].html]);
    if (inner.document.documentElement.scrollWidth > width) failed.push([name, width, "wide"]);
    frame.remove();
  }
  document.title = "JUDGED" + JSON.stringify(failed) + "END";
})();
</script>"""


@pytest.fixture(scope="module")
def pages(service: Service) -> dict[str, str]:
    """Every page of subscribers, also in its states after a mistake and in another language."""
    address = next(ADDRESSES)
    token = subscribe(service.folder, address, "weekly fri 18")
    asked = next(ADDRESSES)
    post(service, "/subscribe/harbour", address=asked, cadence_0="daily", language="en")
    link = re.search(r"/confirm/\w+", body(only_mail(service, asked)))
    assert link is not None
    wrong = {"address": "ann", "cadence_0": "daily", "words_0": "x" * 100}
    return {
        "subscribe": service.get("/subscribe/harbour").text,
        "mistaken": post(service, "/subscribe/harbour", **wrong).text,
        "asked": post(service, "/subscribe/harbour", address=asked, cadence_0="daily").text,
        "confirm": service.get(link.group()).text,
        "begun": post(service, link.group()).text,
        "preferences": service.get(f"/preferences/{token}").text,
        "unpaused": post(service, f"/preferences/{token}", do="pause", until="x").text,
        "delete": service.get(f"/preferences/{token}/delete").text,
        "unsubscribe": service.get(f"/unsubscribe/{token}").text,
        "left": post(service, f"/unsubscribe/{token}").text,
        "back": post(service, f"/unsubscribe/{token}/undo").text,
    }


def test_every_page_is_valid_html(pages: dict[str, str], tmp_path: Path) -> None:
    """As the checker of the web's own working group sees it."""
    java = program("java", tests="the HTML of pages")
    checker = node_package("vnu-jar", tests="the HTML of pages")
    for name, page in pages.items():
        (tmp_path / f"{name}.html").write_text(page)

    judged = subprocess.run(  # noqa: S603 - a program that the list names
        [java, "-jar", checker / "build/dist/vnu.jar", "--stdout", "--format", "gnu", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert judged.stdout == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(
    service: Service, pages: dict[str, str], tmp_path: Path, scheme: str
) -> None:
    """In a real browser, 320 and 1280 pixels wide, by its rules for contrast, names and labels."""
    chromium = program("chromium", tests="the accessibility of pages")
    axe = node_package("axe-core", tests="the accessibility of pages") / "axe.min.js"
    style = service.get("/style.css").text
    if scheme == "dark":
        style = style.replace("@media (prefers-color-scheme: dark)", "@media all")
    (tmp_path / "axe.js").write_text(axe.read_text())
    for name, page in pages.items():
        dressed = page.replace(
            '<link rel="stylesheet" href="/style.css">',
            f'<style>{style}</style><script src="axe.js"></script>',
        )
        (tmp_path / f"{name}.html").write_text(dressed)
    (tmp_path / "judge.html").write_text(JUDGE.replace("NAMES", json.dumps(sorted(pages))))

    assert judged_by(chromium, tmp_path) == []


def judged_by(chromium: str, folder: Path) -> list[object]:
    """Let a browser judge the pages of a folder; return what it finds."""
    command = [
        chromium,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        "--disable-web-security",
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1400,3200",
        "--virtual-time-budget=60000",
        "--dump-dom",
        (folder / "judge.html").as_uri(),
    ]
    ended = subprocess.run(  # noqa: S603 - a program that the list names
        command, capture_output=True, text=True, check=False, timeout=120
    )
    found = re.search(r"JUDGED(.*)END", ended.stdout)
    assert found is not None, ended.stdout[:500] + ended.stderr[-500:]
    return list(json.loads(unescape(found.group(1))))
