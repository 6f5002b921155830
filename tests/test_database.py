"""The same statements on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from feeds.database import Database, StoreError, open_database
from feeds.migrations import Migrations, migrate

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

NOTES = Migrations(
    "notes", (("CREATE TABLE notes (id SERIAL_KEY, text TEXT NOT NULL, parent BIGINT)",),)
)


@pytest.fixture
def notes(database: Database, noon: datetime) -> Database:
    """A database with a table to write to."""
    migrate(database, (NOTES,), now=noon)
    return database


def _texts(database: Database) -> list[str]:
    with database.reading() as transaction:
        return [row["text"] for row in transaction.all("SELECT text FROM notes ORDER BY id")]


def test_a_transaction_writes_all(notes: Database) -> None:
    """What was written inside is there afterwards."""
    with notes.transaction() as transaction:
        transaction.run("INSERT INTO notes (text) VALUES (:text)", text="50 % off: 'now'")
        transaction.run_each(
            "INSERT INTO notes (text) VALUES (:text)", [{"text": "b"}, {"text": "c"}]
        )

    assert _texts(notes) == ["50 % off: 'now'", "b", "c"]


def test_a_transaction_that_fails_writes_nothing(notes: Database) -> None:
    """An error inside undoes everything and comes out as it was."""

    def write_half() -> None:
        with notes.transaction() as transaction:
            transaction.run("INSERT INTO notes (text) VALUES (:text)", text="a")
            raise LookupError("in the middle")

    with pytest.raises(LookupError, match="in the middle"):
        write_half()

    assert _texts(notes) == []


def test_rows_touched_are_counted(notes: Database) -> None:
    """A write says how many rows it changed."""
    with notes.transaction() as transaction:
        transaction.run_each("INSERT INTO notes (text) VALUES (:text)", [{"text": "a"}] * 3)
        touched = transaction.run("UPDATE notes SET text = :text WHERE text = 'a'", text="b")

    assert touched == 3


@pytest.mark.parametrize("number", [0, 1, 3, 300])
def test_many_rows_are_one_statement(notes: Database, number: int) -> None:
    """However many they are; several statements go together, and each sees what the last did."""
    insert = """
        INSERT INTO notes (parent, text)
        SELECT * FROM (VALUES :rows) AS v WHERE column1 >= 0 AND column2 LIKE 'a %'
    """
    update = """
        WITH new (parent, text) AS (VALUES :rows)
        UPDATE notes SET text = new.text FROM new WHERE notes.parent = new.parent
    """
    rows = [(parent, f"a % {parent}") for parent in range(number)]
    with notes.transaction() as transaction:
        counts = transaction.run_rows(
            (insert, rows),
            (update, [(parent, "b") for parent in range(0, number, 2)]),
        )

    assert counts == [number, (number + 1) // 2]
    assert _texts(notes) == [f"a % {n}" if n % 2 else "b" for n in range(number)]


def test_one_of_many_rows_that_fails_undoes_all(notes: Database) -> None:
    """Also what went to the server with it, and the store can be written again."""
    insert = "INSERT INTO notes (parent, text) SELECT * FROM (VALUES :rows) AS v"
    wrong = "INSERT INTO notes (text, parent) SELECT NULL, column1 FROM (VALUES :rows) AS v"

    def write() -> None:
        with notes.transaction() as transaction:
            transaction.run_rows((insert, [(1, "a")]), (wrong, [(1,)]))

    with pytest.raises(Exception, match=r"(?i)null"):
        write()
    with notes.transaction() as transaction:
        transaction.run("INSERT INTO notes (text) VALUES (:text)", text="after")

    assert _texts(notes) == ["after"]


def test_a_row_lock_reads_on_both(notes: Database) -> None:
    """The clause that locks rows is understood or left out."""
    with notes.transaction() as transaction:
        transaction.run("INSERT INTO notes (text) VALUES (:text)", text="a")
        row = transaction.one(
            "SELECT notes.text AS text FROM notes ORDER BY id FOR UPDATE OF notes SKIP LOCKED"
        )

    assert row is not None
    assert row["text"] == "a"


def test_each_thread_has_its_connection(notes: Database) -> None:
    """Writers in several threads all get through."""

    def write() -> None:
        for _ in range(20):
            with notes.transaction() as transaction:
                transaction.run("INSERT INTO notes (text) VALUES (:text)", text="x")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(_texts(notes)) == 80


def test_migrations_are_applied_once(notes: Database, noon: datetime) -> None:
    """A second start changes nothing; a further step is applied alone."""
    longer = Migrations("notes", (*NOTES.steps, ("ALTER TABLE notes ADD COLUMN colour TEXT",)))

    migrate(notes, (NOTES,), now=noon)
    migrate(notes, (longer,), now=noon)
    migrate(notes, (longer,), now=noon)

    with notes.reading() as transaction:
        rows = transaction.all(
            "SELECT version FROM migrations WHERE name = 'notes' ORDER BY version"
        )
    assert [row["version"] for row in rows] == [1, 2]


def test_a_store_of_a_newer_release_is_refused(notes: Database, noon: datetime) -> None:
    """An old program does not touch what it does not know."""
    older = Migrations("notes", ())

    with pytest.raises(StoreError, match="a newer Tidings wrote it"):
        migrate(notes, (older,), now=noon)


def test_a_step_that_fails_leaves_the_old_version(notes: Database, noon: datetime) -> None:
    """A migration is all or nothing."""
    broken = Migrations(
        "notes", (*NOTES.steps, ("CREATE TABLE half (id INTEGER)", "CREATE TABEL broken"))
    )

    with pytest.raises(Exception, match="TABEL"):
        migrate(notes, (broken,), now=noon)

    with notes.transaction() as transaction:
        transaction.run("CREATE TABLE half (id INTEGER)")
        row = transaction.one("SELECT max(version) AS version FROM migrations WHERE name = 'notes'")
    assert row is not None
    assert row["version"] == 1


def test_a_foreign_sqlite_file_is_refused(tmp_path: Path) -> None:
    """A database of another program is not written into."""
    other = sqlite3.connect(tmp_path / "tidings.db")
    other.execute("CREATE TABLE theirs (id INTEGER)")
    other.commit()
    other.close()

    with pytest.raises(StoreError, match="belongs to another program"):
        open_database("", tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged file is named, with the remedy."""
    (tmp_path / "tidings.db").write_bytes(b"something else entirely" * 100)

    with pytest.raises(StoreError, match=r"tidings\.db: .*put back a copy"):
        open_database("", tmp_path)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is an error with the place in it."""
    (tmp_path / "data").write_text("not a folder", encoding="utf-8")

    with pytest.raises(StoreError, match="cannot make the data folder"):
        open_database("", tmp_path / "data")


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    """Nothing secret stands in the message."""
    with pytest.raises(StoreError, match="cannot connect") as caught:
        open_database("postgresql://me:hush@127.0.0.1:1/tidings", tmp_path)

    assert "hush" not in str(caught.value)


def test_a_postgres_address_that_is_none_is_named(tmp_path: Path) -> None:
    """A malformed address is explained."""
    with pytest.raises(StoreError, match="not a PostgreSQL address"):
        open_database("postgresql://host/x?speed=fast", tmp_path)
