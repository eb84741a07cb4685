"""Typed data: the shared vectors against EIP-712 itself, eth-account, and the contract."""

import json

import pytest
from brownie import PartyRegistry, web3
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import node, sign
from tests.vectors.typed_data import FILE, vectors

CASES = json.loads(FILE.read_text())
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} on {case['domain']['chainId']}")
BINDING_NONCE = 12_345


def _numbers(message):
    return {name: int(value) if name in {"nonce", "deadline"} else value for name, value in message.items()}


@pytest.fixture
def at_home(parties):
    """The registry's code under the address that a case names."""

    def moved(case):
        address = case["domain"]["verifyingContract"]
        node("anvil_setCode", address, "0x" + bytes(web3.eth.get_code(parties.address)).hex())
        return PartyRegistry.at(address)

    return moved


@pytest.fixture
def on_chain():
    """Give the node another chain id. It still signs for its own, so that calls work there and transactions do not."""
    own = web3.eth.chain_id
    yield lambda case: node("anvil_setChainId", case["domain"]["chainId"])
    node("anvil_setChainId", own)


def test_file_is_what_the_generator_writes():
    """Must be the generator's own words, not edited by hand."""
    assert vectors() == CASES


@EACH
def test_eth_account_agrees(case):
    """Must give the same domain separator, struct hash, digest and signatures as eth-account does."""
    message = encode_typed_data(case["domain"], case["types"], _numbers(case["message"]))
    assert "0x" + bytes(message.header).hex() == case["domainSeparator"]
    assert "0x" + bytes(message.body).hex() == case["structHash"]
    digest = keccak_bytes(b"\x19" + message.version + message.header + message.body)
    assert "0x" + digest.hex() == case["digest"]
    for given in case["signatures"]:
        signed = Account.sign_message(message, given["key"].to_bytes(32))
        assert "0x" + bytes(signed.signature).hex() == given["signature"]


@EACH
def test_contract_agrees(case, at_home, on_chain, people):
    """Must be accepted by the contract under its own address and chain id, signature for signature."""
    registry, message = at_home(case), _numbers(case["message"])
    party, signatures = message["party"], [given["signature"] for given in case["signatures"]]
    numbers = (message["nonce"], message["deadline"])
    officer, anyone = {"from": people.identity_officer}, {"from": people.stranger}
    if case["kind"] == "BindWallet":
        on_chain(case)
        bound = registry.bind.call(case["commitment"], message["wallet"], *numbers, *signatures, officer)
        assert str(bound) == party
        return

    owner = Account.from_key(case["signatures"][0]["key"].to_bytes(32))
    binding = {"party": party, "wallet": owner.address, "nonce": BINDING_NONCE, "deadline": message["deadline"]}
    signature = sign(owner, registry, "BindWallet", binding)
    registry.bind(case["commitment"], owner.address, BINDING_NONCE, message["deadline"], signature, officer)
    on_chain(case)
    if case["kind"] == "RotateWallet":
        registry.rotate.call(party, message["to"], *numbers, *signatures, anyone)
    else:
        registry.cancelNonce.call(party, *numbers, *signatures, anyone)


@EACH
def test_domain_is_told(case, at_home, on_chain):
    """Must tell wallets its domain as ERC-5267 says, after a fork of the chain the new one."""
    registry = at_home(case)
    on_chain(case)
    _, name, version, chain_id, contract, salt, extensions = registry.eip712Domain()
    domain = {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract.lower()}
    assert domain == case["domain"]
    assert (int(str(salt), 16), list(extensions)) == (0, [])
