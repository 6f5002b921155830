"""Views, merges, former names and farewells in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from config.load import ConfigError, load
from config.selection_settings import MergeSettings, ViewSettings

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import (
        Settings,
    )

HARBOUR = """\
[bulletins.harbour]
title = "Harbour news"
[bulletins.harbour.sources.main]
url = "https://harbour.test/news"
"""
AIRPORT = HARBOUR.replace("harbour", "airport").replace("Harbour", "Airport")


def loaded(folder: Path, text: str) -> Settings:
    """Load a text as the configuration of a folder."""
    path = folder / "tidings.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def test_views_and_merges_become_typed_settings(tmp_path: Path) -> None:
    """Each with its filter; blanks around a word do not count."""
    settings = loaded(
        tmp_path,
        HARBOUR
        + AIRPORT
        + """
[bulletins.harbour.views.ferries]
title = "Ferries"
words = [" ferry", "ferries"]
sources = ["main"]
[merges.port]
title = "Port and airport"
bulletins = ["harbour", "airport"]
without = ["advertisement"]
""",
    )

    assert settings.bulletins[0].views == (
        ViewSettings(
            bulletin="harbour",
            name="ferries",
            title="Ferries",
            words=("ferry", "ferries"),
            sources=("main",),
        ),
    )
    assert settings.merges == (
        MergeSettings(
            slug="port",
            title="Port and airport",
            bulletins=("harbour", "airport"),
            without=("advertisement",),
        ),
    )


def test_a_bulletin_that_ended_needs_no_source(tmp_path: Path) -> None:
    """What it said stays; nothing is read any more."""
    settings = loaded(
        tmp_path, '[bulletins.old]\ntitle = "Old"\nended = true\nnotice = "1s"\nfarewell = "Bye."\n'
    )

    assert settings.bulletins[0].ended
    assert settings.bulletins[0].notice == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[bulletins.harbour.views.2026]\ntitle = 'x'\n",
            (
                "5: bulletins.harbour.views.2026: '2026' is an address of the bulletin itself; "
                "choose another name"
            ),
        ),
        (
            "[bulletins.harbour.views.Ferries]\ntitle = 'x'\n",
            (
                "5: bulletins.harbour.views.Ferries: a view's name has small letters, digits and "
                "hyphens only, at most 64"
            ),
        ),
        (
            "[bulletins.harbour.views.ferries]\nwords = ['ferry']\n",
            '5: bulletins.harbour.views.ferries: needs a title, such as title = "Ferries"',
        ),
        (
            "[bulletins.harbour.views.ferries]\ntitle = 'x'\nwords = 'ferry'\n",
            (
                "7: bulletins.harbour.views.ferries.words: found 'ferry', allowed is a list "
                'such as ["..."]'
            ),
        ),
        (
            "[bulletins.harbour.views.ferries]\ntitle = 'x'\nwords = ['']\n",
            (
                "7: bulletins.harbour.views.ferries.words: found [''], allowed is "
                "a list, each of it a text on one line"
            ),
        ),
        (
            "[bulletins.harbour.views.ferries]\ntitle = 'x'\nsources = ['mian']\n",
            (
                "7: bulletins.harbour.views.ferries.sources: there is no source 'mian'; "
                "did you mean 'main'? there are: main"
            ),
        ),
        (
            "[merges.harbour]\ntitle = 'x'\nbulletins = ['harbour']\n",
            "5: merges.harbour: 'harbour' is a bulletin's name; choose another one",
        ),
        (
            "[merges.port]\ntitle = 'x'\n",
            '5: merges.port: needs bulletins, such as bulletins = ["harbour", "airport"]',
        ),
        (
            "[merges.port]\ntitle = 'x'\nbulletins = ['haven']\n",
            "7: merges.port.bulletins: there is no bulletin 'haven'; there are: harbour",
        ),
        (
            "[merges.mails]\ntitle = 'x'\nbulletins = ['harbour']\n",
            "5: merges.mails: 'mails' is an address of the site itself; choose another name",
        ),
        (
            "[merges.port]\ntitle = 'x'\nbulletins = ['harbour']\nsources = ['other']\n",
            "8: merges.port.sources: there is no source 'other'; there are: main",
        ),
    ],
)
def test_a_mistake_is_said_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    """And with what there is instead."""
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, HARBOUR + text)

    assert str(caught.value).removeprefix(f"{tmp_path / 'tidings.toml'}:") == complaint


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ('formerly = ["harbour"]', "formerly: 'harbour' is the name of a bulletin now; give names"),
        ('formerly = ["old", "Old!"]', "formerly: a bulletin's name has small letters"),
        ('moved_to = "https://x.test/"\nended = true', "ended: has moved_to and ended; give one"),
    ],
)
def test_a_bulletin_leaves_in_one_way(tmp_path: Path, key: str, complaint: str) -> None:
    """Former names are free ones, and it moves or ends."""
    text = HARBOUR.replace('title = "Harbour news"', f'title = "Harbour news"\n{key}')

    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)

    assert f"bulletins.harbour.{complaint}" in str(caught.value)


def test_a_former_name_leads_to_one_place(tmp_path: Path) -> None:
    """Not to two bulletins."""
    text = (HARBOUR + AIRPORT).replace('news"\n[', 'news"\nformerly = ["old"]\n[')

    with pytest.raises(ConfigError, match="'old' is given twice"):
        loaded(tmp_path, text)
