"""Staff's commands about parties and credentials: one sentence or one line of JSON, and nothing by accident."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from muniment.db import schema
from muniment.db.engine import migrate, open_engine, reading, writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import known_kind
from muniment.identity.sealing import is_sealed
from tests.service.test_cli import Cli

PARTY, KIND, AGENCY = keccak(b"party"), known_kind("E_RESIDENT"), keccak(b"agency")
BLOCK = {"tx_hash": keccak(b"t"), "block_number": 1, "block_hash": keccak(b"1")}
ISSUE = ("--agency", AGENCY, "--until", "2099-01-01", "--source-hash", keccak(b"decision"))


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The program, with tables."""
    made = Cli(tmp_path)
    migrate(_store(made))
    return made


def _store(cli: Cli) -> Engine:
    return open_engine(cli.env["MUNIMENT_DATABASE_URL"])


def _known(cli: Cli) -> None:
    """A party with a record of before there were seals, a wallet and a recovery under way."""
    with writing(_store(cli)) as connection:
        record = {
            "party": PARTY,
            "agency": AGENCY,
            "commitment": keccak(b"c"),
            "salt": "0x5a",
            "record": '{"name":"A"}',
        }
        connection.execute(insert(schema.party_records).values(**record, created_at=1))
        wallet = {"party": PARTY, "wallet": "0x" + "1" * 40, "agency": AGENCY, "bound_at": 1}
        connection.execute(insert(schema.wallets).values(**wallet, **BLOCK))
        recovery = {"party": PARTY, "attempt": 1, "wallet": "0x" + "2" * 40, "ready_at": 2, "evidence": ZERO_HASH,
                    "court_order": ZERO_HASH, "state": "begun", "begun_at": 1}  # fmt: skip
        connection.execute(insert(schema.recoveries).values(**recovery, **BLOCK))


def test_a_party_is_shown_with_its_recovery(cli: Cli) -> None:
    """Wallet and recovery must be shown, on screen and as JSON, in the list of recoveries too."""
    _known(cli)
    assert cli.json("identity", "show", PARTY)["recovery"]["attempt"] == 1
    assert "being recovered to" in cli.run("identity", "show", PARTY).stdout
    assert cli.json("identity", "recoveries", "--state", "begun")["lines"][0]["party"] == PARTY
    assert cli.json("identity", "recoveries", "--state", "vetoed")["lines"] == []
    assert cli.json("identity", "cancel-recovery", PARTY)["new"]


def test_erasing_needs_a_yes(cli: Cli) -> None:
    """Without --yes nothing may change; with it salt and record must go, and a second time nothing be left."""
    _known(cli)
    told = cli.json("identity", "erase", PARTY)
    assert (told["done"], told["salt"], told["record"], told["erased_at"]) == (False, True, True, None)
    assert "Would erase: the salt, the record" in cli.run("identity", "erase", PARTY).stdout
    with reading(_store(cli)) as connection:
        assert connection.execute(select(schema.party_records.c.salt)).scalar_one() == "0x5a"
    assert cli.json("identity", "erase", PARTY, "--yes")["done"]
    with reading(_store(cli)) as connection:
        row = connection.execute(select(schema.party_records)).one()
    assert (row.salt, row.record, row.party) == (None, None, PARTY)
    assert cli.json("identity", "erase", PARTY, "--yes")["salt"] is False


def test_resealing_an_older_database(cli: Cli) -> None:
    """Records of before there were seals must be sealed by one command, once; no file keeps them as they were."""
    _known(cli)
    with reading(_store(cli)) as connection:
        open_salt = connection.execute(select(schema.party_records.c.salt)).scalar_one()
    assert cli.json("identity", "reseal") == {"resealed": 2}
    assert cli.json("identity", "reseal") == {"resealed": 0}
    with reading(_store(cli)) as connection:
        assert is_sealed(connection.execute(select(schema.party_records.c.record)).scalar_one())
        folder = Path(str(_store(cli).url.database)).parent
    assert open_salt.encode() not in b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_credentials_are_queued_listed_and_ended(cli: Cli) -> None:
    """Issue and revocation must be queued once; the list must show how credentials stand."""
    assert cli.json("credentials", "issue", PARTY, "e_resident", *ISSUE)["new"]
    assert not cli.json("credentials", "issue", PARTY, "e_resident", *ISSUE)["new"]
    with writing(_store(cli)) as connection:
        row = {"party": PARTY, "kind": KIND, "agency": AGENCY, "officer_id": 1, "issued_at": 1, "valid_from": 1,
               "valid_until": 2, "source_hash": ZERO_HASH}  # fmt: skip
        connection.execute(insert(schema.credentials).values(**row, **BLOCK))
    assert cli.json("credentials", "list", "--kind", "E_RESIDENT")["lines"][0]["standing"] == "expired"
    assert cli.json("credentials", "list", "--kind", "BANK")["lines"] == []
    assert "E_RESIDENT" in cli.run("credentials", "list").stdout
    assert cli.json("credentials", "revoke", PARTY, "E_RESIDENT", "--reason", "superseded")["new"]
    assert cli.json("credentials", "kinds") == {"kinds": []}


FAILURES = [
    (("identity", "show", PARTY), "PartyUnnamed"),
    (("identity", "erase", PARTY, "--yes"), "RecordUnknown"),
    (("identity", "cancel-recovery", PARTY), "PartyUnknown"),
    (("identity", "recoveries", "--state", "odd"), "RecoveryStateUnknown"),
    (("credentials", "issue", "0x12", "BANK", *ISSUE), "IdRefused"),
    (("credentials", "issue", ZERO_HASH, "BANK", *ISSUE), "PartyMissing"),
    (("credentials", "issue", PARTY, "Barber", *ISSUE), "KindUnknown"),
    (("credentials", "issue", PARTY, "BANK", *ISSUE, "--from", "2099-01-01"), "CredentialPeriodRefused"),
    (("credentials", "issue", PARTY, "BANK", *ISSUE, "--until", "2020-01-01"), "CredentialPeriodRefused"),
    (("credentials", "issue", PARTY, "BANK", *ISSUE, "--until", "soon"), "LegalDateRefused"),
    (("credentials", "revoke", PARTY, "BANK", "--reason", "superseded"), "CredentialMissing"),
    (("credentials", "revoke", PARTY, "BANK", "--reason", "certificate-hold"), "ReasonUnknown"),
]


@pytest.mark.parametrize(("words", "name"), FAILURES, ids=[f"{words[1]} {name}" for words, name in FAILURES])
def test_every_failure_is_one_sentence(cli: Cli, words: tuple[str, ...], name: str) -> None:
    """Nothing that staff can get wrong may end in a traceback, or be half done."""
    told = cli.json(*words, code=1)
    assert told["error"] == name
    assert told["sentence"].endswith(".")
    assert "?" not in told["sentence"]
    with reading(_store(cli)) as connection:
        assert connection.execute(select(schema.intents.c.key)).all() == []
