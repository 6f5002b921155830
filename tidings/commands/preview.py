"""``tidings preview``: what would be read from a page, and why. Stores nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.logins import without_login
from feeds.markup import plain_text
from tidings.cli import FAILED, OK, CommandError
from tidings.looking import look
from tidings.options import check_options
from tidings.terminal import progress, say, say_json, say_table

if TYPE_CHECKING:
    import argparse

    from feeds.model import Entry, Reading
    from tidings.looking import Look


def run(options: argparse.Namespace) -> int:
    """Print what is found; the exit code says whether anything was."""
    check_options(options)
    with progress(f"reading {without_login(options.source)}"):
        seen = look(
            options.source,
            page_url=options.url,
            kind=options.kind,
            language=options.language,
            time_zone=options.time_zone,
        )
    reading = seen.reading
    if options.json:
        say_json(_json_feed(seen, explain=options.explain))
    elif options.explain:
        _explain(reading)
    elif not reading.problem:
        show_entries(reading)
    if reading.problem:
        raise CommandError(f"{seen.location}: {reading.problem}", code=FAILED)
    return OK


def show_entries(reading: Reading) -> None:
    """Print the entries that were found, a line each."""
    say_table(
        ("date", "title", "link"),
        [(_date(entry), entry.title, entry.url) for entry in reading.entries],
    )


def _date(entry: Entry) -> str:
    return entry.when.day.isoformat() if entry.when else ""


def _explain(reading: Reading) -> None:
    """Print how the page was read: the reader that won, each candidate, each item's evidence."""
    say(f"read as: {reading.method or 'nothing'}")
    for note in reading.notes:
        say(f"  {note}")
    for candidate in reading.candidates:
        say(f"{'kept   ' if candidate.kept else 'dropped'}  {candidate.text}: {candidate.reason}")
    for entry in reading.entries:
        say(f"{_date(entry) or 'no date'}  {entry.title}")
        for name, reason in entry.evidence.items():
            say(f"    {name}: {reason}")


def _json_feed(seen: Look, *, explain: bool) -> dict[str, object]:
    """Return the reading as JSON Feed 1.1; what we know beyond it stands in an extension.

    Ids are addresses, or places on the page: what is previewed has no identity yet.
    """
    reading = seen.reading
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": reading.title or seen.location,
        "home_page_url": seen.page_url,
        "language": reading.language,
        "_tidings": {
            "method": reading.method,
            "notes": list(reading.notes),
            "problem": reading.problem,
            **({"candidates": _json_candidates(reading)} if explain else {}),
        },
        "items": _json_items(seen),
    }
    return {name: value for name, value in feed.items() if value or name == "items"}


def _json_candidates(reading: Reading) -> list[dict[str, object]]:
    return [
        {"kept": candidate.kept, "text": candidate.text, "reason": candidate.reason}
        for candidate in reading.candidates
    ]


def _json_items(seen: Look) -> list[dict[str, object]]:
    used: set[str] = set()
    items = []
    for place, entry in enumerate(seen.reading.entries, start=1):
        place_id = f"{seen.page_url}#item-{place}"
        item_id = entry.url if entry.url and entry.url not in used else place_id
        used.add(item_id)
        items.append(_json_item(entry, item_id, seen))
    return items


def _json_item(entry: Entry, item_id: str, seen: Look) -> dict[str, object]:
    item: dict[str, object] = {
        "id": item_id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.summary_html,
        "content_text": plain_text(entry.summary_html) or entry.title,
        "image": entry.image_url,
        "date_published": seen.published(entry),
        "authors": [{"name": entry.author}] if entry.author else [],
        "tags": list(entry.categories),
        "language": entry.language,
        "_tidings": {
            "date": _date(entry),
            "precision": ("time" if entry.when.instant else "day") if entry.when else "none",
            "evidence": entry.evidence,
        },
    }
    return {name: value for name, value in item.items() if value}
