"""The one way to SQL: a transaction on SQLite or on PostgreSQL, with the same statements.

Statements are written once, with ``:name`` parameters and ``FOR UPDATE SKIP LOCKED``; what a
database says differently is translated here and in ``feeds.database_postgres``. No table is
known here.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, Self

from feeds.many_rows import spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

# "Tidi" in ASCII: tells our file from any other SQLite file (PRAGMA application_id).
APPLICATION_ID = 0x54696469
_BUSY_TIMEOUT_MS = 30_000
# Of SQLite's machine, between two looks at the clock: some tenths of a millisecond.
_STEPS = 10_000
_ROW_LOCK = re.compile(r"\s+FOR UPDATE( OF \w+)?( SKIP LOCKED)?")


class StoreError(Exception):
    """The store cannot be opened, read or written; the message names the place and the remedy."""


class Row(Protocol):
    """One row of a result, read by column name."""

    def __getitem__(self, column: str) -> Any: ...  # noqa: ANN401


class TooSlowError(Exception):
    """A reading that was given a time took longer, and was ended."""


class Transaction(Protocol):
    """All statements between the beginning and the commit.

    ``dialect`` is sqlite or postgresql, for the few questions that each answers in its own way.
    """

    dialect: str

    def all(self, sql: str, /, **values: object) -> Sequence[Row]:
        """Return every row."""

    def one(self, sql: str, /, **values: object) -> Row | None:
        """Return the first row, None where there is none."""

    def run(self, sql: str, /, **values: object) -> int:
        """Write; return how many rows it touched."""

    def run_each(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> int:
        """Write once for each set of values; return how many rows they touched in all."""

    def run_rows(self, *writes: tuple[str, Sequence[Sequence[object]]]) -> list[int]:
        """Write many rows by each statement, all at once; return how many rows each touched.

        The rows stand for ``:rows`` behind VALUES. The first of each is an id, and rows of the
        id -1 may follow them. There are no other parameters.
        """


class Database(ABC):
    """A database; safe to share between threads, each with a connection of its own."""

    @abstractmethod
    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write, all or nothing. Not nestable; never held across the network."""

    @abstractmethod
    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Read; each statement sees a consistent state of its own."""

    @abstractmethod
    @contextmanager
    def reading_within(self, seconds: float) -> Iterator[Transaction]:
        """Read, each statement for so long at most. Raises TooSlowError."""

    @abstractmethod
    def close(self) -> None:
        """Close every connection of every thread."""

    @abstractmethod
    def schema(self, statement: str) -> str:
        """Translate the column types of a schema statement."""

    @abstractmethod
    def lock_schema(self, transaction: Transaction) -> None:
        """Let one process at a time change the schema, until the transaction ends."""

    @abstractmethod
    def tables_with(self, transaction: Transaction, column: str) -> tuple[str, ...]:
        """Return the names of all tables that have a column."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_database(url: str, data: Path) -> Database:
    """Open PostgreSQL where a URL is given, else the SQLite file in the data folder.

    Raises StoreError.
    """
    if url.startswith(("postgresql://", "postgres://")):
        # psycopg costs 20 MiB: only who uses PostgreSQL pays for it.
        from feeds.database_postgres import PostgresDatabase

        return PostgresDatabase(url)
    return SqliteDatabase(data / "tidings.db")


@lru_cache(maxsize=512)
def _for_sqlite(sql: str) -> str:
    # BEGIN IMMEDIATE already holds the only write lock, so row locks have nothing to add.
    return _ROW_LOCK.sub("", sql)


class _SqliteTransaction:
    """Statements on one SQLite connection."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, sql: str, /, **values: object) -> Sequence[Row]:
        return self._connection.execute(_for_sqlite(sql), values).fetchall()

    def one(self, sql: str, /, **values: object) -> Row | None:
        row: Row | None = self._connection.execute(_for_sqlite(sql), values).fetchone()
        return row

    def run(self, sql: str, /, **values: object) -> int:
        return self._connection.execute(_for_sqlite(sql), values).rowcount

    def run_each(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> int:
        return max(self._connection.executemany(_for_sqlite(sql), rows).rowcount, 0)

    def run_rows(self, *writes: tuple[str, Sequence[Sequence[object]]]) -> list[int]:
        return [self._run_rows(_for_sqlite(sql), rows) for sql, rows in writes]

    def _run_rows(self, sql: str, rows: Sequence[Sequence[object]]) -> int:
        # Python counts no rows where a statement begins with WITH.
        before = self._connection.total_changes
        for whole, values in spread(sql, rows, place=":rows", mark="?"):
            self._connection.execute(whole, values)
        return self._connection.total_changes - before


class SqliteDatabase(Database):
    """One SQLite file in WAL mode; the default, good for one machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path.parent}: cannot make the data folder ({error.strerror}); "
                "choose another one with [store] data"
            ) from error
        with self._errors_named():
            self._connection()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.row_factory = sqlite3.Row
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        self._refuse_foreign(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a power cut must not forget a mail that went out or an id that was published.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    def _refuse_foreign(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
            return
        # Of two processes that make the file at once, one would find the other's half of it.
        connection.execute("BEGIN IMMEDIATE")
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if owner != APPLICATION_ID and (owner or tables):
            raise StoreError(
                f"{self._path}: this SQLite file belongs to another program; "
                "choose another folder with [store] data"
            )
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._open()
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn what an operator can mend into a StoreError; let faults of ours through."""
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            remedy = _remedy(str(error))
            if not remedy:
                raise
            raise StoreError(f"{self._path}: {error}; {remedy}") from error

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._errors_named():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _SqliteTransaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self._errors_named():
            yield _SqliteTransaction(self._connection())

    @contextmanager
    def reading_within(self, seconds: float) -> Iterator[Transaction]:
        connection = self._connection()
        end = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            with self.reading() as transaction:
                yield transaction
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TooSlowError from error
            raise
        finally:
            connection.set_progress_handler(None, 0)

    def close(self) -> None:
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def schema(self, statement: str) -> str:
        for ours, theirs in (
            ("SERIAL_KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("NUMBER_KEY", "INTEGER PRIMARY KEY"),
            ("SEARCH_WORDS", "TEXT"),
            ("BYTES", "BLOB"),
        ):
            statement = statement.replace(ours, theirs)
        return statement

    def lock_schema(self, transaction: Transaction) -> None:
        """Nothing to do: BEGIN IMMEDIATE lets one writer in."""

    def tables_with(self, transaction: Transaction, column: str) -> tuple[str, ...]:
        rows = transaction.all(
            "SELECT tables.name AS name FROM sqlite_master AS tables "
            "JOIN pragma_table_info(tables.name) AS columns ON columns.name = :column "
            "WHERE tables.type = 'table' ORDER BY tables.name",
            column=column,
        )
        return tuple(row["name"] for row in rows)


def _remedy(message: str) -> str:
    """Say what an operator can do about an error of SQLite; empty where it is a fault of ours."""
    remedies = {
        "readonly": "give this account the right to write there, or choose another [store] data",
        "unable to open": "the data folder must exist and be writable for this account",
        "full": "free some space; nothing was lost",
        "disk i/o": "the disk refuses to read or write; see the system's log",
        "locked": "another process holds the database; try again",
        "not a database": "the file is damaged or foreign; put back a copy of it",
        "malformed": "the file is damaged; put back a copy of it",
    }
    lowered = message.lower()
    return next((remedy for sign, remedy in remedies.items() if sign in lowered), "")
