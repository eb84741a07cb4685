"""Parties through the API: what is told of one, what it signs, and what becomes of what it signed."""

import json
from typing import Any

import pytest
from eth_account import Account
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select, update

from muniment.chain.typed_data import signed_by
from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.model import known_kind
from tests.service.web.conftest import AGENCY, MAGIC, NOW, FakeNode

PARTY, ATTORNEY = keccak(b"citizen"), keccak(b"attorney")
OLD, NEW = (Account.from_key("0x" + digits * 32) for digits in ("51", "52"))
BLOCK = {"block_number": 60, "block_hash": keccak(b"60")}
PATH = f"/api/parties/{PARTY}"


def add(store: Engine, table: Any, **row: Any) -> None:
    """Put a row into a read table."""
    with writing(store) as connection:
        connection.execute(insert(table).values(**{"tx_hash": keccak(b"t"), **row}, **BLOCK))


@pytest.fixture
def citizen(web: TestClient, database: Engine) -> TestClient:
    """The application, with a citizen whose wallet is bound."""
    add(database, schema.wallets, party=PARTY, wallet=OLD.address.lower(), agency=AGENCY, bound_at=NOW - 9)
    return web


def begin(store: Engine, **changed: Any) -> None:
    """Let a recovery of the citizen's wallet be under way."""
    row = {"party": PARTY, "attempt": 1, "wallet": NEW.address.lower(), "ready_at": NOW + 99, "evidence": keccak(b"e"),
           "court_order": ZERO_HASH, "state": "begun", "begun_at": NOW}  # fmt: skip
    add(store, schema.recoveries, **{**row, **changed})


def test_everything_about_a_party(citizen: TestClient, database: Engine) -> None:
    """The answer must show wallet, recovery, credentials as they stand now, powers and representation."""
    begin(database)
    kind = known_kind("E_RESIDENT")
    add(database, schema.credentials, party=PARTY, kind=kind, agency=AGENCY, officer_id=1, issued_at=NOW - 9,
        valid_from=NOW - 9, valid_until=NOW, source_hash=keccak(b"s"))  # fmt: skip
    add(database, schema.powers, power=keccak(b"p"), principal=PARTY, attorney=ATTORNEY, act="land.sell",
        subject=ZERO_HASH, price_floor=2**200, currency=keccak(b"c"), until=NOW, nonce=1,
        granted_at=NOW - 9)  # fmt: skip
    add(database, schema.organisations, party=ATTORNEY, version=1, threshold=1, representatives=json.dumps([PARTY]),
        set_by="0x" + "1" * 40, evidence=ZERO_HASH, changed_at=NOW)  # fmt: skip
    answer = citizen.get(PATH).json()
    assert answer["recovery"]["wallet"] == NEW.address.lower()
    assert (answer["recoveries"], answer["court_order_needed"]) == ([answer["recovery"]], False)
    (credential,) = answer["credentials"]
    assert (credential["name"], credential["standing"], credential["finality"]) == (
        "E_RESIDENT",
        "expired",
        "finalized",
    )
    (power,) = answer["powers_given"]
    assert (power["state"], power["price_floor"], power["subject"]) == ("suspended", str(2**200), None)
    held = citizen.get(f"/api/parties/{ATTORNEY}").json()
    assert held["powers_held"] == [power]
    assert held["representation"]["representatives"] == [PARTY]
    listed = citizen.get("/api/credentials", params={"kind": "E_RESIDENT", "agency": AGENCY}).json()
    assert (listed["credentials"], listed["page"]["total"]) == ([credential], 1)
    assert citizen.get("/api/credentials/kinds").json()["kinds"] == []


def test_a_rotation_from_the_question_to_the_receipt(citizen: TestClient) -> None:
    """What the API asks to be signed must be what it takes, once."""
    question = citizen.get(f"{PATH}/typed-data/rotate", params={"wallet": NEW.address})
    asked = question.json()
    assert question.headers["cache-control"] == "no-store"
    assert asked["signers"] == [OLD.address.lower(), NEW.address.lower()]
    message = asked["typed_data"]["message"]
    body = {"wallet": NEW.address, "nonce": message["nonce"], "deadline": message["deadline"],
            "previous_signature": signed_by(OLD, asked["typed_data"]),
            "signature": signed_by(NEW, asked["typed_data"])}  # fmt: skip
    sent = citizen.post(f"{PATH}/rotate", json=body)
    assert (sent.status_code, sent.json()["state"], sent.json()["kind"]) == (202, "queued", "identity.rotate")
    assert citizen.post(f"{PATH}/rotate", json=body).json()["key"] == sent.json()["key"]
    turned = {**body, "signature": body["previous_signature"]}
    refused = citizen.post(f"{PATH}/rotate", json=turned)
    assert (refused.status_code, refused.json()["error"]) == (422, "SignatureInvalid")


@pytest.mark.parametrize("act", ["grant-power", "revoke-power", "cancel-nonce", "veto"])
def test_each_act_is_asked_signed_and_sent(citizen: TestClient, database: Engine, act: str) -> None:
    """The members of what is asked, with the signature, must be what the act takes."""
    power = keccak(b"p")
    add(database, schema.powers, power=power, principal=PARTY, attorney=ATTORNEY, act="land.sell", subject=ZERO_HASH,
        price_floor=0, currency=ZERO_HASH, until=NOW + 9, nonce=1, granted_at=NOW - 9)  # fmt: skip
    if act == "veto":
        begin(database)
    parameters = {
        "grant-power": {"attorney": ATTORNEY, "act": "land.sell", "until": NOW + 99},
        "revoke-power": {"power": power},
        "cancel-nonce": {"nonce": str(2**256 - 1)},
    }
    question = citizen.get(f"{PATH}/typed-data/{act}", params=parameters.get(act))
    assert question.status_code == 200, question.text
    asked = question.json()
    assert asked["signers"] == [OLD.address.lower()]
    members = ("attorney", "act", "until", "nonce", "deadline", "power", "attempt")
    body = {name: value for name, value in asked["typed_data"]["message"].items() if name in members}
    sent = citizen.post(f"{PATH}/{act}", json={**body, "signature": signed_by(OLD, asked["typed_data"])})
    assert (sent.status_code, sent.json()["state"]) == (202, "queued"), sent.text


def test_how_things_stand_and_what_is_wrong_have_their_statuses(citizen: TestClient, database: Engine) -> None:
    """Conflicts must be 409, unknown things 404, wrong signatures 422, each in a sentence."""
    body: dict[str, Any] = {"nonce": "1", "deadline": NOW + 9, "signature": "0x" + "11" * 65}
    late = {**body, "deadline": NOW}
    told = [
        (citizen.post(f"{PATH}/cancel-nonce", json=body), 422, "SignatureInvalid"),
        (citizen.post(f"{PATH}/cancel-nonce", json=late), 422, "DeadlinePassed"),
        (citizen.get(f"{PATH}/typed-data/veto"), 409, "RecoveryMissing"),
        (citizen.get(f"{PATH}/typed-data/revoke-power", params={"power": keccak(b"x")}), 404, "PowerUnknown"),
        (citizen.post(f"{PATH}/complete-recovery", json={}), 409, "RecoveryMissing"),
    ]
    begin(database)
    told.append((citizen.post(f"{PATH}/cancel-nonce", json=body), 409, "RecoveryPending"))
    told.append((citizen.post(f"{PATH}/complete-recovery", json={}), 409, "RecoveryTooEarly"))
    for response, status, name in told:
        assert (response.status_code, response.json().get("error")) == (status, name)
        assert response.json()["detail"].endswith(".")


def test_what_somebody_else_sent_is_told_as_done(citizen: TestClient, database: Engine) -> None:
    """An act that is on the chain must be answered with 200, its transaction and how final it is."""
    arguments = json.dumps({"nonce": 5, "party": PARTY}, separators=(",", ":"))
    add(database, schema.events, log_index=77, time=NOW - 3, contract="PartyRegistry", name="NonceCancelled",
        subject=PARTY, arguments=arguments)  # fmt: skip
    body = {"nonce": "5", "deadline": NOW + 9, "signature": "0x"}
    done = citizen.post(f"{PATH}/cancel-nonce", json=body)
    assert (done.status_code, done.json()["state"], done.json()["tx_hash"]) == (200, "finalized", keccak(b"t"))


def test_a_contract_wallet_is_left_to_the_chain(citizen: TestClient, node: FakeNode) -> None:
    """Where the party's wallet is a contract, it must be asked whether it signed; nothing is queued that it did not."""
    body = {"nonce": "5", "deadline": NOW + 9, "signature": "0x1234"}
    for answer in ("0x", "0x" + "00" * 32, MAGIC[:10], "0x" + "1".rjust(64, "0")):
        node.taken = answer
        assert citizen.post(f"{PATH}/cancel-nonce", json=body).json()["error"] == "SignatureInvalid"
    node.taken = MAGIC
    assert citizen.post(f"{PATH}/cancel-nonce", json=body).status_code == 202


def test_a_stranger_spends_nothing_of_an_organisation(citizen: TestClient, database: Engine, node: FakeNode) -> None:
    """Rubbish in an organisation's name must be refused at once, so that its day's relayed acts are left to it."""
    add(database, schema.organisations, party=ATTORNEY, version=1, threshold=1, representatives=json.dumps([PARTY]),
        set_by="0x" + "1" * 40, evidence=ZERO_HASH, changed_at=NOW)  # fmt: skip
    body = {"nonce": "5", "deadline": NOW + 9, "signature": "0x1234"}
    path = f"/api/parties/{ATTORNEY}/cancel-nonce"
    assert citizen.post(path, json=body).json()["error"] == "SignatureInvalid"
    with reading(database) as connection:
        assert connection.execute(select(schema.intents.c.key)).all() == []
    node.taken = "0x" + "1".rjust(64, "0")
    assert citizen.post(path, json=body).status_code == 202


def test_an_act_that_somebody_else_sent_meanwhile(citizen: TestClient, database: Engine) -> None:
    """Refused for a nonce that the same act used, a request must be told as done, with that transaction."""
    asked = citizen.get(f"{PATH}/typed-data/cancel-nonce", params={"nonce": "5"}).json()["typed_data"]
    body = {"nonce": "5", "deadline": asked["message"]["deadline"], "signature": signed_by(OLD, asked)}
    key = citizen.post(f"{PATH}/cancel-nonce", json=body).json()["key"]
    why = json.dumps({"error": "NonceUsed", "arguments": {"party": PARTY, "nonce": 5}})
    with writing(database) as connection:
        connection.execute(update(schema.intents).values(state="refused", reason=why))
    assert citizen.get(f"/api/intents/{key}").json()["error"] == "NonceUsed"
    arguments = json.dumps({"nonce": 5, "party": PARTY}, separators=(",", ":"))
    add(database, schema.events, log_index=77, time=NOW - 3, contract="PartyRegistry", name="NonceCancelled",
        subject=PARTY, arguments=arguments)  # fmt: skip
    for answer in (citizen.get(f"/api/intents/{key}"), citizen.post(f"{PATH}/cancel-nonce", json=body)):
        told = answer.json()
        assert (told["state"], told["error"], told["tx_hash"]) == ("finalized", None, keccak(b"t"))
        assert (told["block_number"], told["sentence"]) == (60, None)


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("rotate", {}), ("veto", {"attempt": 0, "deadline": 1, "signature": "0x"}),
        ("cancel-nonce", {"nonce": 5, "deadline": 1, "signature": "0x"}),
        ("cancel-nonce", {"nonce": "-1", "deadline": 1, "signature": "0x"}),
        ("cancel-nonce", {"nonce": str(10**78), "deadline": 1, "signature": "0x"}),
        ("cancel-nonce", {"nonce": str(2**256), "deadline": NOW + 9, "signature": "0x"}),
        ("cancel-nonce", {"nonce": "1", "deadline": 2**60, "signature": "0x"}),
        ("cancel-nonce", {"nonce": "1", "deadline": 1, "signature": "0x1"}),
        ("cancel-nonce", {"nonce": "1", "deadline": 1, "signature": "0x" + "11" * 5_000}),
        ("cancel-nonce", {"nonce": "1", "deadline": 1, "signature": "0x", "more": 1}),
        ("grant-power", {"attorney": ATTORNEY, "act": "\ud800", "until": 1, "nonce": "1", "deadline": 1,
                         "signature": "0x"}),
        ("revoke-power", {"power": "0x12", "deadline": 1, "signature": "0x"}),
    ],
)  # fmt: skip
def test_bodies_that_are_none(citizen: TestClient, act: str, body: dict[str, Any]) -> None:
    """What cannot be what it says must be refused as a problem, without a trace of the service."""
    response = citizen.post(
        f"{PATH}/{act}", content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"
