"""Linking a wallet through the API: forged, replayed, late and hostile requests included."""

from typing import Any

import pytest
from eth_account import Account
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, insert, select, update

from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.hashing import keccak
from muniment.identity.inviting import Invited, invite
from tests.service.web.conftest import AGENCY, MAGIC, NOW, PARTY_REGISTRY, FakeNode

PATH = "/api/identity/bindings"
PARTY = keccak(b"citizen")
CITIZEN = Account.from_key("0x" + "42" * 32)
STRANGER = Account.from_key("0x" + "43" * 32)


@pytest.fixture
def invited(web: TestClient, database: Engine) -> Invited:
    """An invitation for a citizen whom the agency knows."""
    with writing(database) as connection:
        connection.execute(
            insert(schema.party_records).values(
                party=PARTY, agency=AGENCY, commitment=keccak(b"c"), created_at=NOW - 100
            )
        )
        return invite(connection, PARTY, NOW - 60)


def _signed(web: TestClient, invited: Invited, account: Any = CITIZEN, **changed: Any) -> dict[str, str]:
    typed_data = web.get(f"{PATH}/{invited.code}", params={"wallet": account.address}).json()["typed_data"]
    typed_data["message"].update(changed)
    signature = account.sign_typed_data(full_message=typed_data).signature
    return {"code": invited.code, "wallet": account.address, "signature": "0x" + bytes(signature).hex()}


def test_what_the_bearer_is_shown(web: TestClient, invited: Invited) -> None:
    """The bearer of a code sees its party and, for a wallet, exactly what to sign; nothing private, kept nowhere."""
    response = web.get(f"{PATH}/{invited.code}", params={"wallet": CITIZEN.address})
    answer = response.json()
    assert answer["state"] == "open"
    assert answer["typed_data"]["domain"]["verifyingContract"] == PARTY_REGISTRY
    assert answer["typed_data"]["message"] == {
        "party": PARTY, "wallet": CITIZEN.address.lower(), "nonce": str(invited.nonce), "deadline": invited.expires_at
    }  # fmt: skip
    assert answer.keys() == {"party", "nonce", "expires_at", "state", "typed_data", "intent"}
    assert response.headers["cache-control"] == "no-store"
    assert web.get(f"/bind/{invited.code}").headers["cache-control"] == "no-store"


def test_signed_binding_is_queued_once(web: TestClient, invited: Invited, database: Engine) -> None:
    """A right signature is queued; the same request again gives the same receipt and no second act."""
    body = _signed(web, invited)
    first, second = web.post(PATH, json=body), web.post(PATH, json=body)
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert first.json()["state"] == "queued"
    assert web.get(f"/api/intents/{first.json()['key']}").json()["state"] == "queued"
    with reading(database) as connection:
        assert connection.execute(select(func.count()).select_from(schema.intents)).scalar_one() == 1
    assert "Waiting to be sent" in web.get(f"/bind/{invited.code}").text
    assert web.get(f"{PATH}/{invited.code}?wallet={CITIZEN.address}").json()["typed_data"] is None


def test_used_code_binds_no_other_wallet(web: TestClient, invited: Invited) -> None:
    """A code that was used binds no second wallet, though its bearer signs well."""
    stranger = _signed(web, invited, STRANGER)
    assert web.post(PATH, json=_signed(web, invited)).status_code == 202
    response = web.post(PATH, json=stranger)
    assert (response.status_code, response.json()["error"]) == (409, "InvitationUsed")


@pytest.mark.parametrize(
    "changed", [{"party": keccak(b"x")}, {"nonce": "1"}, {"deadline": NOW + 1}, {"wallet": "0x" + "1" * 40}]
)
def test_signature_over_anything_else(web: TestClient, invited: Invited, changed: dict[str, Any]) -> None:
    """A signature over another party, nonce, deadline or wallet is refused in a sentence."""
    response = web.post(PATH, json=_signed(web, invited, **changed))
    assert (response.status_code, response.json()["error"]) == (422, "SignatureInvalid")
    assert response.json()["detail"].endswith(".")


def test_somebody_elses_signature(web: TestClient, invited: Invited) -> None:
    """A stranger's signature does not bind the citizen's wallet."""
    body = {**_signed(web, invited, STRANGER), "wallet": CITIZEN.address}
    assert web.post(PATH, json=body).json()["error"] == "SignatureInvalid"


def test_contract_wallet_is_left_to_the_chain(web: TestClient, invited: Invited, node: FakeNode) -> None:
    """A wallet that is a contract judges its own signature (ERC-1271); no code is spent on what it did not sign."""
    body = {"code": invited.code, "wallet": "0x" + "7" * 40, "signature": "0x1234"}
    assert web.post(PATH, json=body).status_code == 422
    node.taken = MAGIC
    assert web.post(PATH, json=body).status_code == 202


def test_late_and_unknown(web: TestClient, invited: Invited, database: Engine) -> None:
    """An unknown code is 404, an expired one 422, each with its own sentence."""
    body = _signed(web, invited)
    assert web.post(PATH, json={**body, "code": "NONE"}).status_code == 404
    with writing(database) as connection:
        connection.execute(update(schema.invitations).values(expires_at=NOW))
    assert web.post(PATH, json=body).status_code == 422
    assert "This invitation ended on" in web.get(f"/bind/{invited.code}").text


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", b'{"code":1}', b"\xff\xfe", b'{"code":"A","wallet":"0x12","signature":"0x"}',
        b"[" * 8000, b'{"code":"A","wallet":"0x' + b"1" * 40 + b'","signature":"0xzz"}',
        b'{"code":"A","wallet":"0x' + b"1" * 40 + b'","signature":"0x12","more":1}',
        b'{"code":"\\ud800","wallet":"0x' + b"1" * 40 + b'","signature":"0x12"}',
        b'{"code":"\\u0000","wallet":"0x' + b"1" * 40 + b'","signature":"0x12"}',
    ],
)  # fmt: skip
def test_bodies_that_are_none(web: TestClient, body: bytes) -> None:
    """What is no binding is refused as a problem, and never repeats what was sent."""
    response = web.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 404, 422)
    assert response.headers["content-type"] == "application/problem+json"
