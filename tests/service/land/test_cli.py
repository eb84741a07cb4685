"""Staff's commands about titles: looked at in full, acts opened and let go, and a dry run that keeps nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from muniment.db import schema
from muniment.db.engine import migrate, open_engine, reading, writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.land.model import RestrictionKind, lien_id, restriction_id, title_id
from muniment.land.project import HANDLERS
from tests.service.projecting import event, project
from tests.service.test_cli import Cli

TITLE = title_id("GB", "farm")
ANNA, BANK, DEED, CLAIM = (keccak(name) for name in (b"anna", b"bank", b"deed", b"claim"))
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()
OFFICER = "0x" + "0f" * 20
LIEN = {"kind": 1, "creditor": BANK, "amount": 2**130, "currency": EURO, "deedHash": DEED}
CAVEAT = restriction_id(TITLE, RestrictionKind.CAVEAT, BANK, CLAIM)
NOW = 1_900_000_000
LATER = "2030-06-30"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The program, with a mortgaged title on which a caveat stands."""
    made = Cli(tmp_path)
    store = _store(made)
    migrate(store)
    entered = {name: LIEN[name] for name in ("creditor", "kind", "amount", "currency", "deedHash")}
    project(
        store,
        HANDLERS,
        event("TitleRegistry", "RegisterSet", jurisdiction="0x4742000000000000", agency=keccak(b"a"), status=2),
        event(
            "TitleRegistry", "TitleRegistered", title=TITLE, jurisdiction="0x4742000000000000", agency=keccak(b"a"),
            officer=OFFICER, ref="farm", geometryHash=DEED, area=100, grade=1, denominator=1,
            shares=[{"holder": ANNA, "numerator": 1}], sourceHash=ZERO_HASH, legalDate=0,
        ),
        event(
            "LienRegistry", "LienEntered", title=TITLE, lien=lien_id(LIEN), **entered, rank=1, legalDate=0, by=OFFICER,
            sale=ZERO_HASH,
        ),
        event(
            "TitleRegistry", "CaveatEntered", title=TITLE, caveat=CAVEAT, claimant=BANK, officer=OFFICER,
            until=2**40 - 1, sourceHash=CLAIM,
        ),
    )  # fmt: skip
    with writing(store) as connection:
        row = {"chain_id": 1, "genesis_hash": "0x0", "number": 9, "hash": "0x9", "time": NOW}
        connection.execute(insert(schema.checkpoints).values(**row, safe_number=6, finalized_number=3))
    return made


def _store(cli: Cli) -> Engine:
    return open_engine(cli.env["MUNIMENT_DATABASE_URL"])


def _kept(cli: Cli) -> tuple[int, int]:
    """How many acts and intents there are."""
    with reading(_store(cli)) as connection:
        counts = [select(func.count()).select_from(table) for table in (schema.land_acts, schema.intents)]
        return connection.execute(counts[0]).scalar_one(), connection.execute(counts[1]).scalar_one()


def test_a_title_is_shown_with_all_that_stands_on_it(cli: Cli) -> None:
    """Liens in rank, caveats and why it cannot be sold must be shown, on screen and as JSON."""
    shown = cli.json("land", "show", "farm", "--jurisdiction", "GB")
    assert (shown["title"], shown["liens"], shown["caveats"], shown["conveyable"]) == (TITLE, 1, 1, False)
    assert shown["obstacles"][0]["error"] == "CaveatStands"
    assert "claims a right" in cli.run("land", "show", TITLE).stdout.replace("\n", " ")
    assert [(one["rank"], one["amount"]) for one in cli.json("land", "liens", TITLE)["liens"]] == [(1, 2**130)]
    assert "contractual" in cli.run("land", "liens", TITLE).stdout
    assert cli.json("land", "restrictions", TITLE)["caveats"]["standing"][0]["restriction"] == CAVEAT
    assert cli.json("land", "interests", TITLE)["interests"] == []


def test_a_dry_run_keeps_nothing(cli: Cli) -> None:
    """Every command that writes must only say what would happen when it is asked to."""
    discharge = ("land", "lien", "discharge", lien_id(LIEN), "--title", TITLE)
    caveat = ("land", "caveat", "enter", TITLE, "--claimant", ANNA, "--until", LATER, "--source-hash", DEED)
    grade = ("land", "grade", "propose", TITLE, "absolute", "--source-hash", DEED)
    cancel = ("land", "caveat", "cancel", CAVEAT, "--source-hash", DEED)
    for words in (discharge, caveat, grade, cancel):
        cli.json(*words, "--dry-run")
    assert _kept(cli) == (0, 0)
    assert cli.json(*discharge)["signers"][0]["party"] == BANK
    assert cli.json(*caveat)["new"]
    assert not cli.json(*caveat)["new"]
    assert cli.json(*grade)["state"] == "queued"
    assert cli.json(*cancel)["new"]
    assert _kept(cli) == (1, 3)


def test_acts_are_opened_from_files(cli: Cli, tmp_path: Path) -> None:
    """A file as the API takes it must open an act, and what is amiss in it be told."""
    path = tmp_path / "act.json"
    path.write_text(json.dumps({"kind": "assign_lien", "lien": lien_id(LIEN), "to": ANNA}))
    made = cli.json("land", "act", "open", str(path))
    assert cli.json("land", "act", "show", made["act"])["terms"]["to"] == ANNA
    assert "has not signed" in cli.run("land", "act", "show", made["act"]).stdout.replace("\n", "")
    refused = cli.json("land", "act", "approve", made["act"], "--officer", "7", code=1)
    assert refused["error"] == "SignaturesMissing"
    terms = ("--creditor", BANK, "--amount", "7", "--currency", "SEK", "--deed-hash", DEED)
    charged = cli.json("land", "lien", "enter", "farm", "--jurisdiction", "GB", *terms, "--rank", "2")
    assert [one["party"] for one in charged["signers"]] == [ANNA]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"kind": "assign_lien", "lien": "x", "to": ANNA}, "ActUnreadable"),
        ({"kind": "steal", "title": TITLE}, "ActUnreadable"),
        ({"kind": "assign_lien", "lien": ZERO_HASH, "to": ANNA}, "TermsUnknown"),
        ({"kind": "assign_lien", "lien": lien_id(LIEN), "to": BANK}, "AssigneeRefused"),
        ({"kind": "discharge_lien", "lien": lien_id(LIEN), "titles": [DEED]}, "LienMissing"),
        ({"kind": "postpone_lien", "title": TITLE, "lien": lien_id(LIEN), "behind": DEED, "rank": 2}, "NotPreceding"),
        ({"kind": "withdraw_caveat", "caveat": DEED}, "RestrictionMissing"),
        ({"kind": "enter_lien", "title": DEED, "lien": {}}, "ActUnreadable"),
        ([], "ActUnreadable"),
    ],
)
def test_acts_that_cannot_be(cli: Cli, tmp_path: Path, asked: Any, error: str) -> None:
    """What the chain would refuse, or nobody can read, must be one sentence, and nothing be kept."""
    path = tmp_path / "act.json"
    path.write_text(json.dumps(asked))
    assert cli.json("land", "act", "open", str(path), code=1)["error"] == error
    assert _kept(cli) == (0, 0)
