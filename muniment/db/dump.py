"""The read tables as bytes, the same for the same content: to compare two databases, whatever engine they run on."""

import json

from sqlalchemy import Connection, select

from muniment.db.schema import READ_TABLES


def dump(connection: Connection) -> bytes:
    """Every row of every read table as one line of JSON, tables in their order, rows in that of their primary keys.

    Rows are sorted here, not by the database: engines and locales order text differently.
    """
    lines = []
    for table in READ_TABLES:
        keys = [column.name for column in table.primary_key]
        rows = connection.execute(select(table)).mappings().all()
        for row in sorted(rows, key=lambda row, keys=keys: [row[key] for key in keys]):  # type: ignore[misc]
            lines.append(json.dumps([table.name, *row.values()], ensure_ascii=False, separators=(",", ":")))
    return "".join(f"{line}\n" for line in lines).encode()
