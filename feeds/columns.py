"""Items and their contents as columns and back."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from feeds.instants import from_column, to_column
from feeds.keys import KEYS_VERSION, title_key, url_key
from feeds.model import Attachment, Content, Former, Item, When

if TYPE_CHECKING:
    from feeds.database import Row

CONTENT = (
    "title, url, day, instant, summary_html, full_html, author, image_url, categories, language, "
    "attachments"
)
ITEM = (
    "id, token, items.bulletin AS bulletin, number, changed, "
    f"{CONTENT}, published, updated, first_seen, revision, baseline, source_id, "
    "forgotten, merged_into, withdrawn, restored, archive, held_back"
)
FORMER = "revisions.revision AS revision, content, replaced, evidence, strength, merged_from"


def content_columns(content: Content) -> dict[str, object]:
    """Return the columns of a content and of the keys that are looked up by."""
    when = content.when
    return {
        "title": content.title,
        "url": content.url,
        "day": when.day.isoformat() if when else None,
        "instant": to_column(when.instant) if when and when.instant else None,
        "summary_html": content.summary_html,
        "full_html": content.full_html,
        "author": content.author,
        "image_url": content.image_url,
        "categories": json.dumps(content.categories, ensure_ascii=False),
        "language": content.language,
        "attachments": json.dumps(
            [
                [each.url, each.mime, each.size, each.title, each.seconds]
                for each in content.attachments
            ],
            ensure_ascii=False,
        ),
        "url_key": url_key(content.url),
        "title_key": title_key(content.title),
        "keys_version": KEYS_VERSION,
    }


def content_from(row: Row) -> Content:
    """Read a content from a row with the columns of CONTENT."""
    day = row["day"]
    return Content(
        title=row["title"],
        url=row["url"],
        when=When(date.fromisoformat(day), from_column(row["instant"])) if day else None,
        summary_html=row["summary_html"],
        full_html=row["full_html"],
        author=row["author"],
        image_url=row["image_url"],
        categories=tuple(json.loads(row["categories"])),
        language=row["language"],
        attachments=tuple(
            Attachment(url=url, mime=mime, size=size, title=title, seconds=seconds)
            for url, mime, size, title, seconds in json.loads(row["attachments"])
        ),
    )


def content_from_json(text: str) -> Content:
    """Read a content that was kept as a former revision."""
    # Kept before items had attachments.
    return content_from({"attachments": "[]"} | json.loads(text))


def content_json(content: Content) -> str:
    """Write a content for keeping beside the one that an item has."""
    columns = content_columns(content)
    return json.dumps(
        {name: columns[name] for name in CONTENT.split(", ")}, ensure_ascii=False, sort_keys=True
    )


def former_from(row: Row) -> Former:
    """Read a former content from a row with the columns of FORMER."""
    return Former(
        content=content_from_json(row["content"]),
        revision=row["revision"],
        replaced=from_column(row["replaced"]),
        evidence=row["evidence"],
        strength=row["strength"],
        merged_from=row["merged_from"] or "",
    )


def item_from(row: Row, *, at: Row | None = None) -> Item:
    """Read an item from a row with the columns of ITEM, and one of sightings if it has one."""
    return Item(
        id=row["id"],
        token=row["token"],
        bulletin=row["bulletin"],
        number=row["number"],
        changed=row["changed"],
        content=content_from(row),
        published=from_column(row["published"]),
        updated=from_column(row["updated"]),
        first_seen=from_column(row["first_seen"]),
        revision=row["revision"],
        baseline=bool(row["baseline"]),
        source_id=row["source_id"],
        forgotten=from_column(row["forgotten"]),
        merged_into=row["merged_into"] or "",
        withdrawn=from_column(row["withdrawn"]),
        restored=from_column(row["restored"]),
        archive=row["archive"],
        held_back=from_column(row["held_back"]),
        position=at["position"] if at else None,
        missing_since=from_column(at["missing_since"]) if at else None,
        sighted=at is not None,
        stated=at["stated"] if at else "",
        said=content_from_json(at["said"]) if at and at["said"] else None,
    )
