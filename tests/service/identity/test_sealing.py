"""Personal data are sealed at rest, with keys that can be exchanged and must not be lost."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, select

from muniment.config import Settings
from muniment.db.engine import migrate, open_engine, reading, writing
from muniment.db.schema import party_records, residency_cases, residency_checks
from muniment.errors import Refused
from muniment.identity.sealing import Sealer, is_sealed, open_sealer, read_sealer, reseal

FIRST, SECOND = Fernet.generate_key(), Fernet.generate_key()
SALT, RECORD = "0x" + "5a" * 32, '{"name":"Ada März"}'


def _party(connection: Connection, party: str, **values: Any) -> None:
    row = {"party": party, "agency": "0xa", "commitment": "0xc", "created_at": 1, **values}
    connection.execute(party_records.insert().values(row))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An agency with a database of its own."""
    made = Settings(database_url=f"sqlite:///{tmp_path}/agency.db")
    migrate(open_engine(made.database_url))
    return made


def test_what_is_sealed_cannot_be_read_and_opens_again() -> None:
    """A seal must hide the text, differ each time, and open to the same text with any of the keys."""
    sealer = Sealer([FIRST])
    sealed = sealer.seal(RECORD)
    assert "Ada" not in sealed
    assert sealer.seal(RECORD) != sealed
    assert is_sealed(sealed)
    assert Sealer([SECOND, FIRST]).unseal(sealed) == RECORD
    assert sealer.unseal(RECORD) == RECORD  # of before there were seals
    assert sealer.seal_or_none(None) is sealer.unseal_or_none(None) is None


def test_another_key_opens_nothing() -> None:
    """Without the right key, or with one letter changed, nothing must come out but a refusal."""
    sealed = Sealer([FIRST]).seal(RECORD)
    turned = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]
    for sealer, text in ((Sealer([SECOND]), sealed), (Sealer([FIRST]), turned), (Sealer([FIRST]), "gAAAAA")):
        with pytest.raises(Refused, match="SealBroken"):
            sealer.unseal(text)


def test_the_key_is_made_once_for_its_owner(settings: Settings) -> None:
    """The key file must come to be beside the database, unreadable by others, and stay."""
    sealed = open_sealer(settings).seal("x")
    path = settings.identity_key_path
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_sealer(settings).unseal(sealed) == "x"
    assert [found.name for found in path.parent.glob("*key*")] == [path.name]


def test_a_lost_key_is_told_and_not_replaced(settings: Settings) -> None:
    """Where sealed data wait for a key that is gone, no new one may be made."""
    sealer = open_sealer(settings)
    path = settings.identity_key_path
    assert path is not None
    path.unlink()
    engine = open_engine(settings.database_url)
    with writing(engine) as connection:
        _party(connection, "0x1", salt=SALT)
    open_sealer(settings)
    path.unlink()
    with writing(engine) as connection:
        _party(connection, "0x2", record=sealer.seal(RECORD))
    with pytest.raises(Refused, match="IdentityKeyLost"):
        open_sealer(settings)
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe"])
def test_a_file_that_holds_no_keys(tmp_path: Path, content: bytes) -> None:
    """A damaged key file must be refused, not be taken for no key."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(Refused, match=r"IdentityKeyRefused|FileUnreadable"):
        read_sealer(tmp_path / "key")


def test_postgresql_needs_the_setting() -> None:
    """Several services of one database must not each make a key."""
    with pytest.raises(Refused, match="IdentityKeyUnset"):
        open_sealer(Settings(database_url="postgresql://nobody@localhost/none"))


def test_resealing(any_database: Engine) -> None:
    """All that is open or sealed with an older key must be sealed with the first, what is erased stay so."""
    old, new = Sealer([FIRST]), Sealer([SECOND, FIRST])
    with writing(any_database) as connection:
        _party(connection, "0x1", salt=SALT, record=RECORD)
        _party(connection, "0x2", salt=old.seal(SALT), record=new.seal(RECORD))
        _party(connection, "0x3")
        case = {"case": "C1", "token_hash": "0x", "agency": "0xa", "created_at": 1, "email": old.seal("a@example.org")}
        connection.execute(residency_cases.insert().values(case))
        check = {"case": "C1", "check": "likeness", "officer": "o", "passed": 1, "checked_at": 1}
        connection.execute(residency_checks.insert().values(**check, note=old.seal("seen")))
    with writing(any_database) as connection:
        assert reseal(connection, new) == 5
        assert reseal(connection, new) == 0
    only = Sealer([SECOND])
    with reading(any_database) as connection:
        kept = connection.execute(select(party_records).order_by(party_records.c.party)).all()
        assert [(only.unseal_or_none(row.salt), only.unseal_or_none(row.record)) for row in kept] == [
            (SALT, RECORD), (SALT, RECORD), (None, None)
        ]  # fmt: skip
        assert all(is_sealed(row.salt) for row in kept[:2])
        assert only.unseal(connection.execute(select(residency_checks.c.note)).scalar_one()) == "seen"


def test_resealing_without_the_old_key_changes_nothing(database: Engine) -> None:
    """Where one text cannot be opened, none may be sealed anew."""
    with writing(database) as connection:
        _party(connection, "0x1", salt=SALT)
        _party(connection, "0x2", salt=Sealer([FIRST]).seal(SALT))
    with pytest.raises(Refused, match="SealBroken"), writing(database) as connection:
        reseal(connection, Sealer([SECOND]))
    with reading(database) as connection:
        assert connection.execute(select(party_records.c.salt).where(party_records.c.party == "0x1")).scalar() == SALT
