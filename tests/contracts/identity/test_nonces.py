"""Nonces: any number serves once, in any order, and can be cancelled by its wallet."""

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.helpers import NEVER, now, reverts

NUMBERS = (1, 255, 256, 2**255, NEVER)
# Beside them: a bit, half a word and a word away.
OTHERS = (0, 2, 127, 129, 254, 257, 383, 511, 512, 2**255 + 128, NEVER - 128)


@pytest.mark.parametrize("nonce", NUMBERS)
def test_cancelled(parties, bound, wallet, stranger, give, nonce):
    """Must use up exactly the nonce that was cancelled, whoever sends it, and tell so in one event."""
    tx = parties.cancelNonce(bound, nonce, NEVER, give.cancel(wallet, nonce), {"from": stranger})
    assert tx.events["NonceCancelled"] == {"party": bound, "nonce": nonce}
    used = {number for number in (*NUMBERS, *OTHERS) if parties.nonceUsed(bound, number)}
    assert used == {0, nonce}  # 0 served the binding


def test_cancelled_signature_is_dead(parties, bound, wallet, second_wallet, stranger, give):
    """Must refuse a rotation that was signed before its nonce was cancelled."""
    signatures = [give.rotate(signer, wallet, second_wallet, nonce=9) for signer in (wallet, second_wallet)]
    parties.cancelNonce(bound, 9, NEVER, give.cancel(wallet, 9), {"from": stranger})
    with reverts("NonceUsed", bound, 9):
        parties.rotate(bound, second_wallet.address, 9, NEVER, *signatures, {"from": stranger})


def test_cancelled_once(parties, bound, wallet, stranger, give):
    """Must refuse to cancel a nonce that was used."""
    with reverts("NonceUsed", bound, 0):
        parties.cancelNonce(bound, 0, NEVER, give.cancel(wallet, 0), {"from": stranger})


def test_cancelled_in_time(parties, bound, wallet, stranger, give):
    """Must refuse a cancellation that comes too late."""
    late = now() - 1
    with reverts("DeadlinePassed", late):
        parties.cancelNonce(bound, 1, late, give.cancel(wallet, 1, deadline=late), {"from": stranger})


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"contract": ("PartyRegistry", "0x" + "99" * 20)}, {"nonce": 2}])
def test_signature_binds_every_value(parties, bound, wallet, stranger, give, change):
    """Must refuse a cancellation that was signed for another nonce, contract or chain."""
    with reverts("SignatureInvalid", wallet.address):
        parties.cancelNonce(bound, 1, NEVER, give.cancel(wallet, **({"nonce": 1} | change)), {"from": stranger})


def test_by_the_wallet_alone(parties, bound, party, wallet, second_wallet, stranger, give):
    """Must refuse a cancellation by another wallet."""
    with reverts("SignatureInvalid", wallet.address):
        parties.cancelNonce(party, 1, NEVER, give.cancel(second_wallet, 1), {"from": stranger})


def test_unbound_party(parties, party, wallet, stranger, give):
    """Must refuse a party that has no wallet to sign for it."""
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        parties.cancelNonce(party, 1, NEVER, give.cancel(wallet, 1), {"from": stranger})
