"""Binding: an identity officer and the wallet itself link a wallet to a party of the officer's agency."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, next_block_at, now, reverts
from tests.contracts.identity.conftest import RECORD, turned


def test_id_is_derived_from_agency_and_record(parties, ids, party):
    """Must be the hash that the interface states, so that a party exists without a transaction."""
    words = [keccak_bytes(text="Muniment.Party.v1"), bytes.fromhex(ids.land[2:]), bytes.fromhex(RECORD[2:])]
    assert party == "0x" + keccak_bytes(encode(["bytes32"] * 3, words)).hex()


def test_bound(parties, ids, party, wallet, identity_officer, give):
    """Must link wallet and party both ways, use the nonce, and tell so in one event."""
    signature = give.bind(wallet, nonce=300)
    tx = parties.bind(RECORD, wallet.address, 300, NEVER, signature, {"from": identity_officer})
    assert str(tx.return_value) == party
    assert parties.walletOf(party) == wallet.address
    assert str(parties.partyOf(wallet.address)) == party
    assert parties.nonceUsed(party, 300)
    assert tx.events["PartyBound"] == {
        "party": party,
        "wallet": wallet.address,
        "agency": ids.land,
        "officer": identity_officer,
        "nonce": 300,
    }


def test_unbound_party_is_all_zero(parties, party, wallet):
    """Must answer with zero for a party without a wallet and a wallet without a party."""
    assert parties.walletOf(party) == ZERO_ADDRESS
    assert str(parties.partyOf(wallet.address)) == ZERO_ID


def test_party_has_one_wallet(parties, bound, wallet, second_wallet, identity_officer, give):
    """Must refuse a second wallet for a bound party."""
    signature = give.bind(second_wallet, nonce=1)
    with reverts("PartyBoundAlready", bound, wallet.address):
        parties.bind(RECORD, second_wallet.address, 1, NEVER, signature, {"from": identity_officer})


def test_wallet_stands_for_one_party(parties, ids, bound, wallet, identity_officer, give):
    """Must refuse a wallet that stands for another party."""
    other = parties.partyIdOf(ids.land, keccak("another record"))
    signature = give.bind(wallet, party=str(other))
    with reverts("WalletTaken", wallet.address, bound):
        parties.bind(keccak("another record"), wallet.address, 0, NEVER, signature, {"from": identity_officer})


def test_record_and_wallet_are_named(parties, wallet, identity_officer, give):
    """Must refuse an empty commitment and the zero address."""
    with reverts("CommitmentMissing"):
        parties.bind(ZERO_ID, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
    with reverts("WalletMissing"):
        parties.bind(RECORD, ZERO_ADDRESS, 0, NEVER, give.bind(wallet), {"from": identity_officer})


def test_deadline(parties, wallet, party, identity_officer, give):
    """Must accept a signature at its very deadline and refuse it one second later."""
    deadline = now() + DAY
    values = (RECORD, wallet.address, 0, deadline, give.bind(wallet, deadline=deadline))
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        parties.bind(*values, {"from": identity_officer})

    deadline = now() + DAY
    values = (RECORD, wallet.address, 0, deadline, give.bind(wallet, deadline=deadline))
    next_block_at(deadline)
    parties.bind(*values, {"from": identity_officer})
    assert parties.walletOf(party) == wallet.address


def test_cancelled_nonce(parties, ids, bound, wallet, second_wallet, identity_officer, give):
    """Must refuse a nonce that this party used, and accept the same number of another party."""
    signature = give.rotate(wallet, wallet, second_wallet, nonce=0)
    with reverts("NonceUsed", bound, 0):
        parties.rotate(
            bound,
            second_wallet.address,
            0,
            NEVER,
            signature,
            give.rotate(second_wallet, wallet, second_wallet, nonce=0),
            {"from": identity_officer},
        )
    other = str(parties.partyIdOf(ids.land, keccak("another record")))
    signature = give.bind(second_wallet, party=other)
    parties.bind(keccak("another record"), second_wallet.address, 0, NEVER, signature, {"from": identity_officer})
    assert str(parties.partyOf(second_wallet.address)) == other


def test_agency_binds_its_own_parties(parties, wallet, other_officer, give):
    """Must not let another agency bind a public id: to it the same record names another party."""
    with reverts("SignatureInvalid", wallet.address):
        parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": other_officer})


WRONG = [
    pytest.param({"chain_id": 1}, id="another chain"),
    pytest.param({"contract": ("PartyRegistry", "0x" + "99" * 20)}, id="another contract"),
    pytest.param({"party": keccak("another party")}, id="another party"),
    pytest.param({"nonce": 5}, id="another nonce"),
    pytest.param({"deadline": NEVER - 1}, id="another deadline"),
]


@pytest.mark.parametrize("change", WRONG)
def test_signature_binds_every_value(parties, wallet, identity_officer, give, change):
    """Must refuse a signature over any other value, contract or chain."""
    with reverts("SignatureInvalid", wallet.address):
        parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet, **change), {"from": identity_officer})


def test_signature_is_the_wallets(parties, wallet, second_wallet, identity_officer, give):
    """Must refuse a signature by another wallet over the right values."""
    signature = give.bind(second_wallet, wallet=wallet.address)
    with reverts("SignatureInvalid", wallet.address):
        parties.bind(RECORD, wallet.address, 0, NEVER, signature, {"from": identity_officer})


def test_turned_signature(parties, wallet, identity_officer, give):
    """Must refuse the wallet's signature in its other form, with a high s."""
    with reverts("SignatureMalleable", wallet.address):
        parties.bind(RECORD, wallet.address, 0, NEVER, turned(give.bind(wallet)), {"from": identity_officer})


def test_delegated_account(parties, party, wallet, identity_officer, give, put_code):
    """Must take the key's own signature of an account with code under EIP-7702."""
    put_code(wallet.address, "RefusingWallet")
    parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
    assert parties.walletOf(party) == wallet.address


def test_binding_cannot_be_replayed(parties, bound, wallet, second_wallet, identity_officer, give, stranger):
    """Must not let the first binding run again after the party moved to another wallet."""
    signatures = [give.rotate(signer, wallet, second_wallet) for signer in (wallet, second_wallet)]
    parties.rotate(bound, second_wallet.address, 1, NEVER, *signatures, {"from": stranger})
    with reverts("PartyBoundAlready", bound, second_wallet.address):
        parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
