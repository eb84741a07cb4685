"""Write the read tables in bulk, and be able to take back what any block wrote.

`Rows` gathers the changes of a chunk of blocks and writes them with a few statements per table. A row that a block
updates or deletes goes to the journal as it was; an inserted row needs no image, since it names its block. `undo`
brings back the state as of an earlier block from the two.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, Table, and_, delete, select

from muniment.db.bulk import Key, delete_keys, insert_rows
from muniment.db.schema import READ_TABLES, journal

Row: TypeAlias = dict[str, Any]


class RowExists(Exception):
    """A row is inserted under a key that is taken."""


class RowMissing(Exception):
    """A row is updated that does not exist: an event must have been lost, or a handler is wrong."""


class Rows:
    """The changes of one database transaction, seen by its own reads, written by `flush`.

    Rows are dicts from column to Python value without `block_number` and `block_hash`, which come from `at_block`.
    A row that was read belongs to the buffer: change it through `update` only.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables: dict[Table, _Changes] = {}
        self._images: list[Row] = []
        self._number = -1
        self._hash = ""

    def at_block(self, number: int, block_hash: str) -> None:
        """Whatever follows belongs to this block. Blocks come in ascending order."""
        self._number, self._hash = number, block_hash

    def insert(self, table: Table, row: Mapping[str, Any]) -> None:
        """Add a row that does not exist yet. Asks the database nothing.

        Raises RowExists when this transaction knows the row; when only the database does, `flush` fails.
        """
        changes = self._changes(table)
        key = changes.key(row)
        if changes.known(key):
            raise RowExists(f"{table.name} has a row {key} already.")
        changes.now[key] = {**row, "block_number": self._number, "block_hash": self._hash}

    def get(self, table: Table, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The row as it stands, with its block; None when there is none. `key` names every primary key column."""
        changes = self._changes(table)
        wanted = changes.key(key)
        if wanted in changes.now:
            return changes.now[wanted]
        if wanted not in changes.before:
            found = self._connection.execute(_by_key(table, wanted)).mappings().one_or_none()
            changes.before[wanted] = None if found is None else dict(found)
        return changes.before[wanted]

    def find(self, table: Table, **wanted: Any) -> list[Mapping[str, Any]]:
        """All rows with these values, as they stand, in order of their keys. It looks at each: for rare events."""
        changes = self._changes(table)
        matching = and_(*(table.c[column] == value for column, value in wanted.items()))
        found: dict[Key, Row] = {}
        for row in map(dict, self._connection.execute(select(table).where(matching)).mappings()):
            key = changes.key(row)
            if key not in changes.now:
                found[key] = changes.before[key] = row
        for key, now in changes.now.items():
            if now is not None and all(now[column] == value for column, value in wanted.items()):
                found[key] = now
        return [found[key] for key in sorted(found)]

    def update(self, table: Table, key: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Change columns of a row, not its key. Raises RowMissing."""
        row = self.get(table, key)
        if row is None:
            raise RowMissing(f"{table.name} has no row {tuple(key.values())} to change.")
        self._keep(table, row)
        now = {**row, **changed, "block_number": self._number, "block_hash": self._hash}
        changes = self._changes(table)
        changes.now[changes.key(row)] = now

    def put(self, table: Table, row: Mapping[str, Any]) -> None:
        """Make the row so, whether it exists or not."""
        if self.get(table, row) is None:
            self.insert(table, row)
        else:
            self.update(table, row, row)

    def delete(self, table: Table, key: Mapping[str, Any]) -> None:
        """Remove a row; nothing happens when there is none."""
        row = self.get(table, key)
        if row is not None:
            self._keep(table, row)
            changes = self._changes(table)
            changes.now[changes.key(row)] = None

    def flush(self) -> None:
        """Write everything: one statement for removals and one for rows per table, one for the journal."""
        for table, changes in self._tables.items():
            # An update is a removal and an insertion, and all removals come first: no unique index can then see a
            # value twice because of the order in which rows are written.
            gone = [key for key in changes.now if changes.before.get(key) is not None]
            delete_keys(self._connection, table, gone)
            insert_rows(self._connection, table, [row for row in changes.now.values() if row is not None])
        insert_rows(self._connection, journal, self._images)
        self._tables, self._images = {}, []

    def _changes(self, table: Table) -> "_Changes":
        changes = self._tables.get(table)
        if changes is None:
            changes = self._tables[table] = _Changes(table)
        return changes

    def _keep(self, table: Table, row: Mapping[str, Any]) -> None:
        # Nobody rewinds to the middle of a block, so what this very block wrote is never wanted back.
        if row["block_number"] != self._number:
            self._images.append({"block_number": self._number, "table_name": table.name, "row": json.dumps(row)})


class _Changes:
    """One table's rows: as the database had them where that was asked, and as they are now (None: deleted)."""

    def __init__(self, table: Table) -> None:
        self._columns = [column.name for column in table.primary_key]
        self.before: dict[Key, Row | None] = {}
        self.now: dict[Key, Row | None] = {}

    def key(self, row: Mapping[str, Any]) -> Key:
        return tuple([row[column] for column in self._columns])

    def known(self, key: Key) -> bool:
        return (self.now[key] if key in self.now else self.before.get(key)) is not None


def undo(connection: Connection, ancestor: int) -> None:
    """Bring every read table back to its state as of block `ancestor`, and forget the journal after it.

    Whatever later blocks wrote is removed; then each row that they changed or removed returns in its earliest image,
    unless that image itself is of a later block. Removing first keeps unique indexes satisfied throughout.
    """
    tables = {table.name: table for table in READ_TABLES}
    images: dict[Table, dict[Key, Row]] = {table: {} for table in READ_TABLES}
    for name, text in connection.execute(
        select(journal.c.table_name, journal.c.row).where(journal.c.block_number > ancestor).order_by(journal.c.id)
    ):
        table, row = tables[name], json.loads(text)
        images[table].setdefault(tuple(row[column.name] for column in table.primary_key), row)
    for table, earliest in images.items():
        connection.execute(delete(table).where(table.c.block_number > ancestor))
        insert_rows(connection, table, [row for row in earliest.values() if row["block_number"] <= ancestor])
    connection.execute(delete(journal).where(journal.c.block_number > ancestor))


def _by_key(table: Table, key: Key) -> Select[Any]:
    return select(table).where(and_(*(column == value for column, value in zip(table.primary_key, key, strict=True))))
