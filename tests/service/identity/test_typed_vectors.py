"""What the service asks parties to sign has the digest of the shared vector with the same values."""

import json
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from muniment.chain.typed_data import signer_of
from muniment.identity.typed import TYPES, Domain, typed_data
from tests.service.nodes import ROOT

CASES = [
    case
    for case in json.loads((ROOT / "tests" / "vectors" / "typed_data.json").read_text())
    if case["contract"] in TYPES
]


def _sent(case: dict[str, Any]) -> dict[str, Any]:
    """The typed data as a wallet gets it: through JSON."""
    domain = Domain(case["contract"], case["domain"]["chainId"], case["domain"]["verifyingContract"])
    told: dict[str, Any] = json.loads(json.dumps(typed_data(domain, case["kind"], case["message"])))
    return told


def test_every_type_has_a_vector() -> None:
    """No type of the service's table must go without a vector."""
    assert {(case["contract"], case["kind"]) for case in CASES} == {
        (contract, kind) for contract, kinds in TYPES.items() for kind in kinds
    }


def _named(case: dict[str, Any]) -> str:
    return f"{case['contract']} {case['kind']} on {case['domain']['chainId']}"


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_the_digest_is_that_of_the_vector(case: dict[str, Any]) -> None:
    """Must be separator, struct hash and signers of the vector, byte for byte."""
    sent = _sent(case)
    message = encode_typed_data(full_message=sent)
    assert "0x" + bytes(message.header).hex() == case["domainSeparator"]
    assert "0x" + bytes(message.body).hex() == case["structHash"]
    for given in case["signatures"]:
        signed = Account.sign_message(message, given["key"].to_bytes(32))
        assert "0x" + bytes(signed.signature).hex() == given["signature"]
        assert signer_of(sent, given["signature"]) == given["address"]
