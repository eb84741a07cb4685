"""Migrations keep what the agency wrote before them."""

import json

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, insert, select, table, text
from sqlalchemy.sql import column

from muniment.db.engine import MIGRATIONS, migrate, open_engine, reading, writing
from muniment.db.rows import undo
from muniment.db.schema import events, invitations, journal, officers, party_records, titles


def _upgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _officer(connection: Connection) -> None:
    """An officer as revision 0005 had one: row, event, image in the journal."""
    row = {"key": "0xe", "agency": "0xa", "scopes": "1", "not_before": 1, "not_after": 2, "accredited_at": 1}
    block = {"block_number": 1, "block_hash": "0xb"}
    connection.execute(insert(table("officers", *map(column, (*row, *block)))).values({**row, **block}))
    arguments = json.dumps({"agency": "0xa", "key": "0xe", "id": 7})
    told = {"contract": "AgencyRegistry", "name": "OfficerAccredited", "subject": "0xa", "arguments": arguments}
    connection.execute(insert(events).values(**told, log_index=0, time=1, tx_hash="0xt", **block))
    connection.execute(insert(journal).values(block_number=2, table_name="officers", row=json.dumps({**row, **block})))


def test_party_records_and_their_invitations_survive(empty_database_url: str) -> None:
    """Revision 0006 must keep salts and the invitations that point to them, and number the officers it knows."""
    engine = open_engine(empty_database_url)
    _upgrade(engine, "0005")
    salt = "0x" + "5a" * 32
    names = ("party", "agency", "commitment", "salt", "record", "created_at")
    old = table("party_records", *map(column, names))
    with writing(engine) as connection:
        row = {"party": "0x1", "agency": "0xa", "commitment": "0xc", "salt": salt, "record": "{}", "created_at": 1}
        connection.execute(insert(old).values(row))
        connection.execute(
            text(
                "INSERT INTO invitations (code_hash, party, nonce, expires_at, created_at) "
                "VALUES ('0x2', '0x1', '1', 2, 1)"
            )
        )
        _officer(connection)
    migrate(engine)
    with reading(engine) as connection:
        assert connection.execute(select(officers.c.officer_id)).scalar_one() == 7
        assert json.loads(connection.execute(select(journal.c.row)).scalar_one())["officer_id"] == 7
        kept = connection.execute(select(party_records)).one()
        assert (kept.salt, kept.record, kept.erased_at) == (salt, "{}", None)
        assert connection.execute(select(invitations.c.party)).scalar_one() == "0x1"
    engine.dispose()


def test_titles_survive(empty_database_url: str) -> None:
    """Revision 0008 must keep titles, as standing ones, and let an image in the journal be brought back."""
    engine = open_engine(empty_database_url)
    _upgrade(engine, "0007")
    row = {
        "title": "0x1", "jurisdiction": "GB", "ref": "a", "agency": "0xa", "geometry_hash": "0x9", "area_dm2": "1",
        "grade": 1, "denominator": "1", "version": 1, "source_hash": "0x0", "legal_date": 0, "officer": "0xf",
        "registered_at": 5, "tx_hash": "0xt", "block_number": 2, "block_hash": "0xb",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(table("titles", *map(column, row))).values(row))
        image = {**row, "area_dm2": 1, "denominator": 1, "version": 0, "block_number": 1}
        connection.execute(insert(journal).values(block_number=2, table_name="titles", row=json.dumps(image)))
    migrate(engine)
    with writing(engine) as connection:
        kept = connection.execute(select(titles)).one()
        assert (kept.ref, kept.officer, kept.retired_at, kept.area_dm2) == ("a", "0xf", None, 1)
        undo(connection, 1)
        assert connection.execute(select(titles.c.version)).scalar_one() == 0
        unnamed = {**row, "ref": None, "officer": None, "area_dm2": 1, "denominator": 1}
        for name in ("0x2", "0x3"):
            connection.execute(insert(titles).values({**unnamed, "title": name}))
    engine.dispose()
