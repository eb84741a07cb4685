"""What the events of the party and credential registries add up to."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import Engine

from muniment.access.project import HANDLERS as ACCESS
from muniment.chain.events import Event
from muniment.db.engine import reading
from muniment.db.schema import (
    attestations,
    credential_kinds,
    credentials,
    organisations,
    powers,
    recoveries,
    representatives,
    wallets,
)
from muniment.hashing import ZERO_HASH
from muniment.identity.model import CredentialStanding
from muniment.identity.project import HANDLERS
from muniment.identity.queries import party
from tests.service.nodes import ROOT
from tests.service.projecting import TIME, event, project, rows_of

BOUND = {"party": "0x1", "wallet": "0x2", "agency": "0xa", "officer": "0x3", "nonce": 2**256 - 1}
BEGUN = {
    "party": "0x1",
    "wallet": "0x9",
    "attempt": 1,
    "readyAt": 2**40 - 1,
    "evidence": "0xe",
    "courtOrder": ZERO_HASH,
}
GRANTED = {
    "principal": "0x1",
    "attorney": "0x4",
    "power": "0xb",
    "act": "land.sell",
    "subject": ZERO_HASH,
    "priceFloor": 2**256 - 1,
    "currency": "0x45",
    "until": TIME + 10_000,
    "nonce": 5,
}
SET = {"party": "0x5", "version": 1, "threshold": 2, "representatives": ["0x6", "0x7"], "by": "0x3", "evidence": "0xe"}
ISSUED = {
    "party": "0x1",
    "kind": "0xc",
    "agency": "0xa",
    "keyId": 7,
    "from": TIME + 100,
    "until": TIME + 2_000,
    "sourceHash": "0xd",
}


def of(name: str, block: int = 7, **arguments: Any) -> Event:
    """An event of the party registry."""
    return event("PartyRegistry", name, block, **arguments)


def test_a_wallet_is_bound_and_rotated(any_database: Engine) -> None:
    """A party must have the wallet that it was bound to, then the one that it moved to, with that transaction."""
    bound = {
        "party": "0x1",
        "wallet": "0x2",
        "agency": "0xa",
        "bound_at": TIME + 84,
        "tx_hash": "0xt7",
        "block_number": 7,
        "block_hash": "0x7",
    }
    project(any_database, HANDLERS, of("PartyBound", **BOUND))
    assert rows_of(any_database, wallets) == [bound]
    project(any_database, HANDLERS, of("WalletRotated", 8, party="0x1", previous="0x2", wallet="0x9", nonce=1))
    moved = {"wallet": "0x9", "bound_at": TIME + 96, "tx_hash": "0xt8", "block_number": 8, "block_hash": "0x8"}
    assert rows_of(any_database, wallets) == [{**bound, **moved}]


def test_the_same_event_twice_changes_nothing(database: Engine) -> None:
    """Each event must be idempotent."""
    told = (
        of("PartyBound", **BOUND), of("RecoveryBegun", **BEGUN), of("PowerGranted", **GRANTED),
        of("RepresentationSet", **SET), event("CredentialRegistry", "CredentialIssued", **ISSUED),
    )  # fmt: skip
    tables = (wallets, recoveries, powers, organisations, representatives, credentials)
    project(database, HANDLERS, *told)
    once = [rows_of(database, table) for table in tables]
    project(database, HANDLERS, *told)
    assert [rows_of(database, table) for table in tables] == once


@pytest.mark.parametrize(("end", "state"), [("RecoveryVetoed", "vetoed"), ("RecoveryCancelled", "cancelled")])
def test_a_recovery_that_is_stopped_leaves_the_wallet(any_database: Engine, end: str, state: str) -> None:
    """A recovery must be pending until it ends, and change nothing when it is stopped; a veto calls for a court."""
    project(any_database, HANDLERS, of("PartyBound", **BOUND), of("RecoveryBegun", 8, **BEGUN))
    with reading(any_database) as connection:
        found = party(connection, "0x1")
    assert found is not None
    assert found.recovery is not None
    assert (found.recovery.wallet, found.recovery.vetoable, found.recovery.court_order) == ("0x9", True, None)
    project(any_database, HANDLERS, of(end, 9, party="0x1", attempt=1))
    with reading(any_database) as connection:
        found = party(connection, "0x1")
    assert found is not None
    assert found.wallet is not None
    assert (found.recovery, found.recoveries[0].state, found.recoveries[0].ended_at) == (None, state, TIME + 108)
    assert (found.wallet.wallet, found.court_order_needed) == ("0x2", state == "vetoed")


def test_a_completed_recovery_moves_the_wallet(any_database: Engine) -> None:
    """After a veto and a court's order the new wallet must sign, and the veto be forgotten."""
    again = {**BEGUN, "attempt": 2, "courtOrder": "0xc0"}
    project(
        any_database,
        HANDLERS,
        of("PartyBound", **BOUND),
        of("RecoveryBegun", 8, **BEGUN),
        of("RecoveryVetoed", 9, party="0x1", attempt=1),
        of("RecoveryBegun", 10, **again),
        of("WalletRecovered", 11, party="0x1", previous="0x2", wallet="0x9", attempt=2),
    )
    with reading(any_database) as connection:
        found = party(connection, "0x1")
    assert found is not None
    assert found.wallet is not None
    assert found.wallet.wallet == "0x9"
    assert [(line.attempt, line.state, line.vetoable) for line in found.recoveries] == [
        (2, "completed", False), (1, "vetoed", True)
    ]  # fmt: skip
    assert not found.court_order_needed


def test_every_event_has_a_handler_or_is_history_alone() -> None:
    """No event that changes a party may be forgotten; a used nonce and a court's order are read in its history."""
    sources = [
        (ROOT / "interfaces" / "identity" / f"{name}.sol").read_text() for name in ("IPartyNonces", "IPartyRegistry")
    ]
    named = {name for source in sources for name in re.findall(r"^ +event (\w+)\(", source, re.MULTILINE)}
    handled = {name for contract, name in HANDLERS if contract == "PartyRegistry"}
    assert named - handled == {"NonceCancelled", "RecoveryOrdered"}
    assert handled <= named


def test_a_recovery_ends_the_powers_given_before_it(database: Engine) -> None:
    """A power of before must rest while a recovery is under way and end with it; one of afterwards must stand."""
    later = {**GRANTED, "power": "0xbb", "nonce": 6}
    project(database, HANDLERS, of("PartyBound", **BOUND), of("PowerGranted", 8, **GRANTED))
    assert _states(database) == ["current"]
    project(database, HANDLERS, of("RecoveryBegun", 8, **BEGUN))
    assert _states(database) == ["suspended"]
    done = of("WalletRecovered", 11, party="0x1", previous="0x2", wallet="0x9", attempt=1)
    project(database, HANDLERS, done, of("PowerGranted", 11, **later))
    assert _states(database) == ["current", "ended"]


def test_a_power_runs_out_and_is_revoked(any_database: Engine) -> None:
    """A power must stand to its last second, and a revocation outlast everything; floors of 256 bits must fit."""
    project(any_database, HANDLERS, of("PowerGranted", **GRANTED))
    assert _states(any_database, TIME + 10_000) == ["current"]
    assert _states(any_database, TIME + 10_001) == ["expired"]
    project(any_database, HANDLERS, of("PowerRevoked", 9, power="0xb", by="0x4"))
    with reading(any_database) as connection:
        held = party(connection, "0x4", now=TIME)
        assert held is not None
    (line,) = held.powers_held
    assert (line.state, line.revoked_by, line.price_floor, line.subject) == ("revoked", "0x4", 2**256 - 1, None)


def _states(store: Engine, now: int = TIME) -> list[str]:
    with reading(store) as connection:
        found = party(connection, "0x1", now=now)
    assert found is not None
    return sorted(line.state for line in found.powers_given)


def test_representatives_follow_their_organisation(any_database: Engine) -> None:
    """A person must represent an organisation as long as its list names it; one that ended has nobody."""
    project(any_database, HANDLERS, of("RepresentationSet", **SET))
    assert _represents(any_database, "0x6", "0x7") == [("0x5",), ("0x5",)]
    changed = {**SET, "version": 2, "threshold": 1, "representatives": ["0x7", "0x8"]}
    project(any_database, HANDLERS, of("RepresentationSet", 8, **changed))
    assert _represents(any_database, "0x6", "0x7", "0x8") == [None, ("0x5",), ("0x5",)]
    project(any_database, HANDLERS, of("PowerGranted", 8, **{**GRANTED, "principal": "0x5"}))
    ended = {"party": "0x5", "version": 3, "by": "0x3", "evidence": "0xe"}
    project(any_database, HANDLERS, of("RepresentationEnded", 9, **ended))
    assert rows_of(any_database, representatives) == []
    with reading(any_database) as connection:
        found = party(connection, "0x5", now=TIME)
    assert found is not None
    assert found.representation is not None
    assert (found.representation.ended, found.representation.version) == (True, 3)
    assert found.powers_given[0].state == "suspended"
    assert json.loads(rows_of(any_database, organisations)[0]["representatives"]) == []


def _represents(store: Engine, *persons: str) -> list[tuple[str, ...] | None]:
    with reading(store) as connection:
        found = [party(connection, person) for person in persons]
    return [None if answer is None else answer.represents for answer in found]


def test_attestations_come_and_go(database: Engine) -> None:
    """An attestation must stand until it is withdrawn, and may be given again."""
    given = {"party": "0x1", "digest": "0xd", "agency": "0xa", "evidence": "0xe"}
    withdrawn = of("AttestationWithdrawn", 8, party="0x1", digest="0xd", officer="0x3")
    project(database, HANDLERS, of("Attested", **given), withdrawn)
    assert [row["withdrawn_at"] for row in rows_of(database, attestations)] == [TIME + 96]
    project(database, HANDLERS, of("Attested", 9, **given))
    assert [row["withdrawn_at"] for row in rows_of(database, attestations)] == [None]


def test_a_credential_stands_as_the_contract_judges(any_database: Engine) -> None:
    """A credential must begin, run out and be revoked in that order of judgement, and fall with its issuer's key."""
    officer = {"agency": "0xa", "key": "0x3", "id": 7, "scopes": 1, "notBefore": 0, "notAfter": 2**40 - 1}
    accredited = event("AgencyRegistry", "OfficerAccredited", 6, **officer)
    handlers = {**HANDLERS, **ACCESS}
    kind = event("CredentialRegistry", "KindDefined", 6, kind="0xc", agency=ZERO_HASH, name="BANK", scope=2**63)
    project(any_database, handlers, accredited, kind, event("CredentialRegistry", "CredentialIssued", **ISSUED))
    moments = {TIME + 99: "NOT_YET", TIME + 100: "CURRENT", TIME + 1_999: "CURRENT", TIME + 2_000: "EXPIRED"}
    assert {moment: _standing(any_database, moment) for moment in moments} == moments
    revoked = {"party": "0x1", "kind": "0xc", "agency": "0xa", "reason": 9, "by": "0x3"}
    project(any_database, handlers, event("CredentialRegistry", "CredentialRevoked", 8, **revoked))
    assert {_standing(any_database, moment) for moment in moments} == {"REVOKED"}
    since = {"agency": "0xa", "key": "0x3", "since": TIME + 85}
    project(any_database, handlers, event("AgencyRegistry", "OfficerCompromised", 9, **since))
    assert _standing(any_database, TIME + 100) == "REVOKED"  # it was issued a second before
    project(any_database, handlers, event("AgencyRegistry", "OfficerCompromised", 9, **{**since, "since": TIME + 84}))
    assert _standing(any_database, TIME + 100) == "SUSPECT"
    assert rows_of(any_database, credential_kinds)[0]["scope"] == 2**63


def _standing(store: Engine, now: int) -> str:
    with reading(store) as connection:
        found = party(connection, "0x1", now=now)
    assert found is not None
    (line,) = found.credentials
    assert line.name == "BANK"
    return CredentialStanding(line.standing).name


def test_a_renewed_credential_stands_again(database: Engine) -> None:
    """A new issue must take the place of a revoked one."""
    revoked = {"party": "0x1", "kind": "0xc", "agency": "0xa", "reason": 9, "by": "0x3"}
    renewed = event("CredentialRegistry", "CredentialIssued", 9, **{**ISSUED, "sourceHash": "0xdd"})
    issued = event("CredentialRegistry", "CredentialIssued", **ISSUED)
    project(database, HANDLERS, issued, event("CredentialRegistry", "CredentialRevoked", 8, **revoked), renewed)
    (row,) = rows_of(database, credentials)
    assert (row["revoked_at"], row["reason"], row["source_hash"]) == (None, None, "0xdd")
