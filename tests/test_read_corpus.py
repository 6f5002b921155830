from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from feeds.read import read

if TYPE_CHECKING:
    from types import ModuleType

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def _scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorer", CORPUS / "score_extraction.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _items(folder: Path, url: str) -> list[dict[str, object]]:
    found = read(
        (folder / "page.html").read_bytes(),
        url=url,
        content_type="text/html",
        zone=ZoneInfo("UTC"),
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return [
        {
            "url": entry.url or None,
            "title": entry.title,
            "date_published": entry.when.day.isoformat() if entry.when else None,
        }
        for entry in found.entries
    ]


def test_real_pages_are_read_well() -> None:
    """On pages nobody configured, items, titles and dates stay above their floors."""
    if not (CORPUS / "extraction").is_dir():
        pytest.skip(f"THE CORPUS OF REAL PAGES IS NOT HERE: {CORPUS}")
    scorer = _scorer()
    rows: list[dict[str, Any]] = []
    for folder in sorted((CORPUS / "extraction").iterdir()):
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
        rows.append(scorer.score_items(_items(folder, meta["url"]), gold, meta["url"]))

    f1 = sum(row["f1"] for row in rows) / len(rows)
    titles = sum(row["title_ok"] for row in rows) / sum(row["title_n"] for row in rows)
    dates = sum(row["date_ok"] for row in rows) / sum(row["date_n"] for row in rows)

    assert f1 >= 0.98
    assert titles >= 0.97
    assert dates >= 0.98
