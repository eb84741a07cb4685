"""A citizen's identity on a real node: signed by the citizen, relayed by the service, recovered by officers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import Engine, select

from muniment.access.model import Scope
from muniment.chain.typed_data import signed_by
from muniment.db.engine import reading, writing
from muniment.db.schema import intents, party_records
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity import issuing, standing, submit
from muniment.identity.erasing import erase
from muniment.identity.model import (
    KNOWN_KINDS,
    REASONS,
    credential_id,
    kind_id,
    kind_name,
    kind_named,
    known_kind,
    organisation_id,
    power_id,
)
from muniment.identity.queries import party
from tests.service.companies.stage import Person, Town, build_town, read_all
from tests.service.nodes import Node

DAY = 86_400
EVIDENCE = keccak(b"evidence")


@pytest.fixture
def town(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Town:
    """The agency with its service."""
    return build_town(anvil(), database, tmp_path)


def wallet_of(town: Town, person: Person) -> str:
    """The wallet that the API shows."""
    return str(town.get(f"/api/parties/{person.party}")["wallet"]["wallet"])


def act(town: Town, person: Person, name: str, expected: int = 202, **asked: Any) -> Any:
    """Ask what to sign, sign it with the person's wallet, send it."""
    shown = town.get(f"/api/parties/{person.party}/typed-data/{name}", **asked)
    assert shown["signers"] == [person.account.address.lower()]
    members = ("attorney", "act", "until", "subject", "nonce", "deadline", "power", "attempt")
    body = {member: value for member, value in shown["typed_data"]["message"].items() if member in members}
    signature = person.sign(shown["typed_data"])
    return town.post(f"/api/parties/{person.party}/{name}", expected, **body, signature=signature)


def rotation(town: Town, person: Person, wallet: Any) -> dict[str, Any]:
    """A change of wallet that both have signed."""
    asked = town.get(f"/api/parties/{person.party}/typed-data/rotate", wallet=wallet.address)
    message = asked["typed_data"]["message"]
    signatures = {
        "previous_signature": person.sign(asked["typed_data"]),
        "signature": signed_by(wallet, asked["typed_data"]),
    }
    return {"wallet": wallet.address.lower(), "nonce": message["nonce"], "deadline": message["deadline"], **signatures}


def officers(town: Town) -> tuple[str, str]:
    """Two identity officers of the agency whose keys are two days old."""
    accounts = [account.lower() for account in town.registry.rpc.call("eth_accounts")]
    for key in accounts[6:8]:
        period = (16, 0, 2**40 - 1)
        town.registry.send(accounts[5], "AgencyRegistry", "accredit", town.agency, key, *period)
    town.registry.pass_time(2 * DAY + 1)
    read_all(town.services)
    return accounts[6], accounts[7]


def order(town: Town, person: Person, court_order: str) -> None:
    """An officer of a court enters its order for a party's next recovery."""
    accounts = [account.lower() for account in town.registry.rpc.call("eth_accounts")]
    root, admin, key, domain = accounts[0], accounts[5], accounts[8], keccak(b"court.example.gov")
    town.registry.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, int(Scope.COURT), domain)
    court = town.registry.view("AgencyRegistry", "agencyIdOf", ZERO_HASH, domain)
    town.registry.send(admin, "AgencyRegistry", "accredit", court, key, int(Scope.COURT), 0, 2**40 - 1)
    town.registry.send(key, "PartyRegistry", "orderRecovery", person.party, court_order)


def begin(town: Town, person: Person, wallet: Any, keys: tuple[str, str], court_order: str = ZERO_HASH) -> None:
    """Two officers begin to move a party to a wallet, which has signed."""
    asked = town.get(f"/api/parties/{person.party}/typed-data/recover", wallet=wallet.address)
    message = asked["typed_data"]["message"]
    with reading(town.services.engine) as connection:
        query = select(party_records.c.commitment).where(party_records.c.party == person.party)
        commitment = connection.execute(query).scalar_one()
    signed = (message["deadline"], signed_by(wallet, asked["typed_data"]))
    for key in keys:
        arguments = (town.agency, commitment, wallet.address.lower(), EVIDENCE, court_order, *signed)
        town.registry.send(key, "PartyRegistry", "recover", *arguments)
    read_all(town.services)


def _history(town: Town, person: Person) -> list[dict[str, Any]]:
    with reading(town.services.engine) as connection:
        found = party(connection, person.party)
    assert found is not None
    return [{"name": line.name, "arguments": line.arguments} for line in found.history]


def test_ids_are_those_of_the_contracts(town: Town) -> None:
    """Organisations, kinds and credentials must be known before any transaction, so their ids be as on chain."""
    registry, subject = town.registry, keccak(b"subject")
    address = registry.deployment.contracts["CompanyRegistry"].address
    said = registry.view("PartyRegistry", "organisationIdOf", address, subject)
    assert organisation_id(address, subject) == said
    assert kind_id(town.agency, "Ärztin") == registry.view("CredentialRegistry", "kindIdOf", town.agency, "Ärztin")
    for name in KNOWN_KINDS:
        assert known_kind(name) == kind_named(name.lower()) == registry.view("CredentialRegistry", name)
        assert kind_name(known_kind(name)) == name
    said = registry.view("CredentialRegistry", "credentialIdOf", subject, known_kind("BANK"))
    assert credential_id(subject, known_kind("BANK")) == said


def test_wallets_powers_and_nonces(town: Town) -> None:
    """Rotation, powers of attorney and cancelled nonces must reach the chain by signatures alone."""
    anna, boris = town.resident("Anna"), town.resident("Boris")
    other = Account.create()
    body = rotation(town, anna, other)
    town.post(f"/api/parties/{anna.party}/rotate", 202, **body)
    town.all_done()
    anna = Person(anna.party, other)
    assert wallet_of(town, anna) == other.address.lower()

    # What somebody else sent is done, and counts as such.
    third = Account.create()
    body = rotation(town, anna, third)
    values = [body[name] for name in ("wallet", "nonce", "deadline", "previous_signature", "signature")]
    town.registry.send(town.registry.registrar, "PartyRegistry", "rotate", anna.party, *values)
    read_all(town.services)
    assert town.post(f"/api/parties/{anna.party}/rotate", 200, **body)["tx_hash"]
    anna = Person(anna.party, third)

    until = town.services.clock() + DAY
    act(town, anna, "grant-power", attorney=boris.party, act="land.sell", until=until)
    town.all_done()
    (power,) = town.get(f"/api/parties/{boris.party}")["powers_held"]
    assert (power["state"], power["act"], power["principal"]) == ("current", "land.sell", anna.party)
    nonces = [line["arguments"]["nonce"] for line in _history(town, anna) if line["name"] == "PowerGranted"]
    assert power["power"] == power_id(anna.party, int(nonces[0]))
    act(town, boris, "revoke-power", power=power["power"])
    act(town, anna, "cancel-nonce", nonce=str(2**256 - 1))
    town.all_done()
    (power,) = town.get(f"/api/parties/{anna.party}")["powers_given"]
    assert (power["state"], power["revoked_by"]) == ("revoked", boris.party)
    refused = town.web.get(f"/api/parties/{anna.party}/typed-data/cancel-nonce", params={"nonce": str(2**256 - 1)})
    assert (refused.status_code, refused.json()["error"]) == (409, "NonceUsed")


def test_a_thief_is_vetoed_and_a_loss_recovered(town: Town) -> None:
    """The present wallet must stop a recovery; the next must need a court, and complete by itself after its delay."""
    anna, boris = town.resident("Anna"), town.resident("Boris")
    keys = officers(town)
    act(town, anna, "grant-power", attorney=boris.party, act="land.sell", until=town.services.clock() + 90 * DAY)
    town.all_done()
    begin(town, anna, Account.create(), keys)
    path = f"/api/parties/{anna.party}"
    assert town.get(path)["recovery"]["vetoable"]
    assert town.get(path)["powers_given"][0]["state"] == "suspended"
    refused = town.web.get(f"{path}/typed-data/cancel-nonce", params={"nonce": "1"})
    assert (refused.status_code, refused.json()["error"]) == (409, "RecoveryPending")
    act(town, anna, "veto")
    town.all_done()
    shown = town.get(path)
    assert (shown["recovery"], shown["recoveries"][0]["state"], shown["court_order_needed"]) == (None, "vetoed", True)

    new = Account.create()
    order(town, anna, keccak(b"order"))
    begin(town, anna, new, keys, court_order=keccak(b"order"))
    assert not town.get(path)["recovery"]["vetoable"]
    (entered,) = [line["arguments"] for line in _history(town, anna) if line["name"] == "RecoveryOrdered"]
    assert (entered["courtOrder"], entered["attempt"]) == (keccak(b"order"), 2)
    assert town.services.tend() == 0
    town.registry.pass_time(14 * DAY)
    read_all(town.services)
    assert (town.services.tend(), town.services.tend()) == (1, 0)
    town.all_done()
    shown = town.get(path)
    assert (shown["wallet"]["wallet"], shown["court_order_needed"]) == (new.address.lower(), False)
    assert [line["state"] for line in shown["recoveries"]] == ["completed", "vetoed"]
    assert shown["powers_given"][0]["state"] == "ended"
    act(town, Person(anna.party, new), "cancel-nonce", nonce="1")
    town.all_done()


def test_staff_cancel_a_recovery_and_end_a_credential_after_erasure(town: Town) -> None:
    """Routine acts must go through the outbox, and erasing a record must not stand in their way."""
    anna = town.resident("Anna")
    begin(town, anna, Account.create(), officers(town))
    now = town.services.clock()
    with writing(town.services.engine) as connection:
        erase(connection, anna.party, now)
        submit.cancel_recovery(connection, anna.party, now)
        issuing.revoke(connection, anna.party, known_kind("E_RESIDENT"), REASONS["privilege-withdrawn"], now)
    town.all_done()
    shown = town.get(f"/api/parties/{anna.party}")
    assert (shown["recovery"], shown["recoveries"][0]["state"]) == (None, "cancelled")
    assert (shown["credentials"][0]["standing"], shown["credentials"][0]["reason"]) == ("revoked", 9)
    with writing(town.services.engine) as connection:
        source, until = keccak(b"another decision"), now + DAY
        issuing.issue(connection, town.agency, anna.party, known_kind("NOTARY"), until, source, now)
    town.settle()
    with reading(town.services.engine) as connection:
        reason = connection.execute(select(intents.c.reason).order_by(intents.c.id.desc()).limit(1)).scalar_one()
        kinds = {line.name: line.scopes for line in standing.kinds(connection)}
    assert "ScopeMissing" in reason  # licensing is another power than residency
    assert kinds["E_RESIDENT"] == ("RESIDENCY_OFFICER",)
    assert kinds["NOTARY"] == ("LICENSING",)


def test_somebody_else_is_faster(town: Town) -> None:
    """What another sends between the queue and the chain must end as done, not as refused."""
    anna = town.resident("Anna")
    asked = town.get(f"/api/parties/{anna.party}/typed-data/cancel-nonce", nonce="5")
    body = {"nonce": "5", "deadline": asked["typed_data"]["message"]["deadline"],
            "signature": anna.sign(asked["typed_data"])}  # fmt: skip
    key = town.post(f"/api/parties/{anna.party}/cancel-nonce", 202, **body)["key"]
    stranger = town.registry.rpc.call("eth_accounts")[9].lower()
    given = (anna.party, 5, body["deadline"], body["signature"])
    town.registry.send(stranger, "PartyRegistry", "cancelNonce", *given)
    town.settle()
    assert town.states()[key][0] == "refused"
    told = town.get(f"/api/intents/{key}")
    assert (told["state"] in ("included", "safe", "finalized"), told["error"]) == (True, None)
    assert told["tx_hash"]
