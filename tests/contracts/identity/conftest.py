"""A party of the land agency, the signatures its wallets give, and the officers who act on it in pairs."""

from types import SimpleNamespace

import pytest
from brownie import accounts, web3
from eth_abi import encode
from eth_account import Account

from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, node, sign, wait

RECORD = keccak("salted hash of an identity record")
EVIDENCE = keccak("salted hash of a police report")
ORDER = keccak("salted hash of a court order")
DIGEST = keccak("a contract of sale")
CURVE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def digest_of(message):
    """The EIP-712 digest of typed data."""
    return web3.keccak(b"\x19\x01" + message.header + message.body)


def over(signer, digest=DIGEST):
    """A wallet's 65-byte signature over a digest."""
    return bytes(signer.unsafe_sign_hash(digest).signature)


def turned(signature):
    """The same signature in its other form, with a high s."""
    s = CURVE - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def joint(*parts):
    """An organisation's signature from (representative, signature) pairs, in the order given."""
    pairs = [(bytes.fromhex(party[2:]), signature) for party, signature in parts]
    return encode(["(bytes32,bytes)[]"], [pairs])


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

    def recover(signer, attempt=1, deadline=NEVER, contract=parties, chain_id=None, **changes):
        message = {"party": party, "wallet": signer.address, "attempt": attempt, "deadline": deadline} | changes
        return sign(signer, contract, "RecoverWallet", message, chain_id)

    def veto(signer, to, attempt=1, deadline=NEVER, contract=parties, chain_id=None, **changes):
        message = {"party": party, "wallet": to.address, "attempt": attempt, "deadline": deadline} | changes
        return sign(signer, contract, "VetoRecovery", message, chain_id)

    return SimpleNamespace(bind=bind, rotate=rotate, cancel=cancel, recover=recover, veto=veto)


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


@pytest.fixture
def person(parties, ids, identity_officer):
    """Bind another citizen of the land agency; returns the party."""

    def bind(signer, record):
        other = str(parties.partyIdOf(ids.land, record))
        message = {"party": other, "wallet": signer.address, "nonce": 0, "deadline": NEVER}
        signature = sign(signer, parties, "BindWallet", message)
        parties.bind(record, signer.address, 0, NEVER, signature, {"from": identity_officer})
        return other

    return bind


@pytest.fixture
def board(person):
    """Three citizens in ascending order of party, each with party, record and wallet."""
    made = []
    for number in range(3):
        signer, record = Account.from_key(keccak(f"director {number}")), keccak(f"record of director {number}")
        made.append(SimpleNamespace(party=person(signer, record), record=record, wallet=signer))
    return sorted(made, key=lambda each: each.party)


@pytest.fixture
def officers(agencies, ids, state, admin, parent_admin, identity_officer):
    """A second identity officer of the land agency, and two of the ministry above it, all old enough."""
    second, above, second_above = accounts[40:43]
    agencies.accredit(ids.land, second, state.scope.identity, 0, state.end, {"from": admin})
    for key in (above, second_above):
        agencies.accredit(ids.ministry, key, state.scope.identity, 0, state.end, {"from": parent_admin})
    wait(3 * DAY)
    return SimpleNamespace(land=(identity_officer, second), ministry=(above, second_above))


@pytest.fixture
def both(officers):
    """Send an act by two officers, of the land agency unless told otherwise; returns the second's transaction."""

    def send(act, *values, by=officers.land):
        first, second = by
        assert act(*values, {"from": first}).return_value is False
        tx = act(*values, {"from": second})
        assert tx.return_value is True
        return tx

    return send


@pytest.fixture
def enter(parties, bound, people):
    """Enter a court's order for the party's next recovery."""

    def send(order=ORDER, by=people.court):
        return parties.orderRecovery(bound, order, {"from": by})

    return send


@pytest.fixture
def begin(parties, ids, both, bound, second_wallet, give, officers, enter):
    """Begin the party's recovery to the second wallet by two officers, a court's order entered first."""

    def send(wallet=second_wallet, attempt=1, order=ZERO_ID, by=officers.land):
        if order != ZERO_ID:
            enter(order)
        values = (wallet.address, EVIDENCE, order, NEVER, give.recover(wallet, attempt))
        return both(parties.recover, ids.land, RECORD, *values, by=by)

    return send


@pytest.fixture
def complete(parties, bound, stranger):
    """Complete the party's recovery once its delay is over."""

    def send():
        wait(parties.RECOVERY_DELAY())
        return parties.completeRecovery(bound, {"from": stranger})

    return send


@pytest.fixture
def attest(parties, ids, both):
    """Let two officers stand in for a party without a wallet."""

    def send(digest=DIGEST, record=RECORD):
        return both(parties.attest, ids.land, record, digest, EVIDENCE)

    return send
