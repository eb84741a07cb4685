"""Insert and remove many rows by one prepared statement.

Compiling a statement and binding by name costs SQLAlchemy several times what the database needs for a row. Here both
are done once per table: the text is SQLAlchemy's own, with positional parameters, which every driver takes as tuples.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, Delete, Dialect, Insert, Table, and_, bindparam

from muniment.db.schema import Uint

Key: TypeAlias = tuple[Any, ...]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name every column but a serial `id`."""
    statement, values, bound = _insertion(connection.dialect, table)
    if bound:
        rows = [{**row, **{name: process(row[name]) for name, process in bound}} for row in rows]
    _execute(connection, statement, [values(row) for row in rows])


def delete_keys(connection: Connection, table: Table, keys: Sequence[Key]) -> None:
    """Remove the rows with these primary keys."""
    _execute(connection, _removal(connection.dialect, table), keys)


def _execute(connection: Connection, statement: str, values: Sequence[Key]) -> None:
    if values:
        connection.exec_driver_sql(statement, list(values))


@cache
def _insertion(
    dialect: Dialect, table: Table
) -> tuple[str, Callable[[Mapping[str, Any]], Key], list[tuple[str, Callable[[Any], Any]]]]:
    columns = [column for column in table.columns if not (column.name == "id" and column.autoincrement)]
    names = [column.name for column in columns]
    processors = [(column.name, _processor(dialect, column)) for column in columns]
    bound: list[tuple[str, Callable[[Any], Any]]] = [
        (name, process) for name, process in processors if process is not None
    ]
    values: Callable[[Mapping[str, Any]], Key] = itemgetter(*names)
    return _positional(table.insert().inline(), dialect, names), values, bound


def _processor(dialect: Dialect, column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, Uint) and not column.nullable:
        return str  # what the type does, without its detours: titles alone have two per row
    return column.type.dialect_impl(dialect).bind_processor(dialect)


@cache
def _removal(dialect: Dialect, table: Table) -> str:
    matching = and_(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
    return _positional(table.delete().where(matching), dialect)


def _positional(statement: Insert | Delete, dialect: Dialect, names: list[str] | None = None) -> str:
    kind: Any = type(dialect)
    marked = kind(paramstyle="qmark" if dialect.name == "sqlite" else "format")
    return str(statement.compile(dialect=marked, column_keys=names))
