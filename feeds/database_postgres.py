"""PostgreSQL behind the interface of ``feeds.database``: for several machines on one store."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from feeds.database import Database, Row, StoreError, TooSlowError, Transaction
from feeds.many_rows import spread

try:
    import psycopg
    from psycopg.rows import dict_row
    from psycopg.types.numeric import Int8
except ImportError as error:  # pragma: no cover - the extra is there in every test environment
    raise StoreError(
        "[store] database names PostgreSQL, but its driver is not installed; "
        "install it with: pip install 'tidings[postgres]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
# Any number, the same in every release: it keeps two processes from migrating at once.
_SCHEMA_LOCK = 0x54696469

Connection = psycopg.Connection[dict[str, Any]]


@lru_cache(maxsize=512)
def _for_postgres(sql: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))


def _of_one_kind(value: object) -> object:
    """Return a value whose type does not follow its size: each mix of types is planned anew."""
    return Int8(value) if type(value) is int else value


class _PostgresTransaction:
    """Statements on one PostgreSQL connection; between the first two words no answer is waited for.

    Each trip to the server waits for a process there to be woken, on a busy machine longer than
    for the work itself.
    """

    dialect = "postgresql"

    def __init__(self, connection: Connection, *, begins: bool = False) -> None:
        self._connection = connection
        self._begins = begins

    def end(self, word: bytes) -> None:
        """End the transaction, where one has begun."""
        if not self._begins:
            self._connection.execute(word)

    @contextmanager
    def _one_trip(self) -> Iterator[Connection]:
        """Send all that is executed at once; where a transaction begins, with its beginning."""
        with self._connection.pipeline():
            if self._begins:
                self._begins = False
                self._connection.execute(b"BEGIN")
            yield self._connection

    def _execute(self, sql: str, values: Mapping[str, object]) -> psycopg.Cursor[dict[str, Any]]:
        query = _for_postgres(sql).encode()
        if not self._begins:
            return self._connection.execute(query, values)
        with self._one_trip() as connection:
            return connection.execute(query, values)

    def all(self, sql: str, /, **values: object) -> Sequence[Row]:
        return self._execute(sql, values).fetchall()

    def one(self, sql: str, /, **values: object) -> Row | None:
        return self._execute(sql, values).fetchone()

    def run(self, sql: str, /, **values: object) -> int:
        return self._execute(sql, values).rowcount

    def run_each(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> int:
        with self._one_trip() as connection:
            cursor = connection.cursor()
            cursor.executemany(_for_postgres(sql).encode(), list(rows))
        return max(cursor.rowcount, 0)

    def run_rows(self, *writes: tuple[str, Sequence[Sequence[object]]]) -> list[int]:
        with self._one_trip() as connection:
            cursors = [
                [
                    connection.execute(whole.encode(), list(map(_of_one_kind, values)))
                    for whole, values in spread(
                        _for_postgres(sql), rows, place="%(rows)s", mark="%s"
                    )
                ]
                for sql, rows in writes
            ]
        return [sum(cursor.rowcount for cursor in some) for some in cursors]


class PostgresDatabase(Database):
    """One PostgreSQL database, a connection for each thread, opened again when it is lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._guard = threading.Lock()
        self._connection()

    def _place(self) -> str:
        """Name the database without its password."""
        parts = psycopg.conninfo.conninfo_to_dict(self._url)
        return f"postgresql://{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None and not connection.closed:
            return connection
        try:
            connection = psycopg.connect(self._url, row_factory=dict_row, autocommit=True)
        except psycopg.ProgrammingError as error:
            raise StoreError(
                "[store] database is not a PostgreSQL address; "
                "write it as postgresql://name:password@host/database"
            ) from error
        except psycopg.OperationalError as error:
            raise StoreError(
                f"{self._place()}: cannot connect ({_first_line(error)}); "
                "is the server running and [store] database right?"
            ) from error
        self._local.connection = connection
        with self._guard:
            self._connections = [known for known in self._connections if not known.closed]
            self._connections.append(connection)
        return connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Give this thread's connection; an error of the server becomes one that says so."""
        connection = self._connection()
        try:
            yield connection
        except psycopg.OperationalError as error:
            connection.close()
            raise StoreError(
                f"{self._place()}: {_first_line(error)}; the work will be done again"
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._connected() as connection:
            transaction = _PostgresTransaction(connection, begins=True)
            try:
                yield transaction
                transaction.end(b"COMMIT")
            except BaseException:
                if not connection.closed:
                    transaction.end(b"ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self._connected() as connection:
            yield _PostgresTransaction(connection)

    @contextmanager
    def reading_within(self, seconds: float) -> Iterator[Transaction]:
        limit = f"SET LOCAL statement_timeout = {int(seconds * 1000)}"
        try:
            with self.transaction() as transaction:
                transaction.run(limit)
                yield transaction
        except StoreError as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise TooSlowError from error
            raise

    def close(self) -> None:
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def schema(self, statement: str) -> str:
        for ours, theirs in (
            ("SERIAL_KEY", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("NUMBER_KEY", "BIGINT PRIMARY KEY"),
            ("SEARCH_WORDS", "TSVECTOR"),
            ("BYTES", "BYTEA"),
        ):
            statement = statement.replace(ours, theirs)
        return statement

    def lock_schema(self, transaction: Transaction) -> None:
        transaction.one("SELECT pg_advisory_xact_lock(:lock)", lock=_SCHEMA_LOCK)

    def tables_with(self, transaction: Transaction, column: str) -> tuple[str, ...]:
        rows = transaction.all(
            "SELECT table_name AS name FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND column_name = :column ORDER BY table_name",
            column=column,
        )
        return tuple(row["name"] for row in rows)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
