"""A page is rebuilt under a running installation: what is read, told, published and mailed."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from origin import Origin
from relay import Mailbox
from test_story import OPERATOR, Story, health

from config.load import load
from feeds.check import Checker
from feeds.fetch import Fetcher
from tidings.app import open_app
from tidings.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feeds.model import Changes

Thing = tuple[int, str]
RULES = """
[bulletins.harbour.sources.main.rules]
item = "ul.news > li"
title = "h3"
link = "a"
date = "time"
exclude = "(?i)advertisement"
"""
MENU = "".join(
    f"<li><a href='/about/{word}'>{word.capitalize()} of the harbour</a></li>"
    for word in ("office", "history", "map", "tides", "fees", "berths", "pilots", "contact")
)


def things(*numbers: int) -> list[Thing]:
    """News, the newest first."""
    return [(number, f"Notice {number} about the quay") for number in numbers]


def before(news: list[Thing]) -> str:
    """The page as it was configured."""
    items = "".join(
        f"<li><h3><a href='/n/{n}'>{title}</a></h3><time>{n} October 2026</time>"
        f"<p>Some words on {n}.</p></li>"
        for n, title in news
    )
    return f"<html><body><ul>{MENU}</ul><ul class='news'>{items}</ul></body></html>"


def after(news: list[Thing], *, link: str = "n", day: str = "October 2026") -> str:
    """The same news after the page was rebuilt."""
    items = "".join(
        f"<div class='tile'><span class='when'>{n} {day}</span>"
        f"<div class='head'><a href='/{link}/{n}'>{title}</a></div>"
        f"<div>Some words on {n}.</div></div>"
        for n, title in news
    )
    advert = "<div class='tile'><div class='head'><a href='/ad'>Advertisement</a></div></div>"
    grid = f"<main class='grid'>{advert}{items}</main>"
    return f"<html><body><nav><ul>{MENU}</ul></nav>{grid}</body></html>"


def beside_events(news: list[Thing]) -> str:
    """The news in a corner of a page of events, which look more like news than they do."""
    events = "".join(
        f"<article><h2><a href='/event/{n}'>A concert on pier {n} of the old town</a></h2>"
        f"<time>{n} March 2024</time><p>With a choir and a long text on it.</p></article>"
        for n in range(1, 13)
    )
    corner = "".join(
        f"<p><a href='/n/{n}'>{title}</a> <i>{n} October 2026</i></p>" for n, title in news
    )
    return f"<html><body><main>{events}</main><aside class='widget'>{corner}</aside></body></html>"


@pytest.fixture
def rebuilt(tmp_path: Path, database_url: str) -> Iterator[Story]:
    """An installation with rules and an operator, whose page is about to be rebuilt."""
    with Origin() as origin, Mailbox() as relay:
        story = Story(tmp_path, origin, relay, database_url)
        configure(story, rules=RULES)
        story.page(before(things(*range(20, 10, -1))), content_type="text/html")
        assert story.tick().checks[0].new == len(range(10))
        story.subscribe()
        yield story


def configure(story: Story, *, rules: str = "", more: str = "") -> None:
    """Write the configuration anew, with an operator, with rules or without."""
    text = story.config.read_text().partition("\n[bulletins.harbour.sources.main.rules]")[0]
    if OPERATOR not in text:
        text = text.replace("[mail]", f'[mail]\noperator = "{OPERATOR}"')
    story.config.write_text(f"{text}\n{more}\n{rules}")
    story.settings = load(story.config, {})


def shows(story: Story, page: str, *, hours: int = 1) -> str:
    """Let the page change and be checked; return what came of it."""
    story.page(page, content_type="text/html")
    story.clock.forward(hours=hours)
    return story.tick().checks[0].outcome


def told(story: Story, address: str = "ann@example.org") -> list[int]:
    """Return the numbers of the news that were mailed, as often as they were."""
    texts = story.mails(address).values()
    return sorted(int(n) for text in texts for n in set(re.findall(r"Notice (\d+) about", text)))


def operator_mails(story: Story) -> list[tuple[str, str]]:
    """Return subject and text of each mail to the operator."""
    found = []
    for message in story.relay.received:
        if message[1] == [OPERATOR]:
            parsed = message_from_bytes(message[2], policy=policy.default)
            text = str(parsed.get_content()).replace("\r\n", "\n")
            found.append((str(parsed["Subject"]), text))
    return found


def dry_run(story: Story) -> Changes:
    """Return what a check would change."""
    with open_app(story.settings, clock=story.clock) as app, Fetcher(app.settings.fetch) as fetcher:
        checker = Checker(
            sources=app.sources,
            items=app.items,
            fetcher=fetcher,
            settings=app.settings.fetch,
            clock=app.clock,
        )
        return checker.dry_run(app.bulletin("harbour"), app.sources.sources()[0])


def test_a_rebuilt_page_is_read_by_new_rules(rebuilt: Story) -> None:
    """What is new is new, what is old is old, and the operator gets the rules, once."""
    ids = rebuilt.ids()
    rebuilt.page(after(things(*range(21, 11, -1))), content_type="text/html")
    rebuilt.clock.forward(hours=1)

    seen = dry_run(rebuilt)
    (check,) = rebuilt.tick().checks

    assert seen.repair is not None
    assert seen.repair.in_force
    assert [entry.title for entry in seen.new] == ["Notice 21 about the quay"]
    assert (check.outcome, check.new, check.revised, check.error) == ("changed", 1, 0, "")
    assert ids.items() <= rebuilt.ids().items()
    assert told(rebuilt) == [21]
    ((subject, text),) = operator_mails(rebuilt)
    assert subject == "Tidings: harbour/main is read by new rules"
    assert "[bulletins.harbour.sources.main.rules]\n" in text
    assert 'exclude = "(?i)advertisement"' in text
    said = health(rebuilt)
    assert (said["status"], said["healthy"]) == ("ok", True)
    assert isinstance(said["repaired"], dict)
    assert said["repaired"]["rules"]["item"]

    # They are gone by at the following checks, and nobody is told again.
    assert shows(rebuilt, after(things(*range(23, 13, -1)))) == "changed"
    assert told(rebuilt) == [21, 22, 23]
    assert len(operator_mails(rebuilt)) == 1

    # And what the mail says can be put into the configuration as it stands.
    table = text[text.index("[bulletins.harbour.sources.main.rules]") :].partition("\n\n")[0]
    configure(rebuilt, rules=table)
    assert shows(rebuilt, after(things(*range(24, 14, -1)))) == "changed"
    assert health(rebuilt)["repaired"] is None
    assert told(rebuilt) == [21, 22, 23, 24]
    assert operator_mails(rebuilt)[-1][0] == "Tidings: harbour/main is read as configured again"


def test_the_configured_rules_are_back_when_they_read_again(rebuilt: Story) -> None:
    """The publisher takes the redesign back: so do we, without a word of the operator."""
    shows(rebuilt, after(things(*range(21, 11, -1))))

    assert shows(rebuilt, before(things(*range(22, 12, -1)))) == "changed"

    assert health(rebuilt)["repaired"] is None
    assert told(rebuilt) == [21, 22]
    assert [subject for subject, _ in operator_mails(rebuilt)] == [
        "Tidings: harbour/main is read by new rules",
        "Tidings: harbour/main is read as configured again",
    ]


def test_a_page_that_is_rebuilt_twice_is_told_of_twice(rebuilt: Story) -> None:
    """Other rules are other rules."""
    shows(rebuilt, after(things(*range(21, 11, -1))))
    again = after(things(*range(22, 12, -1))).replace("tile", "brick").replace("head", "top")

    assert shows(rebuilt, again) == "changed"

    assert told(rebuilt) == [21, 22]
    assert len(operator_mails(rebuilt)) == len(("first", "second"))
    assert "brick" in operator_mails(rebuilt)[-1][1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_the_evidence_does_not_agree_new_rules_are_only_proposed(rebuilt: Story) -> None:
    """Other dates on all: nothing is stored, and the error says which rules would read it."""
    before_it = rebuilt.titles()

    assert shows(rebuilt, after(things(*range(21, 11, -1)), day="May 2025")) == "failed"

    assert rebuilt.titles() == before_it
    assert told(rebuilt) == []
    ((subject, text),) = operator_mails(rebuilt)
    assert subject == "Tidings: harbour/main is unwell"
    assert "rules that would read it" in text
    assert "with another link or date" in text
    assert re.search(r"rules = \{ item = ", text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_new_rules_are_only_proposed_where_the_operator_wants_it(rebuilt: Story) -> None:
    """By one key of the source."""
    configure(rebuilt, more="repair = false", rules=RULES)

    assert shows(rebuilt, after(things(*range(21, 11, -1)))) == "failed"

    assert "rules = { item = " in operator_mails(rebuilt)[0][1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_older_items_of_a_rebuilt_page_are_announced_to_nobody(rebuilt: Story) -> None:
    """The page shows more of its past now: that is published, and is no news."""
    assert shows(rebuilt, after(things(*range(21, 5, -1)))) == "changed"

    assert told(rebuilt) == [21]
    assert {f"Notice {number} about the quay" for number in range(6, 22)} <= rebuilt.titles()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_known_items_decide_where_another_list_looks_likelier(rebuilt: Story) -> None:
    """Without rules: the list that reads best after a redesign is not the one that is known."""
    configure(rebuilt)
    rebuilt.clock.forward(hours=1)
    rebuilt.tick()

    assert shows(rebuilt, beside_events(things(*range(21, 13, -1)))) == "changed"

    assert told(rebuilt) == [21]
    assert not any("concert" in title for title in rebuilt.titles())
    assert health(rebuilt)["repaired"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_list_is_held_where_no_rules_are_sure(rebuilt: Story) -> None:
    """What is known stands there in another order: nothing is announced, the rules are proposed."""
    configure(rebuilt)
    rebuilt.clock.forward(hours=1)
    rebuilt.tick()

    assert shows(rebuilt, beside_events(things(14, 20, 11, 17, 12, 19, 13, 18, 16))) == "held"

    ((_, text),) = operator_mails(rebuilt)
    assert "another list: 9 of the 10 items" in text
    assert "in another order" in text
    assert "rules = { item = " in text
    assert "A concert on pier 1 of the old town" in text
    assert told(rebuilt) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_news_that_pushed_all_that_was_known_aside_are_news(rebuilt: Story) -> None:
    """What is known stands in a list of older things still, and that is not repaired to."""
    configure(rebuilt)
    rebuilt.clock.forward(hours=1)
    rebuilt.tick()
    older = "".join(
        f"<li><a href='/n/{n}'>{title}</a></li>" for n, title in things(*range(20, 10, -1))
    )
    page = before(things(*range(30, 22, -1))).replace(
        "</body>", f"<aside><h4>Older</h4><ul>{older}</ul></aside></body>"
    )

    assert shows(rebuilt, page) == "changed"

    assert told(rebuilt) == list(range(23, 31))
    assert health(rebuilt)["repaired"] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_verbs_show_a_repair(rebuilt: Story, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run before it, and the table of sources after it."""
    rebuilt.page(after(things(*range(21, 11, -1))), content_type="text/html")
    config = ["--config", str(rebuilt.config)]

    assert main(["check", "--dry-run", *config]) == 0
    shown = capsys.readouterr().out
    shows(rebuilt, after(things(*range(21, 11, -1))))
    main(["sources", *config])
    table = capsys.readouterr().out
    main(["sources", "--json", *config])
    report = json.loads(capsys.readouterr().out)

    assert "harbour/main: read by new rules: 9 of the 10 items" in shown
    assert "[bulletins.harbour.sources.main.rules]\nitem = " in shown
    assert "ok, by new rules" in table
    assert report[0]["repaired"]["rules"]["item"]
