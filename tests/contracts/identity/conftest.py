"""A party of the land agency, and the signatures its wallets give."""

from types import SimpleNamespace

import pytest
from brownie import web3

from tests.contracts.helpers import NEVER, keccak, node, sign

RECORD = keccak("salted hash of an identity record")


@pytest.fixture
def party(parties, ids):
    """The party that the land agency knows under RECORD; no wallet yet."""
    return str(parties.partyIdOf(ids.land, RECORD))


@pytest.fixture
def give(parties, party):
    """Signatures of this party's typed data; each field can be replaced to make a wrong one."""

    def bind(signer, nonce=0, deadline=NEVER, contract=parties, chain_id=None, **changes):
        message = {"party": party, "wallet": signer.address, "nonce": nonce, "deadline": deadline} | changes
        return sign(signer, contract, "BindWallet", message, chain_id)

    def rotate(signer, previous, wallet, nonce=1, deadline=NEVER, contract=parties, chain_id=None, **changes):
        message = {
            "party": party,
            "from": previous.address,
            "to": wallet.address,
            "nonce": nonce,
            "deadline": deadline,
        } | changes
        return sign(signer, contract, "RotateWallet", message, chain_id)

    def cancel(wallet, nonce, deadline=NEVER, contract=parties, chain_id=None, **changes):
        message = {"party": party, "nonce": nonce, "deadline": deadline} | changes
        return sign(wallet, contract, "CancelNonce", message, chain_id)

    return SimpleNamespace(bind=bind, rotate=rotate, cancel=cancel)


@pytest.fixture
def bound(parties, party, wallet, identity_officer, give):
    """The party, bound to the citizen's wallet with nonce 0."""
    parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
    return party


@pytest.fixture
def put_code(doubles):
    """Put the code of a test double at an address, as a delegation under EIP-7702 does."""

    def put(address, name):
        code = web3.eth.get_code(getattr(doubles, name).address)
        node("anvil_setCode", address, "0x" + bytes(code).hex())

    return put
