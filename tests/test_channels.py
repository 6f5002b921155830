"""Channels of bulletins: each item once, in its order, whatever the services do."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chats import Chats, chats
from relay import free_port
from running import Service, wait
from test_edition_store import World
from worlds import NOON, Clock, entry

from config.load import load
from feeds.filters import ItemFilter
from notifier.channel_store import ChannelStore, Wanted
from notifier.channels import Channel, ChannelError
from notifier.due_store import MOST_SINGLE
from notifier.ledger_store import LedgerStore
from notifier.message import Message
from notifier.model import UTC_ZONE
from tidings.app import open_app
from tidings.cli import CommandError, main
from tidings.reports import health_report
from tidings.work import tick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.database import Database

ROOT = Path(__file__).resolve().parent.parent
TICK_AT = Path(__file__).with_name("tick_at.py")
LATER = "TIDINGS_BULLETINS_HARBOUR_CHANNELS_LATER_ADDRESS"
KEY = "k3y-nobody-may-see"
CONFIGURATION = """
[store]
database = "{database}"
[site]
base_url = "https://news.example.org"
[mail]
sender = "news@example.org"
retry = "5m"
[bulletins.harbour]
title = "Harbour news"
[bulletins.harbour.sources.main]
file = "harbour.txt"
every = "1m"
"""
CHAT = """
[bulletins.harbour.channels.{name}]
address = "{address}"
"""
PAGE = "Harbour news\n\n1 November 2026\n\nNew harbour master\n\nInes Ferreira takes office.\n"


# --- who is told what --------------------------------------------------------------------


def _wanted(name: str, cadence: str = "instant", *words: str) -> Wanted:
    return Wanted.of(
        "harbour",
        name,
        cadence=cadence,
        wanted=ItemFilter(words=words),
        time_zone=UTC_ZONE,
        language="en",
    )


@pytest.fixture
def world(database: Database) -> World:
    """Two bulletins, and what was there before anybody listened."""
    world = World(database)
    world.store(entry("there at first"), baseline=True)
    world.store(entry("before"))
    return world


def test_a_channel_hears_each_new_item_once_from_now_on(world: World) -> None:
    """One by one and in their order, unless many come at once; beside the people's mails."""
    channels = ChannelStore(world.database)
    channels.register([_wanted("all"), _wanted("ferries", "daily", "ferry")], now=world.clock())
    world.subscribe("ann", "instant")
    # A page has its newest item on top.
    world.store(entry("a bridge"), entry("b ferry"))
    world.open_all()
    world.store(*(entry(f"item {number}") for number in range(MOST_SINGLE + 1)))
    world.open_all()
    world.clock.forward(days=1)
    world.open_all()

    told = world.told()
    assert told["channel:all"][:2] == [["b ferry"], ["a bridge"]]
    assert [len(titles) for titles in told["channel:all"]] == [1, 1, MOST_SINGLE + 1]
    assert told["channel:ferries"] == [["b ferry"]]
    assert sorted(told["ann"][0]) == ["a bridge", "b ferry"]
    assert all(one.balanced for one in LedgerStore(world.database).sums())


def test_what_a_channel_hears_is_in_no_mail_and_on_no_page(world: World) -> None:
    """The outbox does not claim it, nor puts it off with the mails, and no list shows it."""
    channels = ChannelStore(world.database)
    channels.register([_wanted("all")], now=world.clock())
    world.store(entry("one"))
    world.open_all()
    world.outbox.postpone(until=world.clock.forward(hours=1), reply="the relay refuses us")
    world.clock.forward(hours=-1)
    subscription = channels.find("harbour", "all")
    assert subscription is not None

    assert world.outbox.claim(now=world.clock(), lease=world.clock() - NOON) == ()
    assert sum(world.outbox.tally().values()) == 0
    assert world.outbox.channels_due(now=world.clock()) == (subscription.id,)
    assert world.subscribers.subscriptions() == ()
    assert not world.editions.edition(1).whole


def test_a_channel_that_is_reconfigured_goes_on_and_one_that_is_gone_ends(world: World) -> None:
    """A change of wishes loses nothing; what is taken out and put back begins anew."""
    channels = ChannelStore(world.database)
    channels.register([_wanted("all", "daily")], now=world.clock())
    world.store(entry("one"))
    channels.register([_wanted("all")], now=world.clock())
    world.open_all()
    channels.register([], now=world.clock())
    world.store(entry("meanwhile"))
    world.open_all()
    channels.register([_wanted("all")], now=world.clock())
    world.store(entry("afterwards"))
    world.open_all()

    told = world.told()["channel:all"]
    states = {
        line.items[0]: line.state.value
        for line in LedgerStore(world.database).of_address("channel:all")
    }
    assert told == [["one"], ["afterwards"]]
    assert states == {"one": "suppressed", "afterwards": "queued"}


# --- what the services do ----------------------------------------------------------------


@dataclass
class Harbour:
    """A whole program with one bulletin in a file, and the services that its channels name."""

    path: Path
    chats: Chats
    clock: Clock

    def channel(self, name: str, address: str = "", *keys: str) -> None:
        """Configure a channel."""
        place = address or f"json://127.0.0.1:{self.chats.port}/{name}"
        with self.path.open("a") as file:
            file.write(CHAT.format(name=name, address=place) + "\n".join(keys) + "\n")

    def news(self, *titles: str) -> None:
        """Put items on top of the page."""
        page = self.path.with_name("harbour.txt")
        new = "".join(f"9 November 2026\n\n{title}\n\nText of it.\n\n" for title in titles)
        head, rest = page.read_text().split("\n\n", 1)
        page.write_text(f"{head}\n\n{new}{rest}")

    def tick(self, *, minutes: float = 2, times: int = 1) -> None:
        """Do what is due, some minutes later."""
        for _ in range(times):
            self.clock.forward(minutes=minutes)
            with open_app(load(self.path, {}), clock=self.clock) as app:
                tick(app, lambda: False)

    def states(self, name: str = "chat") -> list[str]:
        """Return how far each delivery to a channel has come, the latest first."""
        with open_app(load(self.path, {}), clock=self.clock, register=False) as app:
            assert app.ledger.unbalanced() == ()
            return [line.state.value for line in app.ledger.of_address(f"channel:{name}")]


@pytest.fixture
def services() -> Iterator[Chats]:
    """Where messages arrive."""
    with chats() as found:
        yield found


@pytest.fixture
def harbour(tmp_path: Path, database_url: str, services: Chats) -> Harbour:
    """A bulletin that nobody has read yet, on each database."""
    path = tmp_path / "tidings.toml"
    path.write_text(CONFIGURATION.format(database=database_url))
    path.with_name("harbour.txt").write_text(PAGE)
    return Harbour(path, services, Clock(NOON))


def test_a_broken_channel_keeps_its_order_and_delays_no_other(harbour: Harbour) -> None:
    """It is tried again with growing pauses; what came later waits behind what it did not take."""
    harbour.channel("chat")
    harbour.channel("other")
    harbour.tick()
    harbour.chats.statuses["/chat"] = 503
    harbour.news("Bridge closed")
    harbour.tick()
    harbour.news("Bridge open")
    harbour.tick(times=4)
    tried = len(harbour.chats.texts("/chat"))
    harbour.chats.statuses.clear()
    harbour.tick(minutes=30)

    assert harbour.chats.titles("/other") == ["Bridge closed", "Bridge open"]
    assert tried == 2
    assert harbour.chats.titles("/chat") == ["Bridge closed"] * 3 + ["Bridge open"]
    assert harbour.states() == ["sent", "sent"]


def test_a_lost_answer_is_asked_for_once_more_or_never(harbour: Harbour) -> None:
    """As with mails: twice at most, and by a setting never; then the next item has its turn."""
    harbour.channel("chat", f"json://127.0.0.1:{harbour.chats.port}/chat?rto=0.3")
    harbour.channel(
        "once", f"json://127.0.0.1:{harbour.chats.port}/once?rto=0.3", 'uncertain = "never"'
    )
    harbour.tick()
    harbour.chats.silent = {"/chat", "/once"}
    harbour.news("Bridge closed")
    harbour.tick()
    harbour.tick(minutes=10, times=2)
    harbour.chats.silent = set()
    harbour.news("Bridge open")
    harbour.tick(minutes=10)

    assert harbour.chats.titles("/chat") == ["Bridge closed"] * 2 + ["Bridge open"]
    assert harbour.chats.titles("/once") == ["Bridge closed", "Bridge open"]
    assert harbour.states("chat") == harbour.states("once") == ["sent", "failed"]


TOLD = "notifier.channels:Channel.tell"
SEAMS = (
    "tidings.work:open_editions",
    "notifier.outbox_store:OutboxStore.claim_first",
    "notifier.outbox_store:OutboxStore.turn",
    TOLD,
)


def test_a_process_that_is_killed_loses_and_doubles_nothing(harbour: Harbour) -> None:
    """At each seam; only where the answer was not written down yet is it told once more."""
    harbour.channel("chat")
    harbour.tick()
    for place, seam in enumerate(SEAMS):
        harbour.news(f"Item {place}")
        now = harbour.clock.forward(minutes=2)
        killed = subprocess.run(  # noqa: S603 - ours
            [sys.executable, str(TICK_AT), str(harbour.path), now.isoformat(), seam],
            check=False,
            capture_output=True,
            timeout=60,
        )
        assert killed.returncode == -9, killed.stderr.decode()
        harbour.tick(minutes=30)

    wanted = [f"Item {place}" for place in range(len(SEAMS))]
    wanted.insert(SEAMS.index(TOLD), f"Item {SEAMS.index(TOLD)}")
    assert harbour.chats.titles() == wanted
    assert harbour.states() == ["sent"] * len(SEAMS)


def test_what_is_corrected_or_withdrawn_is_not_told_again(harbour: Harbour) -> None:
    """And what was withdrawn before a channel could hear of it is not told at all."""
    harbour.channel("chat")
    harbour.tick()
    harbour.news("Bridge closed")
    harbour.tick()
    page = harbour.path.with_name("harbour.txt")
    page.write_text(page.read_text().replace("Bridge closed", "Bridge closed today"))
    harbour.tick()
    harbour.chats.statuses["/chat"] = 503
    harbour.news("A mistake")
    harbour.tick()
    with open_app(load(harbour.path, {}), clock=harbour.clock) as app:
        mistake = app.item_admin.listed("harbour", limit=1, find="A mistake")[0]
        app.item_admin.withdraw(mistake, now=harbour.clock())
    harbour.chats.statuses.clear()
    harbour.tick(minutes=30)

    assert harbour.chats.titles() == ["Bridge closed", "A mistake"]
    assert harbour.states() == ["suppressed", "sent"]


def test_an_address_is_never_said(harbour: Harbour, capfd: pytest.CaptureFixture[str]) -> None:
    """Not in the ledger, the troubles or /health; nor where a trial fails."""
    harbour.channel("gone", f"mmost://127.0.0.1:{harbour.chats.port}/{KEY}")
    harbour.channel("down", f"json://user:{KEY}@127.0.0.1:{free_port()}/{KEY}")
    harbour.channel("wrong", f"nosuch://{KEY}")
    with harbour.path.open("a") as file:
        file.write("[bulletins.harbour.channels.later]\n")
    harbour.chats.statuses[f"/hooks/{KEY}"] = 404
    harbour.tick()
    harbour.news("Bridge closed")
    harbour.tick()
    harbour.tick(minutes=30, times=3)
    with open_app(load(harbour.path, {}), clock=harbour.clock) as app:
        health = health_report(app)
        lines = [app.ledger.of_address(f"channel:{name}") for name in ("gone", "down", "wrong")]
    tried = main(["channels", "test", "harbour/gone", "--config", str(harbour.path)])
    why = main(["channels", "why", "harbour/gone", "--config", str(harbour.path)])
    listed = main(["channels", "list", "--debug", "--config", str(harbour.path)])
    words = capfd.readouterr()

    assert harbour.chats.texts(f"/hooks/{KEY}")
    problems = [
        ("harbour/down", "it cannot be reached"),
        ("harbour/gone", "it answered (HTTP 404 Not Found)"),
        (
            "harbour/later",
            f"no address is given, in its table or by {LATER}_FILE",
        ),
        ("harbour/wrong", "its address is none that Apprise knows"),
    ]
    found = health["channels"]
    assert isinstance(found, list)
    assert [(one["channel"], one["problem"]) for one in found] == problems
    assert (tried, why, listed) == (1, 0, 0)
    assert "Bridge closed" in words.out
    assert "takes nothing since" in words.out
    assert KEY not in f"{health}{lines}{words}"


def test_the_loudest_log_does_not_say_it(tmp_path: Path, services: Chats) -> None:
    """In a process of its own, as an operator looks for what is wrong."""
    path = tmp_path / "tidings.toml"
    path.write_text(CONFIGURATION.format(database="").replace('"1m"', '"1s"'))
    path.with_name("harbour.txt").write_text(PAGE)
    harbour = Harbour(path, services, Clock(NOON))
    harbour.channel("gone", f"mmost://127.0.0.1:{services.port}/{KEY}")
    services.statuses[f"/hooks/{KEY}"] = 404
    harbour.tick()
    harbour.news("Bridge closed")
    ended = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "tidings", "tick", "--debug", "--config", str(path)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 0
    assert b"channel harbour/gone takes nothing: it answered (HTTP 404" in ended.stderr
    assert KEY.encode() not in ended.stdout + ended.stderr


def test_the_service_tells_while_a_channel_hangs(tmp_path: Path, services: Chats) -> None:
    """The news reaches the others at once, and the operator hears of a source by a channel."""
    path = tmp_path / "tidings.toml"
    path.write_text(
        CONFIGURATION.format(database="").replace('"1m"', '"1s"')
        + f'[alerts.phone]\naddress = "json://127.0.0.1:{services.port}/phone"\n'
    )
    path.with_name("harbour.txt").write_text(PAGE)
    harbour = Harbour(path, services, Clock(NOON))
    harbour.channel("hangs")
    harbour.channel("chat")
    services.silent.add("/hangs")
    service = Service(tmp_path, free_port())
    try:
        wait(lambda: service.answers("/harbour/"))
        harbour.news("Bridge closed")
        wait(lambda: harbour.chats.titles("/chat") == ["Bridge closed"])
        path.with_name("harbour.txt").unlink()
        wait(lambda: bool(services.titles("/phone")))
    finally:
        code, _ = service.stop()

    assert code == 0
    assert services.titles("/hangs")[:1] == ["Bridge closed"]
    assert "harbour/main is unwell" in services.titles("/phone")[0]


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (302, "address"),
        (400, "message"),
        (403, "address"),
        (413, "message"),
        (429, "later"),
        (500, "later"),
        (599, "later"),
    ],
)
def test_what_an_answer_means(services: Chats, status: int, meaning: str) -> None:
    """A redirect is not followed: a key would travel with it."""
    services.statuses["/chat"] = status
    services.elsewhere = f"http://127.0.0.1:{services.port}/elsewhere"
    channel = Channel(f"json://127.0.0.1:{services.port}/chat")

    with pytest.raises(ChannelError, match=f"HTTP {status}") as raised:
        channel.tell(Message(title="t", text="x"))

    assert raised.value.is_of_address == (meaning == "address")
    assert raised.value.permanent == (meaning == "message")
    assert not raised.value.uncertain
    assert [path for path, _ in services.told] == ["/chat"]


@pytest.mark.parametrize("way", ["json://127.0.0.1:{port}/chat", "ntfy://127.0.0.1:{port}/chat"])
def test_a_message_is_one_request_in_our_name(services: Chats, way: str) -> None:
    """Nothing is parted in two, and no picture of a stranger's server is named."""
    Channel(way.format(port=services.port)).tell(Message(title="News", text="a\nb " * 800))

    ((_, said),) = services.told
    assert said["title"] == "News"
    assert "http" not in repr(said)


def test_without_the_library_there_is_one_clear_word(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to type, before anything is read."""
    harbour.channel("chat")
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(CommandError, match=r"pip install 'tidings\[channels\]'"):
        harbour.tick()
