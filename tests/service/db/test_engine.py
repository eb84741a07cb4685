"""The database: opened safely, made by migrations, the same on both engines."""

import contextlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from muniment.db.engine import DatabaseUrlRefused, migrate, open_engine, reading, writing
from muniment.db.schema import metadata, registers

REGISTER = {"agency": "0x", "status": 1, "block_number": 1, "block_hash": "0x"}


def test_migrations_make_the_schema(any_database: Engine) -> None:
    """Must end, after all migrations, with exactly the tables, columns, keys and indexes that the schema declares."""
    with reading(any_database) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        declared = {table.name: sorted(column.name for column in table.primary_key) for table in metadata.sorted_tables}
        found = inspect(connection)
        made = {name: sorted(found.get_pk_constraint(name)["constrained_columns"]) for name in declared}
    assert made == declared


def test_migrating_again_changes_nothing(any_database: Engine) -> None:
    """Must leave a database alone that is up to date."""
    with writing(any_database) as connection:
        connection.execute(insert(registers).values(jurisdiction="GB", **REGISTER))
    migrate(any_database)
    with reading(any_database) as connection:
        assert connection.execute(select(registers.c.jurisdiction)).scalar_one() == "GB"


def test_migrating_at_once(empty_database_url: str) -> None:
    """Must come through when several processes find an empty database at the same time."""

    def start(_: int) -> None:
        engine = open_engine(empty_database_url)
        migrate(engine)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == [None] * 4


def test_opening_while_another_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must wait for who writes to a file that has no write-ahead log yet, rather than fail; but not for ever."""
    path = tmp_path / "muniment.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: waited.append(seconds) or other.execute("COMMIT"))
    engine = open_engine(f"sqlite:///{path}")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert len(waited) == 1
    engine.dispose()

    second = tmp_path / "second.db"
    holder = sqlite3.connect(second, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("muniment.db.engine.SQLITE_PATIENCE", 0)
    with pytest.raises(DBAPIError, match="locked"), reading(open_engine(f"sqlite:///{second}")):
        pass
    holder.close()
    other.close()


def test_durable_sqlite(tmp_path: Path) -> None:
    """Must not lose a committed row to a power cut: a write-ahead log that is synced at every commit."""
    engine = open_engine(f"sqlite:///{tmp_path}/deep/er/muniment.db")
    with reading(engine) as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_writers_take_turns(any_database: Engine) -> None:
    """Must let a reader see one moment while another writes, and undo all of a block that raises."""
    with reading(any_database) as reader:
        assert reader.execute(select(registers)).all() == []
        with writing(any_database) as connection:
            connection.execute(insert(registers).values(jurisdiction="GB", **REGISTER))
        assert reader.execute(select(registers)).all() == []
    with contextlib.suppress(DBAPIError), writing(any_database) as connection:
        connection.execute(insert(registers).values(jurisdiction="SE", **REGISTER))
        connection.execute(text("SELECT nonsense FROM nowhere"))
    with reading(any_database) as connection:
        assert connection.execute(select(registers.c.jurisdiction)).scalars().all() == ["GB"]


def test_writers_at_once(any_database: Engine) -> None:
    """Must make writers wait for each other rather than fail."""

    def add(number: int) -> None:
        with writing(any_database) as connection:
            seen = len(connection.execute(select(registers.c.jurisdiction)).all())
            connection.execute(insert(registers).values(jurisdiction=f"X{number}", **REGISTER | {"status": seen}))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(add, range(12)))
    with reading(any_database) as connection:
        assert len(connection.execute(select(registers)).all()) == 12


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "no address at all"])
def test_addresses_refused(url: str) -> None:
    """Must refuse, in a sentence that says what to write, what the service cannot run on."""
    with pytest.raises(DatabaseUrlRefused, match=r"\.$"):
        open_engine(url)
