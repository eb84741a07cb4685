"""Rotation: both wallets of a party sign the same move; anyone may send it."""

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.helpers import HOUR, NEVER, ZERO_ID, keccak, next_block_at, now, reverts, sign, typed
from tests.contracts.identity.conftest import digest_of, turned


@pytest.fixture
def rotate(parties, bound, wallet, second_wallet, stranger, give):
    """Send a rotation from the first wallet to the second; signatures can be replaced."""

    def send(previous_signature=None, signature=None, nonce=1, deadline=NEVER):
        mine = previous_signature or give.rotate(wallet, wallet, second_wallet, nonce, deadline)
        new = signature or give.rotate(second_wallet, wallet, second_wallet, nonce, deadline)
        return parties.rotate(bound, second_wallet.address, nonce, deadline, mine, new, {"from": stranger})

    return send


def test_rotated(parties, bound, wallet, second_wallet, rotate):
    """Must move the party, free the old wallet, use the nonce, and tell so in one event."""
    tx = rotate()
    assert parties.walletOf(bound) == second_wallet.address
    assert str(parties.partyOf(second_wallet.address)) == bound
    assert str(parties.partyOf(wallet.address)) == ZERO_ID
    assert parties.nonceUsed(bound, 1)
    assert tx.events["WalletRotated"] == {
        "party": bound,
        "previous": wallet.address,
        "wallet": second_wallet.address,
        "nonce": 1,
    }


def test_freed_wallet_can_stand_for_another_party(parties, ids, wallet, identity_officer, rotate, give):
    """Must let a wallet that a party left be bound again."""
    rotate()
    other = str(parties.partyIdOf(ids.land, keccak("another record")))
    signature = give.bind(wallet, party=other)
    parties.bind(keccak("another record"), wallet.address, 0, NEVER, signature, {"from": identity_officer})
    assert parties.walletOf(other) == wallet.address


def test_both_wallets_sign(wallet, second_wallet, rotate, give):
    """Must refuse the move unless each wallet signed it, and name the wallet that did not."""
    with reverts("SignatureInvalid", wallet.address):
        rotate(previous_signature=give.rotate(second_wallet, wallet, second_wallet))
    with reverts("SignatureInvalid", second_wallet.address):
        rotate(signature=give.rotate(wallet, wallet, second_wallet))


ELSEWHERE = ("PartyRegistry", "0x" + "99" * 20)


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"contract": ELSEWHERE}, {"party": ZERO_ID}, {"nonce": 2}])
def test_signature_binds_every_value(wallet, second_wallet, rotate, give, change):
    """Must refuse signatures over another party, nonce, contract or chain."""
    with reverts("SignatureInvalid", wallet.address):
        rotate(previous_signature=give.rotate(wallet, wallet, second_wallet, **change))


def test_rotation_serves_once(parties, bound, wallet, second_wallet, stranger, rotate, give):
    """Must refuse the same rotation again after the party came back to the old wallet."""
    rotate()
    back = [give.rotate(signer, second_wallet, wallet, nonce=2) for signer in (second_wallet, wallet)]
    parties.rotate(bound, wallet.address, 2, NEVER, *back, {"from": stranger})
    with reverts("NonceUsed", bound, 1):
        rotate()


def test_deadline(rotate):
    """Must refuse a rotation one second late, and take one at its deadline."""
    deadline = now() + HOUR
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        rotate(deadline=deadline)
    deadline = now() + HOUR
    next_block_at(deadline)
    rotate(deadline=deadline)


def test_turned_signature(wallet, second_wallet, rotate, give):
    """Must refuse either wallet's signature in its other form, with a high s."""
    with reverts("SignatureMalleable", wallet.address):
        rotate(previous_signature=turned(give.rotate(wallet, wallet, second_wallet)))
    with reverts("SignatureMalleable", second_wallet.address):
        rotate(signature=turned(give.rotate(second_wallet, wallet, second_wallet)))


def test_contract_wallets(parties, bound, wallet, second_wallet, doubles, deployer, stranger):
    """Must move to a contract wallet and away from it by its own word (ERC-1271)."""
    contract = doubles.ApprovingWallet
    message = {"party": bound, "from": wallet.address, "to": contract.address, "nonce": 1, "deadline": NEVER}
    signature = sign(wallet, parties, "RotateWallet", message)
    values = (bound, contract.address, 1, NEVER, signature, b"by resolution", {"from": stranger})
    with reverts("SignatureInvalid", contract.address):
        parties.rotate(*values)
    contract.approve(digest_of(typed(parties, "RotateWallet", message)), {"from": deployer})
    parties.rotate(*values)

    message |= {"from": contract.address, "to": second_wallet.address, "nonce": 2}
    signature = sign(second_wallet, parties, "RotateWallet", message)
    values = (bound, second_wallet.address, 2, NEVER, b"by resolution", signature, {"from": stranger})
    with reverts("SignatureInvalid", contract.address):
        parties.rotate(*values)
    contract.approve(digest_of(typed(parties, "RotateWallet", message)), {"from": deployer})
    parties.rotate(*values)
    assert parties.walletOf(bound) == second_wallet.address


def test_delegated_accounts(parties, bound, wallet, second_wallet, rotate, put_code):
    """Must take the keys' own signatures of accounts with code under EIP-7702."""
    for each in (wallet, second_wallet):
        put_code(each.address, "RefusingWallet")
    rotate()
    assert parties.walletOf(bound) == second_wallet.address


def test_wallet_is_free(parties, bound, wallet, stranger, give):
    """Must refuse to move to the zero address, or to a wallet that stands for a party, this one included."""
    signature = give.rotate(wallet, wallet, wallet)
    with reverts("WalletMissing"):
        parties.rotate(bound, ZERO_ADDRESS, 1, NEVER, signature, signature, {"from": stranger})
    with reverts("WalletTaken", wallet.address, bound):
        parties.rotate(bound, wallet.address, 1, NEVER, signature, signature, {"from": stranger})


def test_party_has_a_wallet(parties, party, wallet, second_wallet, stranger, give):
    """Must refuse to move a party that has no wallet."""
    signature = give.rotate(wallet, wallet, second_wallet)
    with reverts("PartyUnbound", party):
        parties.rotate(party, second_wallet.address, 1, NEVER, signature, signature, {"from": stranger})


def test_old_wallet_signs_no_more(parties, bound, wallet, second_wallet, rotate):
    """Must ask the present wallet alone once the party moved."""
    digest = keccak("a contract of sale")
    old, new = (bytes(signer.unsafe_sign_hash(digest).signature) for signer in (wallet, second_wallet))
    assert parties.checkSignature(bound, digest, old)
    rotate()
    assert not parties.checkSignature(bound, digest, old)
    assert parties.checkSignature(bound, digest, new)
