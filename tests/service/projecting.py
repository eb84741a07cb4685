"""Hand events to a domain's handlers and look at the rows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, Table, select

from muniment.chain.events import Event, Handler
from muniment.db.engine import reading, writing
from muniment.db.rows import Rows

TIME = 1_700_000_000


def event(contract: str, name: str, /, block: int = 7, **arguments: Any) -> Event:
    """An event of a block, as the decoder gives it; the block's time is 12 seconds after the one before."""
    subject = str(next(iter(arguments.values())))
    return Event(contract, name, arguments, subject, block, hex(block), TIME + 12 * block, f"0xt{block}", 0)


def project(store: Engine, handlers: Mapping[tuple[str, str], Handler], *events: Event) -> None:
    """Project the events in one transaction."""
    with writing(store) as connection:
        rows = Rows(connection)
        for each in events:
            rows.at_block(each.block_number, each.block_hash)
            handlers[each.contract, each.name](each, rows)
        rows.flush()


def rows_of(store: Engine, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, in order of its primary key."""
    with reading(store) as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
