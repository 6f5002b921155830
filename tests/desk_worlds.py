"""An installation for the pages of the desk about sources and items: some well, some not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sites import Site, bulletin

if TYPE_CHECKING:
    from pathlib import Path

    from tidings.app import App

# Titles of strangers: they are text wherever they stand.
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'ferry' " + "veryLongWordWithoutABreak" * 6
ITEMS = (
    ("9 November 2026", "Lighthouse open on Sundays"),
    ("3 November 2026", "Bridge closed for repairs"),
    ("1 November 2026", HOSTILE),
)
CORRECTED = (
    ("10 November 2026", "Ferry timetable changes"),
    ITEMS[0],
    ("3 November 2026", "Bridge closed for repairs until Friday"),
    ITEMS[2],
)
FLOOD = tuple(
    ("12 November 2026", f"Notice {number} of a flood of notices") for number in range(40)
)
READER = "ann@example.org"


def held_bulletin(slug: str, title: str) -> str:
    """Return the tables of a bulletin whose floods are held for a day."""
    return bulletin(slug, title).replace('hold = "1s"\n', "")


def world(folder: Path, *, store: str = "") -> Site:
    """Return an installation: one bulletin well, one held, one failing; its clock goes on."""
    site = Site(folder, store=store)
    site.configure(
        held_bulletin("harbour", "Harbour News & <i>more</i>")
        + held_bulletin("council", "Council notices")
        + held_bulletin("museum", "Museum of the sea")
    )
    site.says("harbour", *ITEMS)
    site.says("council", *ITEMS[:2])
    site.says("museum", *ITEMS[:2])
    site.tick()
    with site.app() as app:
        subscribe(app, "harbour", cadence="daily 7")
    site.says("harbour", *CORRECTED)
    site.tick()
    site.says("council", *FLOOD, *ITEMS[:2])
    (folder / "museum.txt").unlink()
    site.tick()
    return site


def subscribe(app: App, slug: str, *, address: str = READER, cadence: str = "instant") -> None:
    """Let somebody subscribe."""
    app.subscribers.subscribe(
        address,
        slug,
        cadence=cadence,
        time_zone=ZoneInfo("UTC"),
        language="en",
        now=app.clock(),
    )
