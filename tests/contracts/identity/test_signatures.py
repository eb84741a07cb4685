"""Signatures: ECDSA in its one form first, then ERC-1271 with bounded gas and a bounded answer."""

import pytest
from brownie import ZERO_ADDRESS, web3

from tests.contracts.helpers import NEVER, keccak, reverts, typed
from tests.contracts.identity.conftest import DIGEST, digest_of, over, turned

# ERC-1271 is given 100,000; the rest is the transaction itself. Whoever sends more gets it back.
BOUND = 150_000
PLENTY = 5_000_000


@pytest.fixture
def signature(wallet):
    """The wallet's signature over DIGEST, 65 bytes."""
    return over(wallet)


@pytest.fixture
def check(parties, bound):
    """Ask the registry whether the bound wallet signed."""

    def asked(signature, digest=DIGEST):
        return parties.checkSignature(bound, digest, signature)

    return asked


def _compact(signature):
    y_parity = signature[64] - 27
    s = int.from_bytes(signature[32:64], "big") | y_parity << 255
    return signature[:32] + s.to_bytes(32, "big")


def test_wallets_own(check, signature):
    """Must accept the wallet's signature over the digest and over no other."""
    assert check(signature)
    assert not check(signature, keccak("another contract"))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(turned, id="high s"),
        pytest.param(_compact, id="64-byte compact"),
        pytest.param(lambda s: s + b"\0", id="a byte too long"),
        pytest.param(lambda s: s[:64] + bytes([s[64] - 27]), id="v of 0 or 1"),
        pytest.param(lambda s: s[:64] + b"\x1d", id="v of 29"),
        pytest.param(lambda s: bytes(32) + s[32:], id="r of zero"),
        pytest.param(lambda _: bytes(65), id="zeros"),
        pytest.param(lambda _: b"", id="empty"),
    ],
)
def test_one_form_alone(parties, bound, wallet, stranger, signature, check, give, spoil):
    """Must refuse every other form of a signature, as an answer and in an act."""
    assert not check(spoil(signature))
    error = "SignatureMalleable" if spoil is turned else "SignatureInvalid"
    with reverts(error, wallet.address):
        parties.cancelNonce(bound, 1, NEVER, spoil(give.cancel(wallet, 1)), {"from": stranger})


def test_other_wallet(parties, bound, wallet, check, second_wallet):
    """Must refuse another wallet's signature, and not tell it for the party's own when it is turned around."""
    for signature in (over(second_wallet), turned(over(second_wallet)), turned(over(wallet, keccak("another")))):
        assert not check(signature)
        with reverts("SignatureInvalid", wallet.address):
            parties.requireSignature(bound, DIGEST, signature)


def test_unbound_party(parties, party, signature):
    """Must answer false for a party without a wallet, also to the signature that recovers to nobody."""
    assert not parties.checkSignature(party, DIGEST, signature)
    assert not parties.checkSignature(party, DIGEST, bytes(65))
    for each in (signature, bytes(65), b""):
        with reverts("SignatureInvalid", ZERO_ADDRESS):
            parties.requireSignature(party, DIGEST, each)


def test_contract_wallet(parties, ids, doubles, deployer, identity_officer):
    """Must bind a contract wallet by its own word, and ask it from then on."""
    contract = doubles.ApprovingWallet
    other = parties.partyIdOf(ids.land, keccak("an organisation"))
    message = {"party": str(other), "wallet": contract.address, "nonce": 0, "deadline": NEVER}
    arguments = (keccak("an organisation"), contract.address, 0, NEVER, b"by resolution")
    with reverts("SignatureInvalid", contract.address):
        parties.bind(*arguments, {"from": identity_officer})
    contract.approve(digest_of(typed(parties, "BindWallet", message)), {"from": deployer})
    parties.bind(*arguments, {"from": identity_officer})

    contract.approve(DIGEST, {"from": deployer})
    assert parties.checkSignature(other, DIGEST, b"by resolution")
    assert not parties.checkSignature(other, DIGEST, b"")
    assert not parties.checkSignature(other, keccak("another contract"), b"by resolution")


def test_accepting_answer_may_be_long(check, wallet, put_code):
    """Must accept the magic value whatever follows it."""
    put_code(wallet.address, "TalkativeWallet")
    assert check(b"anything")


@pytest.mark.parametrize(
    "double",
    [
        "RefusingWallet",
        "BurningWallet",
        "BombWallet",
        "EchoWallet",
        "ShortWallet",
        "DirtyWallet",
        "RevertingWallet",
    ],
)
def test_bad_contract_wallet(parties, bound, wallet, stranger, check, put_code, double):
    """Must refuse a contract that does not answer with exactly the magic value, within bounded gas."""
    put_code(wallet.address, double)
    assert not check(b"anything")
    sender = {"from": stranger, "gas_limit": PLENTY}
    assert parties.checkSignature.transact(bound, DIGEST, b"anything", sender).gas_used < BOUND


def test_delegated_account_still_signs(wallet, check, signature, put_code):
    """Must accept the key's own signature of an account that has code under EIP-7702, whatever the code says."""
    put_code(wallet.address, "RefusingWallet")
    assert check(signature)


def test_account_without_code_is_not_asked(check, wallet):
    """Must not take the silence of an account without code for an answer."""
    assert web3.eth.get_code(wallet.address) == b""
    assert not check(b"anything")


def test_delegated_account_has_one_form_too(parties, bound, wallet, check, signature, put_code):
    """Must tell a turned signature for what it is also where the account has code under EIP-7702 that refuses it."""
    put_code(wallet.address, "RefusingWallet")
    assert not check(turned(signature))
    with reverts("SignatureMalleable", wallet.address):
        parties.requireSignature(bound, DIGEST, turned(signature))


def test_reason_is_the_answer(parties, bound, wallet, signature):
    """Must revert where the answer is false and pass where it is true."""
    parties.requireSignature(bound, DIGEST, signature)
    with reverts("SignatureInvalid", wallet.address):
        parties.requireSignature(bound, keccak("another contract"), signature)
