"""Parties: ids as the contract has them, codes that survive being read aloud."""

from muniment.chain.abi import encode_call
from muniment.identity.model import code_hash, commitment_of, new_code, party_id
from tests.service.conftest import Chain

AGENCY, COMMITMENT = "0x" + "a9" * 32, "0x" + "c0" * 32


def test_party_ids_are_those_of_the_contract(chain: Chain) -> None:
    """A party needs no transaction to exist, so its id must come out as on chain."""
    contract = chain.deployment.contracts["PartyRegistry"]
    data = encode_call(contract.abi, "partyIdOf", (AGENCY, COMMITMENT))
    assert party_id(AGENCY, COMMITMENT) == chain.rpc.call(
        "eth_call", [{"to": contract.address, "data": data}, "latest"]
    )


def test_codes_survive_paper_and_telephone() -> None:
    """Case, hyphens, spaces and letters that look like digits must not matter."""
    assert code_hash("ab1o-CD0L ef") == code_hash("AB10CD01EF")
    assert code_hash("AB10CD01EF") != code_hash("AB10CD01EG")


def test_codes_differ() -> None:
    """No two invitations must share a code."""
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code.replace("-", "")) == 20 for code in codes)


def test_the_salt_is_part_of_the_commitment() -> None:
    """The same record under another salt must give another commitment, or it could be guessed."""
    assert commitment_of("0x" + "00" * 32, b"{}") != commitment_of("0x" + "01" * 32, b"{}")
