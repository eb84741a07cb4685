"""Open the database, read from it and write to it: the same way on SQLite and on PostgreSQL."""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from muniment.errors import Refused

MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant serves, as long as every migrating process names the same one.
MIGRATION_LOCK = 0x4D554E49
SQLITE_PATIENCE = 30  # seconds that a connection waits for a lock


class DatabaseUrlRefused(ValueError):
    """The database address names no engine that the service runs on."""


def open_engine(url: str) -> Engine:
    """Open `sqlite:///path` or `postgresql://…`; a missing SQLite file and its folder are made.

    Raises DatabaseUrlRefused where the folder cannot be made, and for anything else, in-memory SQLite included: each
    thread would see another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUrlRefused(
            "The database address cannot be read; write sqlite:///path/to/file.db or postgresql://user@host/name."
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed)
    if backend == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    raise DatabaseUrlRefused(f"The service runs on SQLite and PostgreSQL, not on {backend}.")


def _open_sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise DatabaseUrlRefused("The service needs a database in a file: write sqlite:///path/to/file.db.")
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUrlRefused(f"The database's folder {folder} cannot be made ({error.strerror}).") from None
    # An error's text goes to the log, where nothing of a person may stand.
    engine = create_engine(
        url.set(drivername="sqlite"), connect_args={"timeout": float(SQLITE_PATIENCE)}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and too late; `_begin` does it.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={SQLITE_PATIENCE * 1000}")
        _keep_log(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns to writing fails at once when another wrote meanwhile; one that takes the
        # lock at the start waits for its turn.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _keep_log(connection: sqlite3.Connection) -> None:
    """Let the file have a write-ahead log, also while others open it for the first time.

    The switch reads before it writes, and for a lock met between the two SQLite does not wait: we do.
    """
    until = time.monotonic() + SQLITE_PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed at the end of the block, rolled back when it raises."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads, and sees the database as of one moment."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def forget(engine: Engine, *tables: Table) -> None:
    """After rows were erased: let no page of the database's files keep what they held. Backups are the operator's.

    On PostgreSQL the tables are written anew, since a plain vacuum leaves the bytes where they are; on SQLite the file
    is written anew without the free pages, and the log of changes is emptied. Raises Refused when others read the file
    for so long that the log cannot be emptied: what was erased is erased, but must be forgotten again.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in tables:
                connection.exec_driver_sql(f'VACUUM (FULL) "{table.name}"')
        return
    raw = engine.raw_connection()  # neither works within a transaction, which our connections begin by themselves
    try:
        raw.cursor().execute("VACUUM")
        busy, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise Refused("FilesHeld")
    finally:
        raw.close()


def arrange(engine: Engine, table: Table) -> None:
    """Write a table anew in the order of its key, so that where its rows lie tells nothing of when they came.

    SQLite keeps a table without row numbers in that order by itself; its log of changes is emptied.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f'CLUSTER "{table.name}" USING "{table.primary_key.name}"')
            connection.exec_driver_sql(f'VACUUM (FREEZE) "{table.name}"')
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def insert_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key stands, also while others try the same; tell whether it is new."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # RETURNING, since psycopg tells no row count for ON CONFLICT.
    once = insert(table).values(dict(row)).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(once).first() is not None


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest form, in one transaction; several processes may do so at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
