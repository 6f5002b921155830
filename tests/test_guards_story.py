"""What a page does one day, over HTTP: it is held, shown, told once, and let go by word or time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from origin import Origin
from relay import Mailbox
from test_repair_story import configure, operator_mails, shows, told
from test_story import Story, health, settled

from tidings.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TITLE = "Notice {0} about the quay"
PAST = range(20, 0, -1)


def page(
    numbers: range, *, day: bool = True, link: bool = True, words: str = "Some words on"
) -> str:
    """A page of news, the newest first, with or without what they had."""
    items = "".join(
        "<article><h2>"
        + ("<a href='/n/{0}'>Notice {0} about the quay</a>" if link else TITLE).format(n)
        + "</h2>"
        + (f"<time>{(n - 1) % 30 + 1} October 2026</time>" if day else "")
        + (f"<p>{words} notice {n}, as it was said at the harbour that day.</p>" if words else "")
        + "</article>"
        for n in numbers
    )
    return f"<html><body><main>{items}</main></body></html>"


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """An installation with an operator that knows its page for some days."""
    with Origin() as origin, Mailbox() as relay:
        story = Story(tmp_path, origin, relay, "")
        configure(story)
        story.page(page(PAST), content_type="text/html")
        assert story.tick().checks[0].outcome == "baseline"
        story.subscribe()
        assert shows(story, page(range(21, 1, -1))) == "changed"
        yield story


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (page(range(21, 17, -1)), "far fewer items than usual"),
        (page(range(21, 1, -1), day=False), "no more dates"),
        (page(range(21, 1, -1), link=False), "no more links"),
        (
            page(
                range(21, 1, -1), words="Hier steht etwas ganz anderes zu der Meldung, n\u00e4mlich"
            ),
            "other texts",
        ),
        (page(range(300, 200, -1)), "far more new items than ever"),
    ],
)
def test_a_page_that_breaks_with_its_past_is_held_and_told_once(
    story: Story, broken: str, reason: str
) -> None:
    """The feeds stay to the byte; the operator hears of it once, and of the recovery once."""
    files = {path: path.read_bytes() for path in story.folder.rglob("public/**/*.*")}

    outcomes = [shows(story, broken) for _ in range(3)]

    assert outcomes == ["held"] * 3
    assert files == {path: path.read_bytes() for path in story.folder.rglob("public/**/*.*")}
    ((subject, text),) = operator_mails(story)
    assert subject == "Tidings: harbour/main is unwell"
    assert reason in text
    assert "rules = {" not in text
    said = health(story)
    assert str(said["held"]).startswith(reason)
    assert said["status"] == "failing"
    assert told(story) == [21]
    assert shows(story, page(range(22, 2, -1))) == "changed"
    shows(story, page(range(22, 2, -1)))
    assert [subject for subject, _ in operator_mails(story)][1:] == [
        "Tidings: harbour/main is well again"
    ]
    assert told(story) == [21, 22]


def test_a_held_flood_shows_what_would_be_new(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the operator's mail as a short list, in /health as a count and a few, all in a dry run."""
    # The verb goes by the clock of this machine.
    story.clock.now = datetime.now(UTC)
    assert shows(story, page(range(300, 200, -1))) == "held"

    ((_, text),) = operator_mails(story)
    assert "It would bring 100 new items:\n  - Notice 300 about the quay\n" in text
    assert "  - Notice 291 about the quay\n  and 90 more" in text
    said = health(story)
    assert said["held_new"] == len(range(100))
    assert said["held_titles"] == [f"Notice {n} about the quay" for n in range(300, 295, -1)]
    assert main(["check", "--dry-run", "--config", str(story.config)]) == 1
    shown = capsys.readouterr().out
    assert "held: far more new items than ever" in shown
    assert shown.count("  new      Notice") == len(range(100))
    main(["sources", "--config", str(story.config)])
    assert "held" in capsys.readouterr().out


def test_a_discarded_reading_is_the_new_normal(story: Story) -> None:
    """By the operator's word; and what was held is forgotten with it."""
    shows(story, page(range(300, 200, -1)))
    assert settled(story, "discard") == 0

    assert shows(story, page(range(301, 201, -1))) == "changed"

    assert told(story) == [21, 301]
    assert health(story)["held_titles"] == []


def test_a_source_that_falls_silent_is_told_of_once(story: Story) -> None:
    """After far more than its longest pause, as no failure; and once more when it has news."""
    newest = 21
    for _ in range(9):
        newest += 1
        assert shows(story, page(range(newest, newest - 20, -1)), hours=7 * 24) == "changed"
    same = page(range(newest, newest - 20, -1))
    for _ in range(34):
        shows(story, same, hours=24)
    assert operator_mails(story) == []
    assert health(story)["silent_since"] is None

    story.clock.forward(days=2)
    done = story.tick()

    assert [check.error for check in done.checks] == [""]
    shows(story, same, hours=24)
    ((subject, text),) = operator_mails(story)
    assert subject == "Tidings: harbour/main is silent"
    assert "7 days without news are usual" in text
    said = health(story)
    assert (said["status"], said["healthy"]) == ("ok", True)
    assert said["silent_since"]
    newest += 1
    shows(story, page(range(newest, newest - 20, -1)))
    assert [subject for subject, _ in operator_mails(story)] == [
        "Tidings: harbour/main is silent",
        "Tidings: harbour/main is not silent any more",
    ]
    assert health(story)["silent_since"] is None


def test_a_silent_source_fails_no_cron_job(story: Story, capfd: pytest.CaptureFixture[str]) -> None:
    """The verb that cron runs warns once, exits with 0, and the table of sources says it."""
    for newest in range(22, 32):
        shows(story, page(range(newest, newest - 20, -1)), hours=7 * 24)
    story.clock.forward(days=60)
    process = story.start()
    warned = process.communicate(timeout=60)[1]
    assert process.returncode == 0, warned
    story.clock.forward(days=1)
    process = story.start()
    again = process.communicate(timeout=60)[1]

    assert process.returncode == 0
    assert "nothing new since" in warned
    assert "nothing new since" not in again
    main(["sources", "--config", str(story.config)])
    assert "silent" in capfd.readouterr().out
    main(["sources", "--json", "--config", str(story.config)])
    (report,) = json.loads(capfd.readouterr().out)
    assert report["silent_since"]
