"""The house as the code has it: who imports whom, and through which door."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each imports itself and what stands to its left.
ORDER = ("config", "feeds", "notifier", "tidings")
# Each outside library has one door; a library of two domains has one in each.
DOORS = {
    "anyio": {"tidings/web.py"},
    "apscheduler": {"tidings/ticking.py"},
    "apprise": {"notifier/channels.py"},
    "argparse": {"tidings/cli.py"},
    "backports": {"feeds/twins.py"},
    "brotli": {"feeds/twins.py"},
    "babel": {
        "feeds/render.py",
        "feeds/dates_forms.py",
        "feeds/dates_names.py",
        "feeds/languages.py",
        "feeds/translations.py",
    },
    "cryptography": {"notifier/dkim.py", "tidings/desk/passwords.py"},
    "cronsim": {"config/schedule.py"},
    "css_inline": {"notifier/mail.py"},
    "dns": {"notifier/dns_lookup.py"},
    "email_validator": {"notifier/address.py"},
    "feedgen": {"feeds/rss_atom.py"},
    "imaplib": {"notifier/imap.py"},
    "jinja2": {"feeds/render.py", "feeds/render_bounds.py"},
    "msgspec": {
        "tidings/api/openapi.py",
        "tidings/api/routes.py",
        "tidings/api/shapes.py",
        "tidings/api/telling_shapes.py",
    },
    "nh3": {"feeds/markup.py"},
    "obstore": {"feeds/output_bucket.py"},
    "prometheus_client": {"tidings/api/metrics.py"},
    "psycopg": {"feeds/database_postgres.py"},
    "requests": {"feeds/fetch.py", "feeds/ping.py"},
    "rich": {"tidings/terminal.py"},
    "segno": {"tidings/desk/qr.py"},
    "smtplib": {"notifier/smtp_open.py"},
    "sqlite3": {"feeds/database.py"},
    "tomlkit": {"config/edit.py"},
    "tomllib": {"config/load.py", "config/edit.py"},
    "uvicorn": {"tidings/connections.py", "tidings/peers.py", "tidings/service.py"},
}
# What belongs to a door's own library, and may be imported beside it.
COMPANIONS = {
    "lxml": {"feeds/conformance_xml.py", "feeds/read_feed.py", "feeds/read_xpath.py"},
    "urllib3": {"feeds/fetch.py", "feeds/fetch_connections.py", "feeds/fetch_problems.py"},
    "selectolax": {"feeds/read_page.py"},
    "markupsafe": {"feeds/page_views.py", "feeds/pages.py", "feeds/render.py"},
    "starlette": {
        "tidings/api/metrics.py",
        "tidings/api/pages.py",
        "tidings/api/routes.py",
        "tidings/desk/access.py",
        "tidings/desk/draft_pages.py",
        "tidings/desk/new_pages.py",
        "tidings/desk/bulletin_pages.py",
        "tidings/desk/edition_pages.py",
        "tidings/desk/frames.py",
        "tidings/desk/item_pages.py",
        "tidings/desk/sign_in.py",
        "tidings/desk/source_pages.py",
        "tidings/desk/subscriber_list_pages.py",
        "tidings/desk/subscriber_pages.py",
        "tidings/desk/sureness.py",
        "tidings/desk/template_pages.py",
        "tidings/desk/uploads.py",
        "tidings/desk/visit.py",
        "tidings/web.py",
        "tidings/published.py",
        "tidings/web_answers.py",
        "tidings/web_bounces.py",
        "tidings/web_guard.py",
        "tidings/web_preferences.py",
        "tidings/web_private_feeds.py",
        "tidings/web_search.py",
        "tidings/web_signup.py",
        "tidings/web_unsubscribe.py",
    },
}
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
MODULES = sorted(path for package in ORDER for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """Return a module's path as the tables above have it."""
    return path.relative_to(ROOT).as_posix()


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the top-level packages that a module imports when it runs, wherever it does so."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_package_imports_only_what_stands_to_its_left(path: Path) -> None:
    """Configuration knows nothing of feeds, feeds nothing of mail, and none of the wiring."""
    own = path.relative_to(ROOT).parts[0]

    allowed = set(ORDER[: ORDER.index(own) + 1])

    assert imported(path) & set(ORDER) <= allowed


@pytest.mark.parametrize("library", sorted(DOORS | COMPANIONS))
def test_a_library_is_imported_at_its_door_only(library: str) -> None:
    """Another library, or another release of it, changes one module."""
    doors = (DOORS | COMPANIONS)[library]

    users = {name_of(path) for path in MODULES if library in imported(path)}

    assert users == doors


def test_sql_stands_in_stores_only() -> None:
    """Whoever asks the database a question does it by a method that is named for it."""
    allowed = re.compile(r"(_store|schema|migrations|database|database_postgres)\.py$")

    places = {name_of(path) for path in MODULES if SQL.search(path.read_text())}

    assert {place for place in places if not allowed.search(place)} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    """A docstring, unless the file is empty on purpose; and it is one room, not a house."""
    text = path.read_text()

    assert not text or ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 400


def test_inner_packages_are_imported_by_submodule() -> None:
    """A foreign package called config in the same environment cannot break them."""
    for package in ORDER:
        assert (ROOT / package / "__init__.py").read_text() == ""
