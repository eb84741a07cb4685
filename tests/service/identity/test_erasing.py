"""Erasing destroys what tells who a party is, and leaves what the chain needs."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, event, insert, select

from muniment.db import schema
from muniment.db.engine import forget, migrate, open_engine, reading, writing
from muniment.errors import Refused
from muniment.identity.erasing import erase, plan
from muniment.identity.inviting import invite
from muniment.identity.model import commitment_of, new_salt, party_id
from muniment.identity.sealing import Sealer
from tests.service.postgres import Cluster

AGENCY = "0x" + "a9" * 32
RECORD = '{"name":"Ada März"}'
SALT = new_salt()
COMMITMENT = commitment_of(SALT, RECORD.encode())
PARTY = party_id(AGENCY, COMMITMENT)


def _fill(store: Engine, sealer: Sealer | None) -> None:
    """A party with a record, a decided application and two codes, one of them used; and a party of the same kind."""
    seal = sealer.seal if sealer else str
    with writing(store) as connection:
        for party in (PARTY, "0x0"):
            row = {"party": party, "agency": AGENCY, "commitment": COMMITMENT, "created_at": 1}
            connection.execute(insert(schema.party_records).values(**row, salt=seal(SALT), record=seal(RECORD)))
            case = {"case": party[:8], "token_hash": party, "agency": AGENCY, "created_at": 1, "email": seal("a@b.ee")}
            connection.execute(insert(schema.residency_cases).values(case))
            decision = {"case": party[:8], "approved": 1, "officer": "o", "party": party, "decided_at": 1}
            connection.execute(insert(schema.residency_decisions).values(**decision, salt=seal(SALT)))
        used = {"code_hash": "0xu", "party": PARTY, "nonce": 1, "expires_at": 9, "intent_key": "k", "created_at": 1}
        connection.execute(insert(schema.invitations).values(used))
        invite(connection, PARTY, 1)


def test_what_goes_and_what_stays(any_database: Engine) -> None:
    """Salt, record, application and unused codes must go; id, commitment and used codes stay; others keep theirs."""
    _fill(any_database, Sealer([Fernet.generate_key()]))
    with writing(any_database) as connection:
        planned = plan(connection, PARTY.upper().replace("0X", "0x"))
        assert (planned.salt, planned.record, planned.cases, planned.invitations) == (True, True, 1, 1)
        assert planned.erased_at is None
    with writing(any_database) as connection:
        done = erase(connection, PARTY, 50)
    forget(any_database, schema.party_records)
    assert (done.salt, done.record, done.cases, done.invitations, done.erased_at) == (True, True, 1, 1, 50)
    with reading(any_database) as connection:
        rows = {row.party: row for row in connection.execute(select(schema.party_records))}
        cases = {row.case: row.email for row in connection.execute(select(schema.residency_cases))}
        codes = connection.execute(select(schema.invitations.c.code_hash)).scalars().all()
    gone, other = rows[PARTY], rows["0x0"]
    assert (gone.salt, gone.record, gone.erased_at) == (None, None, 50)
    assert party_id(gone.agency, gone.commitment) == PARTY
    assert other.salt
    assert other.erased_at is None
    assert (cases[PARTY[:8]], bool(cases["0x0"])) == (None, True)
    assert codes == ["0xu"]


def test_erasing_twice_changes_nothing(database: Engine) -> None:
    """A second erasure must say that nothing is left, and keep the day of the first."""
    _fill(database, None)
    with writing(database) as connection:
        erase(connection, PARTY, 50)
    with writing(database) as connection:
        again = erase(connection, PARTY, 90)
    assert (again.salt, again.record, again.cases, again.invitations, again.erased_at) == (False, False, 0, 0, 50)


def test_an_unknown_party_is_refused(database: Engine) -> None:
    """Nobody may believe that something was erased which the agency never had."""
    with writing(database) as connection, pytest.raises(Refused, match="RecordUnknown"):
        erase(connection, PARTY, 50)


def test_no_page_of_the_files_keeps_it(database: Engine, tmp_path: Path) -> None:
    """Even a record of before there were seals must be in no file of the database afterwards."""
    _fill(database, None)
    with writing(database) as connection:
        erase(connection, PARTY, 50)
        erase(connection, "0x0", 50)
    forget(database, schema.party_records)
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert COMMITMENT.encode() in left
    assert SALT.encode() not in left
    assert b"Ada M" not in left


def test_a_log_that_cannot_be_emptied_is_told(database: Engine) -> None:
    """Where another program holds the log of changes, nobody may believe that the files keep nothing."""
    _fill(database, None)
    hasty = open_engine(str(database.url))
    event.listen(hasty, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    with reading(database) as connection:
        connection.execute(select(schema.party_records)).all()
        with pytest.raises(Refused, match="FilesHeld"):
            forget(hasty, schema.party_records)
    forget(hasty, schema.party_records)


def test_postgresql_keeps_no_page_either(postgresql: Cluster) -> None:
    """The table's own file must not keep what was erased."""
    store = open_engine(postgresql.database())
    migrate(store)
    _fill(store, None)
    with writing(store) as connection:
        erase(connection, PARTY, 50)
        erase(connection, "0x0", 50)
    forget(store, schema.party_records)
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        path = connection.exec_driver_sql("SELECT pg_relation_filepath('party_records')").scalar_one()
    left = postgresql.data.joinpath(path).read_bytes()
    assert COMMITMENT.encode() in left
    assert SALT.encode() not in left
    store.dispose()
