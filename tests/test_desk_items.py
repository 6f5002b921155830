"""The desk's items over HTTP: found, shown with their past, and changed, each change logged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from desk_worlds import HOSTILE, subscribe, world
from desks import Operator, text_of
from sites import Site, serving
from worlds import NOON, Feeds, bulletin, entry

from feeds.item_admin_store import ItemAdminStore
from tidings.work import open_editions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.database import Database
    from feeds.model import Item
    from tidings.app import App


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One installation for all stories, each about items of its own."""
    return world(tmp_path_factory.mktemp("items"))


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


def item_of(app: App, title: str, slug: str = "harbour") -> Item:
    """Return the item whose title begins so."""
    (item,) = [item for item in app.items.latest(slug, 100) if item.content.title.startswith(title)]
    return item


def do(operator: Operator, item: Item, action: str, **fields: str) -> str:
    """Send a form of an item's page; return the words of what is shown then."""
    operator.get("/desk/log")
    return text_of(operator.post(f"/desk/items/{item.token}/{action}", follow=True, **fields))


def test_items_are_found_in_one_bulletin_or_all(operator: Operator) -> None:
    """By words; what is searched for is text on the page, whatever it is."""
    everywhere = text_of(operator.get("/desk/items?find=LIGHTHOUSE"))
    here = text_of(operator.get("/desk/items?find=lighthouse&bulletin=harbour"))
    nothing = operator.get("/desk/items?find=<script>alert(2)</script>")

    assert everywhere.count("Lighthouse open on Sundays") == 3
    assert here.count("Lighthouse open on Sundays") == 1
    assert "<script>alert(2)" not in nothing.text
    assert "Nothing has" in text_of(nothing)
    assert "Newer ones" in text_of(operator.get("/desk/items?skip=1"))
    assert "That is all" in text_of(operator.get("/desk/items?skip=50"))
    assert operator.get("/desk/items?skip=-1&bulletin=none&find=%ED%A0%80").ok
    assert operator.get("/desk/items?find=%00").status_code == 400
    assert operator.get("/desk/items/%00").status_code == 404


def test_an_item_is_shown_whole(operator: Operator, app: App) -> None:
    """Its content, what is known of it, what was corrected and who was told; nothing as markup."""
    bridge = operator.get(f"/desk/items/{item_of(app, 'Bridge').token}")
    hostile = operator.get(f"/desk/items/{item_of(app, '<script>').token}")

    text = text_of(bridge)
    assert "All about bridge closed for repairs until friday" in text
    assert "number 3 on the page" in text
    assert re.search(r"Revision 1 14:00 UTC .* known by similar text", text)
    assert "<ins>until Friday</ins>" in bridge.text
    assert "ann@example.org none it was there when its source was first read" in text
    assert "<script>alert" not in hostile.text
    assert HOSTILE[:30] in text_of(hostile)
    assert operator.get("/desk/items/none").status_code == 404


def test_a_withdrawal_is_made_and_taken_back(operator: Operator, app: App, site: Site) -> None:
    """Published at once, said, and in the log with before and after."""
    item = item_of(app, "Lighthouse", "museum")
    page = site.public / f"museum/items/{item.token}.html"

    said = do(operator, item, "withdraw")

    assert f"{item.token} is withdrawn" in said
    assert "[Withdrawn]" in page.read_text()
    again = operator.post(f"/desk/items/{item.token}/withdraw")
    assert again.status_code == 409
    assert "was withdrawn already" in text_of(again)
    assert "stands again" in do(operator, item, "restore")
    assert "[Withdrawn]" not in page.read_text()
    log = text_of(operator.get(f"/desk/log?subject={item.token}"))
    assert log.index("operator restore") < log.index("operator withdraw failed: ")


def test_an_item_is_held_back_until_it_is_released(operator: Operator, app: App) -> None:
    """It stays published; the mail of who is told at once has it after its release."""
    subscribe(app, "harbour", address="bob@example.org")
    item = item_of(app, "Ferry")
    with app.database.transaction() as transaction:
        transaction.run(
            "UPDATE subscriptions SET mark = 0 WHERE subscriber = "
            "(SELECT id FROM subscribers WHERE address = 'bob@example.org')"
        )

    assert "Held back since" in do(operator, item, "hold")

    assert open_editions(app, lambda: False) == 0
    assert "bob@example.org none is held back since" in text_of(
        operator.get(f"/desk/items/{item.token}")
    )
    assert "held back since" in text_of(operator.get("/desk/items?bulletin=harbour"))
    overview = text_of(operator.get("/desk/"))
    assert "Held back from mails Ferry timetable changes harbour, since 15:00 UTC" in overview
    do(operator, item, "release")
    assert open_editions(app, lambda: False) == 1
    assert open_editions(app, lambda: False) == 0
    assert "bob@example.org edition 1 waits to be sent" in text_of(
        operator.get(f"/desk/items/{item.token}")
    )


def test_two_items_are_made_one_and_two_again(operator: Operator, app: App) -> None:
    """The older one keeps its id, from whichever side it is done; then each has its own again."""
    lighthouse, hostile = item_of(app, "Lighthouse"), item_of(app, "<script>")
    choices = operator.get(f"/desk/items/{hostile.token}/merge?find=lighthouse")
    assert choices.text.count("</button></form></li>") == 1
    assert f'value="{lighthouse.id}"' in choices.text

    said = do(operator, hostile, "merge", **{"with": lighthouse.id})

    (older, newer) = sorted((lighthouse, hostile), key=lambda one: (one.first_seen, one.number))
    assert f"{newer.token} is {older.token} now" in said
    assert "Merged: as" in said
    merged = text_of(operator.get(f"/desk/items/{newer.token}"))
    assert "Take the merge back" in merged
    assert "an item of its own again" in do(operator, newer, "split")
    assert app.item_admin.named(newer.id)[0].merged_into == ""


def test_an_item_is_split_at_a_revision(operator: Operator, app: App) -> None:
    """What it became is another item; a revision that is none is said to be none."""
    bridge = item_of(app, "Bridge")
    assert "cannot be split at 7" in do(operator, bridge, "split", at="7")
    assert "That did not work" in do(operator, bridge, "split", at="x")

    said = do(operator, bridge, "split", at="1")

    assert "is an item of its own and mailed to nobody" in said
    titles = {item.content.title for item in app.items.latest("harbour", 9)}
    assert {"Bridge closed for repairs", "Bridge closed for repairs until Friday"} <= titles


def test_forgetting_is_asked_for_by_a_word(operator: Operator, app: App, site: Site) -> None:
    """Without it nothing is forgotten; with it the item is on no page any more."""
    item = item_of(app, "Bridge", "museum")
    assert "Type the word forget" in text_of(operator.get(f"/desk/items/{item.token}/forget"))
    for answer in ("", "yes"):
        assert "was not forgotten" in do(operator, item, "forget", answer=answer)
    assert ItemAdminStore(app.database).named(item.id)[0].forgotten is None

    said = do(operator, item, "forget", answer=" Forget ")

    assert "is forgotten" in said
    assert not (site.public / f"museum/items/{item.token}.html").exists()
    assert item.token not in operator.get("/desk/items?bulletin=museum").text


def test_items_of_all_bulletins_are_found(database: Database) -> None:
    """Those first that came last, page by page, and not those that are forgotten."""
    feeds, items = Feeds(database), ItemAdminStore(database)
    feeds.sources.register([bulletin("harbour"), bulletin("council")], now=NOON)
    for slug, titles in (("harbour", ("Ferry", "Bridge")), ("council", ("Ferry tax", "Parks"))):
        for title in titles:
            feeds.store(entry(title), slug=slug)
            feeds.clock.forward(minutes=1)

    found = items.listed("", limit=9)
    items.forget(found[1], now=feeds.clock())

    assert [item.content.title for item in found] == ["Parks", "Ferry tax", "Bridge", "Ferry"]
    assert [item.content.title for item in items.listed("", limit=9, find="ferry")] == ["Ferry"]
    assert [item.content.title for item in items.listed("", limit=1, skip=1)] == ["Bridge"]
    assert [item.content.title for item in items.listed("harbour", limit=9, skip=1)] == ["Ferry"]
