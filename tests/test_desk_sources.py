"""The desk's overview, bulletins and sources over HTTP: what is shown, and what can be done."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import requests
from desk_worlds import FLOOD, HOSTILE, world
from desks import PATIENCE_S, Operator, text_of
from running import wait
from sites import Site, bulletin, serving
from worlds import NOON, Feeds, entry, runner, stored
from worlds import bulletin as settings_of

from feeds.check_store import CheckStore
from feeds.kept_page_store import KeptPageStore, keeping
from feeds.page import Page, Validators
from feeds.pause_store import PauseStore
from feeds.records import Check
from notifier.edition_store import EditionStore
from notifier.model import DeliveryState
from notifier.outlook_store import OutlookStore
from notifier.subscriber_store import SubscriberStore
from tidings.cli import OK, USAGE
from tidings.desk.plots import CHECKS, WEEKS, check_plot, habit_plot
from tidings.desk.trial_store import Trial, TrialStore
from tidings.desk.words import amount, distance, moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feeds.database import Database
    from tidings.app import App


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One installation for all that only look, and for changes that do not meet."""
    return world(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def app(site: Site) -> Iterator[App]:
    """It, open."""
    with site.app() as app:
        yield app


@pytest.fixture(scope="module")
def operator(app: App) -> Iterator[Operator]:
    """Somebody who is signed in there."""
    with serving(app) as base:
        yield Operator(base).enter(app)


def ended(operator: Operator, slug: str) -> str:
    """Wait for the end of what was set going for a bulletin; return what is said of it."""
    path = f"/desk/bulletins/{slug}/errand"
    wait(lambda: "goes on" not in operator.get(path).text)
    return text_of(operator.get(path))


def test_the_overview_says_first_what_needs_a_person(operator: Operator) -> None:
    """What is held with its titles, what fails with its remedy; no stranger's markup is markup."""
    page = operator.get("/desk/")
    text = text_of(page)

    assert "2 things need you" in text
    assert text.index("It would bring 40 new items") < text.index("Sources")
    assert FLOOD[0][1] in text
    assert "there is no such file; correct the source's file" in text
    assert "Harbour News & <i>more</i>" in text
    assert "<i>more" not in page.text
    assert "Digest of Harbour News" in text
    assert page.text.count("<svg") == 6
    assert 'aria-label="1 new item in 26 weeks; most, 1' in page.text


def test_the_outbox_is_a_part_of_its_own(operator: Operator, app: App) -> None:
    """For scripts to put into the page, with a way to look again for those who have none."""
    answer = operator.get("/desk/outbox")

    assert "Nothing waits to be sent" in answer.text
    assert "<html" not in answer.text
    assert 'href="/desk/"' in answer.text
    app.stops.begin("relay r.test refuses <us>", now=app.clock())
    stopped = text_of(operator.get("/desk/"))
    assert "No mail leaves since 15:00 UTC just now . relay r.test refuses <us>" in stopped
    app.stops.end(now=app.clock())


def test_an_empty_installation_leads_to_its_first_bulletin(tmp_path: Path) -> None:
    """One button, and nothing else to understand."""
    site = Site(tmp_path)
    site.configure("")
    with site.app() as app, serving(app) as base:
        operator = Operator(base).enter(app)

        assert 'class="button" href="/desk/new"' in operator.get("/desk/").text
        assert operator.get("/desk/bulletins").ok


def test_many_bulletins_are_shown_in_parts(tmp_path: Path) -> None:
    """What needs a person is told of all of them on each."""
    site = Site(tmp_path)
    site.configure("".join(bulletin(f"b{number:03}", f"B{number:03}") for number in range(60)))
    with site.app() as app, serving(app) as base:
        operator = Operator(base).enter(app)

        first, second = text_of(operator.get("/desk/")), text_of(operator.get("/desk/?skip=50"))

    assert "60 sources of 60 bulletins" in first
    assert "60 sources of 60 bulletins" in second
    assert "B049" in first
    assert "B050" not in first
    assert "B050" in second
    assert "51 to 60 of 60 bulletins Those before" in second


@pytest.mark.parametrize(
    "path",
    [
        "/desk/bulletins/nobody",
        "/desk/bulletins/..%2f..%2fetc",
        "/desk/bulletins/harbour/sources/none",
        "/desk/bulletins/harbour/sources/main/pages/0",
        "/desk/bulletins/harbour/sources/main/pages/x1",
        "/desk/bulletins/harbour/sources/main/pages/99999999999999999999/raw",
    ],
)
def test_what_is_not_there_is_not_found(operator: Operator, path: str) -> None:
    """Whatever stands in the address."""
    assert operator.get(path).status_code == 404


def test_checks_are_told_one_by_one(operator: Operator) -> None:
    """With what each found, and page by page; a number that is none counts for nothing."""
    page = operator.get("/desk/bulletins/harbour/sources/main?before=x")
    rows = re.findall(r"<tr>.*?</tr>", page.text, re.DOTALL)[1:]
    first = operator.get("/desk/bulletins/harbour/sources/main?before=999")

    assert len(rows) >= 3
    assert any("changed" in row and '<td class="number">1</td>' in row for row in rows)
    assert "The latest" in first.text


def test_a_check_is_made_in_the_background(operator: Operator, app: App, site: Site) -> None:
    """The request ends at once; the page tells what was found, and the log who did it."""
    site.says("harbour", ("11 November 2026", "Swimming season ends"))
    site.clock.forward(hours=1)
    operator.get("/desk/")

    answer = operator.post("/desk/bulletins/harbour/check")

    assert "harbour is being read" in text_of(answer)
    said = ended(operator, "harbour")
    assert "main: changed, 1 found, 1 new" in said
    assert "Swimming season ends" in (site.public / "harbour/index.html").read_text()
    log = text_of(operator.get("/desk/log?subject=harbour"))
    assert "operator check now" in log
    assert app.clock().strftime("%Y-%m-%d %H:%M:%S") in log


def test_what_cannot_be_done_says_why(operator: Operator) -> None:
    """Where nothing is held nothing is released; the page says so and the log as well."""
    operator.get("/desk/")
    operator.post("/desk/bulletins/museum/release")

    said = ended(operator, "museum")

    assert "Release did not work" in said
    assert "nothing is held of it" in said


def test_what_is_held_is_tried_read_again_and_settled(
    operator: Operator, app: App, site: Site
) -> None:
    """A trial says what it would bring, its kept page too; discarded it is mailed to nobody."""
    source = "/desk/bulletins/council/sources/main"
    operator.post(f"{source}/trial")
    wait(lambda: "is being read" not in operator.get(f"{source}/trial/part").text)
    trial = text_of(operator.get(f"{source}/trial"))
    assert "It would be held: far more new items than ever" in trial
    assert "New (40)" in trial
    (kept, *_) = KeptPageStore(app.database).pages("council", "main")
    assert kept.outcome == "held"
    again = text_of(operator.get(f"{source}/pages/{kept.id}"))
    assert "New (40)" in again
    raw = operator.get(f"{source}/pages/{kept.id}/raw")
    assert raw.content == (site.folder / "council.txt").read_bytes()
    assert raw.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in raw.headers["content-security-policy"]

    operator.get("/desk/")
    operator.post("/desk/bulletins/council/discard")

    assert "40 new" in ended(operator, "council")
    assert "1 thing needs you" in text_of(operator.get("/desk/"))
    assert all(item.baseline for item in app.items.latest("council", 50))


def test_a_page_of_yesterday_is_read_by_the_rules_of_today(operator: Operator, app: App) -> None:
    """Beside what is known today: what was corrected since would be corrected back."""
    source = "/desk/bulletins/harbour/sources/main"
    first = KeptPageStore(app.database).pages("harbour", "main")[-1]

    page = operator.get(f"{source}/pages/{first.id}")

    assert first.outcome == "baseline"
    assert "Corrected (1)" in text_of(page)
    assert "<del>until Friday</del>" in re.sub(r"\s+</del>", "</del>", page.text)
    assert "<script>alert" not in page.text
    assert HOSTILE[:20] in text_of(page)


def test_a_pause_is_shown_wherever_a_source_is(operator: Operator, app: App, site: Site) -> None:
    """It is not due, its failure is no alarm, its check says how to go on; and it is resumed."""
    operator.get("/desk/")

    operator.post("/desk/bulletins/museum/sources/main/pause")

    # What is held of another one is an alarm until that is paused as well.
    operator.post("/desk/bulletins/council/pause")
    site.clock.forward(hours=3)
    assert "museum" not in app.sources.due(now=app.clock())
    health = requests.get(f"{operator.base}/health", timeout=PATIENCE_S).json()
    (museum,) = [each for each in health["sources"] if each["bulletin"] == "museum"]
    assert (bool(museum["paused"]), museum["next_check"]) == (True, None)
    assert health["status"] == "ok"
    assert "paused since" in text_of(operator.get("/desk/bulletins/museum/sources/main"))
    operator.get("/desk/")
    operator.post("/desk/bulletins/museum/check")
    assert "tidings sources resume museum" in ended(operator, "museum")

    operator.post("/desk/bulletins/museum/resume")

    operator.post("/desk/bulletins/council/resume")
    assert "museum" in app.sources.due(now=app.clock())
    lines = text_of(operator.get("/desk/log"))
    assert "resume" in lines
    assert '"main": null' in lines


def test_the_verb_pauses_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It says what it did, what was so already, and which sources there are."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour", sources=("main", "other")))
    for name in ("main", "other"):
        site.says(name, ("3 November 2026", f"News of {name}"))
    run = runner(tmp_path, monkeypatch, capfd)

    said = [
        run("sources", *arguments)[1].strip()
        for arguments in (
            ("pause", "harbour", "main"),
            ("pause", "harbour"),
            ("pause", "harbour"),
            ("resume", "harbour", "other"),
            ("resume", "harbour", "other"),
        )
    ]
    listed = run("sources")[1]
    wrong = run("sources", "pause", "harbour", "none")
    checked = run("check", "--json")

    assert said == [
        "harbour/main is paused: not read until it is resumed",
        "harbour/other is paused: not read until it is resumed",
        "harbour was paused already",
        "harbour/other is resumed: read when the schedule says, at once if that is over",
        "harbour/other was not paused",
    ]
    assert "harbour/main\tpaused\tnever\tpaused" in listed
    assert wrong[0] == USAGE
    assert "there are: main, other" in wrong[2]
    assert checked[0] == OK
    assert [each["source"] for each in json.loads(checked[1])["checks"]] == ["other"]


def test_paused_sources_are_not_due(database: Database) -> None:
    """Nor taken where somebody takes all of a bulletin, but for who says so; the rest goes on."""
    feeds, pauses = Feeds(database), PauseStore(database)
    settings = settings_of(sources=("main", "other"))
    feeds.sources.register([settings], now=NOON)

    assert pauses.pause("harbour", "main", now=NOON) == ("main",)

    assert pauses.pause("harbour", "main", now=NOON) == ()
    assert feeds.sources.paused_bulletins() == frozenset()
    claim = feeds.sources.claim(settings, now=NOON, lease=timedelta(minutes=5))
    assert claim is not None
    assert [state.name for state in claim.sources] == ["other"]
    feeds.sources.release(claim)
    assert pauses.pause("harbour", now=NOON) == ("other",)
    assert feeds.sources.due(now=NOON) == ()
    assert feeds.sources.paused_bulletins() == {"harbour"}
    assert feeds.sources.claim(settings, now=NOON, lease=timedelta(minutes=5)) is None
    feeds.sources.register([settings_of(sources=("main", "other"), every="2h")], now=NOON)
    assert feeds.sources.due(now=NOON) == ()
    everything = feeds.sources.claim(
        settings, now=NOON, lease=timedelta(minutes=5), also_paused=True
    )
    assert everything is not None
    assert len(everything.sources) == 2
    feeds.sources.release(everything)
    assert pauses.resume("harbour") == ("main", "other")
    assert feeds.sources.due(now=NOON) == ("harbour",)


def page_of(text: str) -> Page:
    """Return a page as it comes."""
    return Page(
        body=text.encode(),
        url="https://x.test/",
        content_type="text/html",
        status=200,
        validators=Validators(digest=text),
    )


def test_a_few_pages_are_kept_of_each_source(database: Database) -> None:
    """The newest, each once; the last good one stays beside however many that are not believed."""
    feeds, pages = Feeds(database), KeptPageStore(database)
    feeds.sources.register([settings_of()], now=NOON)

    for text, outcome in (
        ("one", "changed"),
        ("two", "changed"),
        ("three", "held"),
        ("four", "held"),
        ("three", "held"),
        ("five", "held"),
    ):
        claim = feeds.claim()
        left = feeds.outcome(claim, outcome=outcome)
        feeds.sources.record(claim, replace(left, page=keeping(page_of(text), most=2)))
        feeds.sources.release(claim)
        feeds.clock.forward(hours=1)

    found = pages.pages("harbour", "main")
    assert [pages.page("harbour", "main", each.id)[1].body for each in found] == [  # type: ignore[index]
        b"five",
        b"three",
        b"two",
    ]
    assert [each.outcome for each in found] == ["held", "held", "changed"]
    assert pages.page("harbour", "other", found[0].id) is None
    assert keeping(page_of("one"), most=0) is None


def test_past_checks_are_counted_by_day(database: Database) -> None:
    """What a source brought, without what stood there at first; and its checks in pages."""
    feeds, checks = Feeds(database), CheckStore(database)
    feeds.sources.register([settings_of()], now=NOON)
    for outcome, new in (("baseline", 9), ("changed", 2), ("changed", 1), ("failed", 0)):
        claim = feeds.claim()
        left = feeds.outcome(claim, outcome=outcome)
        feeds.sources.record(claim, replace(left, check=replace(left.check, new=new)))
        feeds.sources.release(claim)
        feeds.clock.forward(hours=1)

    news = checks.news_by_day(since=NOON - timedelta(days=1))
    history = checks.history("harbour", "main", limit=2)

    assert news["harbour", "main"] == {NOON.date(): 3}
    assert [check.outcome for _, check in history] == ["failed", "changed"]
    older = checks.history("harbour", "main", limit=9, before=history[-1][0])
    assert [check.outcome for _, check in older] == ["changed", "baseline"]


def test_what_is_to_come_by_mail(database: Database) -> None:
    """The next digest of each bulletin with its readers, and how many mails left of late."""
    feeds, outlook = Feeds(database), OutlookStore(database)
    feeds.sources.register([settings_of()], now=NOON)
    for name, cadence in (("ann", "daily 7"), ("bob", "weekly fri 18"), ("cyd", "instant")):
        SubscriberStore(database).subscribe(
            f"{name}@example.org",
            "harbour",
            time_zone=ZoneInfo("UTC"),
            language="en",
            cadence=cadence,
            now=NOON,
        )
    stored(feeds, entry("Ferry"))
    EditionStore(database, secret="s", mail_domain="example.org").open_due(now=feeds.clock())
    assert outlook.under_way() == {DeliveryState.QUEUED: 1}
    with database.transaction() as transaction:
        transaction.run(
            "UPDATE deliveries SET state = 'sent', finished = :at",
            at=feeds.clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )

    (digest,) = outlook.next_digests()

    assert (digest.bulletin, digest.readers) == ("harbour", 2)
    assert digest.due == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert outlook.under_way() == {}
    assert outlook.mails_per_minute(now=feeds.clock()) == 1
    assert outlook.mails_per_minute(now=feeds.clock.forward(minutes=2)) == 0


def test_the_last_trial_of_each_source_is_kept(database: Database) -> None:
    """From its beginning on, with what it found or why it found nothing."""
    trials = TrialStore(database)
    assert trials.last("harbour", "main") is None

    trials.begin("harbour", "main", now=NOON)
    begun = trials.last("harbour", "main")
    trials.finish("harbour", "main", report={"new": [1]}, now=NOON)
    done = trials.last("harbour", "main")
    trials.begin("harbour", "main", now=NOON)

    going_on = Trial(begun=NOON, finished=None, report=None, problem="")
    assert begun == going_on
    assert done == replace(going_on, finished=NOON, report={"new": [1]})
    assert trials.last("harbour", "main") == going_on


def check(outcome: str, new: int = 0) -> Check:
    """Return a check that went so."""
    return Check(
        bulletin="harbour", source="main", started=NOON, finished=NOON, outcome=outcome, new=new
    )


def test_a_plot_says_in_words_what_it_shows() -> None:
    """Bars of half a year, cells of the last checks: as many as there is room for."""
    today = date(2026, 11, 25)
    habit = habit_plot({today: 4, today - timedelta(days=7): 1, date(2020, 1, 1): 9}, today=today)
    strip = check_plot([check("failed"), check("changed", 2), check("baseline", 9)])

    assert habit.words == (
        "5 new items in 26 weeks; most, 4, in the week of 2026-11-23; 24 weeks without; 4 this week"
    )
    assert len(habit.shapes) == WEEKS
    assert [shape.height for shape in habit.shapes[-2:]] == [7, 28]
    assert habit_plot({}, today=today).words == "No new items in 26 weeks"
    assert [shape.kind for shape in strip.shapes] == ["changed", "news", "failed"]
    assert strip.shapes[-1].x + strip.shapes[-1].width == strip.width
    assert strip.words.endswith("1 with news, 1 with corrections, 1 failed; the latest failed")
    assert len(check_plot([check("unchanged")] * 99).shapes) == CHECKS
    assert check_plot([]).words == "Not read yet"


@pytest.mark.parametrize(
    ("away", "told"),
    [
        ({"seconds": -1}, "just now"),
        ({"seconds": 59}, "now"),
        ({"minutes": 5}, "in 5 min"),
        ({"minutes": -99}, "99 min ago"),
        ({"hours": -47}, "47 h ago"),
        ({"days": 3}, "in 3 days"),
    ],
)
def test_how_far_away_a_time_is(away: dict[str, float], told: str) -> None:
    """In the one unit that a person would use."""
    assert distance(NOON + timedelta(**away), NOON) == told


def test_times_have_their_zone_and_sizes_their_unit() -> None:
    """With the day where it is another one."""
    assert moment(NOON, NOON) == "12:00 UTC"
    assert moment(NOON - timedelta(days=1), NOON) == "2026-11-22 12:00 UTC"
    assert span(timedelta(seconds=9)) == "9 s"
    assert [amount(size) for size in (9, 4_600, 3_000_000)] == ["9 bytes", "4.6 KB", "3.0 MB"]
