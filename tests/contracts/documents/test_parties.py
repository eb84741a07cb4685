"""Documents of parties: signed by the party's wallet, sent by anyone, revoked by the wallet itself."""

import pytest
from brownie import ZERO_ADDRESS, accounts

from tests.contracts.documents.trees import OTHER_ROOT, PARTY, ROOT, ROOT_STANDING, SCHEMA, VALID
from tests.contracts.helpers import CLOSED, DAY, NEVER, ZERO_ID, now, plain, reverts, sign


@pytest.fixture
def issue_as(documents, stranger, wallet, entry, approve):
    """Anchor a root as a party, sent by a stranger."""

    def send(party, made=None, nonce=0, deadline=NEVER, signature=None):
        made = made or entry()
        signed = approve(wallet, made, nonce=nonce, deadline=deadline, issuer=party)
        signature = signed if signature is None else signature
        return documents.issueAsParty(party, made, nonce, deadline, signature, {"from": stranger})

    return send


@pytest.fixture
def citizens_own(wallet):
    """The citizen's wallet as an account that sends transactions itself."""
    return accounts.at(wallet.address, force=True)


def test_anchored(documents, party, issue_as):
    """Must store a party's root without a key, and tell so in two events."""
    tx = issue_as(party, nonce=3)
    assert plain(documents.anchorOf(party, ROOT)) == (tx.timestamp, 0, 0, 1000, PARTY, ROOT_STANDING, 0, 0)
    assert tx.events["Issued"] == {
        "issuer": party,
        "root": ROOT,
        "schema": SCHEMA,
        "count": 1000,
        "expiresAt": 0,
        "kind": PARTY,
        "keyId": 0,
    }
    assert tx.events["Approved"] == {
        "issuer": party,
        "root": ROOT,
        "policy": ZERO_ID,
        "nonce": 3,
        "members": (party,),
    }


@pytest.mark.parametrize(
    "changes",
    [{"root": OTHER_ROOT}, {"count": 5}, {"policy": OTHER_ROOT}, {"nonce": 1}, {"deadline": 1}, {"chain_id": 1}],
    ids=lambda changes: next(iter(changes)),
)
def test_every_value_is_signed(party, issue_as, wallet, entry, approve, changes):
    """Must refuse a signature over anything but what is anchored, here, by the party alone."""
    with reverts("SignatureInvalid", wallet.address):
        issue_as(party, signature=approve(wallet, entry(), **({"issuer": party} | changes)))


def test_approval_for_an_agency_is_none_of_the_partys_own(ids, party, issue_as, wallet, entry, approve):
    """Must refuse a signature that the party gave for an agency's root."""
    with reverts("SignatureInvalid", wallet.address):
        issue_as(party, signature=approve(wallet, entry(), issuer=ids.land))


def test_party_without_wallet(ids, issue_as):
    """Must refuse a party without a wallet, an agency that poses as one, and nobody."""
    for nobody in (OTHER_ROOT, ids.land, ZERO_ID):
        with reverts("SignatureInvalid", ZERO_ADDRESS):
            issue_as(nobody, signature=bytes(65))


def test_deadline_and_nonce(party, issue_as, entry):
    """Must take a signature in its time and once."""
    past = now() - DAY
    with reverts("DeadlinePassed", past):
        issue_as(party, deadline=past)
    issue_as(party)
    with reverts("NonceUsed", party, 0):
        issue_as(party, entry(OTHER_ROOT))


def test_cancelled_nonce(documents, party, issue_as, citizens_own, issuer):
    """Must let the wallet, and no officer of the party's agency, cancel a nonce of the party."""
    with reverts("AgencyNotActive", party, 0):
        documents.cancelNonce(party, 0, {"from": issuer})
    documents.cancelNonce(party, 0, {"from": citizens_own})
    with reverts("NonceUsed", party, 0):
        issue_as(party)


def test_present_wallet_revokes(
    documents, parties, party, issue_as, citizens_own, second_wallet, wallet, issuer, stranger
):
    """Must let the party's present wallet alone revoke: no officer, no stranger, no former wallet."""
    issue_as(party)
    for caller in (issuer, stranger):
        with reverts("NotIssuer", party, caller):
            documents.revoke(party, ROOT, 3, 1, {"from": caller})
    documents.revoke(party, ROOT, 3, 1, {"from": citizens_own})
    assert plain(documents.wordOf(party, ROOT, 0)) == (1 << 3, 0)

    message = {"party": party, "from": wallet.address, "to": second_wallet.address, "nonce": 1, "deadline": NEVER}
    signatures = [sign(each, parties, "RotateWallet", message) for each in (wallet, second_wallet)]
    parties.rotate(party, second_wallet.address, 1, NEVER, *signatures, {"from": stranger})
    with reverts("NotIssuer", party, citizens_own):
        documents.revokeRoot(party, ROOT, 1, {"from": citizens_own})
    documents.revokeRoot(party, ROOT, 1, {"from": accounts.at(second_wallet.address, force=True)})


def test_found_valid_whatever_becomes_of_the_wallet(
    agencies, documents, ids, root, party, issue_as, diplomas, finding, entry
):
    """Must find a party's document valid, and not ask for a key or for the agency that knows the party."""
    made = diplomas(3, issuer=party)
    issue_as(party, entry(made.root, count=3))
    assert finding(made, 2) == VALID
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    assert finding(made, 2) == VALID
