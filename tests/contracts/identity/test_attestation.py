"""Attestation: two officers stand in for a party without a wallet, over one digest."""

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.helpers import CLOSED, NEVER, ZERO_ID, keccak, reverts, typed
from tests.contracts.identity.conftest import DIGEST, EVIDENCE, RECORD, digest_of, over

OTHER = keccak("another contract")


@pytest.fixture
def send(parties, ids, identity_officer, officers):
    """Attest by one officer; every value can be replaced."""

    def attest(by=identity_officer, agency=ids.land, record=RECORD, digest=DIGEST, evidence=EVIDENCE):
        return parties.attest(agency, record, digest, evidence, {"from": by})

    return attest


def test_first_officer_attests_nothing(parties, party, send):
    """Must not let one officer stand in for anybody."""
    tx = send()
    assert tx.return_value is False
    assert "Attested" not in tx.events
    assert not parties.attested(party, DIGEST)
    assert not parties.checkSignature(party, DIGEST, b"")


def test_attested(parties, ids, party, attest):
    """Must take an empty signature over that digest and no other, and tell who stood in on what evidence."""
    tx = attest()
    assert parties.attested(party, DIGEST)
    assert parties.checkSignature(party, DIGEST, b"")
    parties.requireSignature(party, DIGEST, b"")
    assert not parties.attested(party, OTHER)
    assert not parties.checkSignature(party, OTHER, b"")
    assert tx.events["Attested"] == {"party": party, "digest": DIGEST, "agency": ids.land, "evidence": EVIDENCE}


def test_empty_signature_alone(parties, party, wallet, attest):
    """Must refuse a signature where officers stood in: somebody else's, or the one that recovers to nobody."""
    attest()
    for signature in (over(wallet), bytes(65), b"\0"):
        assert not parties.checkSignature(party, DIGEST, signature)
        with reverts("SignatureInvalid", ZERO_ADDRESS):
            parties.requireSignature(party, DIGEST, signature)


def test_without_attestation(parties, party):
    """Must refuse the empty signature of a party for whom nobody stood in."""
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        parties.requireSignature(party, DIGEST, b"")


def test_in_every_registry(parties, documents, party, attest, stranger):
    """Must do for a party's acts here and in other registries, each with a nonce that serves once."""
    message = {"party": party, "nonce": 7, "deadline": NEVER}
    attest(digest_of(typed(parties, "CancelNonce", message)))
    parties.cancelNonce(party, 7, NEVER, b"", {"from": stranger})
    with reverts("NonceUsed", party, 7):
        parties.cancelNonce(party, 7, NEVER, b"", {"from": stranger})

    message = {"issuer": party, "root": DIGEST, "schema": DIGEST, "count": 1, "expiresAt": 0, "policy": ZERO_ID}
    attest(digest_of(typed(documents, "Approval", message | {"nonce": 1, "deadline": NEVER})))
    documents.issueAsParty(party, (DIGEST, DIGEST, 1, 0), 1, NEVER, b"", {"from": stranger})


def test_never_for_a_party_with_a_wallet(bound, wallet, send):
    """Must refuse to stand in for a party that signs itself."""
    with reverts("PartyBoundAlready", bound, wallet.address):
        send()


def test_bound_between_the_officers(parties, party, wallet, send, identity_officer, officers, give):
    """Must refuse the second officer once the party has a wallet."""
    send()
    parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
    with reverts("PartyBoundAlready", party, wallet.address):
        send(by=officers.land[1])


def test_bound_while_attested(parties, ids, party, wallet, attest, identity_officer, give):
    """Must ask the wallet alone from the moment in which the party has one."""
    attest()
    parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
    assert not parties.attested(party, DIGEST)
    assert not parties.checkSignature(party, DIGEST, b"")
    with reverts("SignatureInvalid", wallet.address):
        parties.requireSignature(party, DIGEST, b"")
    assert parties.checkSignature(party, DIGEST, over(wallet))


def test_never_for_an_organisation(parties, ids, party, attest, both, board, send):
    """Must refuse to stand in for an organisation, and forget what was attested before it was one."""
    attest()
    both(parties.setRepresentation, ids.land, RECORD, 1, [board[0].party], EVIDENCE)
    assert not parties.attested(party, DIGEST)
    assert not parties.checkSignature(party, DIGEST, b"")
    with reverts("PartyIsOrganisation", party):
        send(digest=OTHER)


def test_attested_once(party, attest, send):
    """Must refuse to attest what is attested."""
    attest()
    with reverts("AttestedAlready", party, DIGEST):
        send()


def test_withdrawn(parties, ids, party, attest, officers):
    """Must let one officer take an attestation back, and two attest again."""
    attest()
    officer = officers.land[1]
    tx = parties.withdrawAttestation(ids.land, RECORD, DIGEST, {"from": officer})
    assert tx.events["AttestationWithdrawn"] == {"party": party, "digest": DIGEST, "officer": officer}
    assert not parties.checkSignature(party, DIGEST, b"")
    with reverts("NotAttested", party, DIGEST):
        parties.withdrawAttestation(ids.land, RECORD, DIGEST, {"from": officer})
    attest()
    assert parties.attested(party, DIGEST)


def test_stale_approval(parties, ids, party, attest, send, officers):
    """Must not complete, after a withdrawal, an act whose first half is from before it."""
    send(evidence=OTHER)
    attest()
    parties.withdrawAttestation(ids.land, RECORD, DIGEST, {"from": officers.land[0]})
    assert send(by=officers.land[1], evidence=OTHER).return_value is False
    assert not parties.attested(party, DIGEST)


def test_two_officers(send, identity_officer):
    """Must refuse the first officer as the second."""
    act = send().events["ActProposed"]["id"]
    with reverts("SecondOfficerNeeded", act, identity_officer):
        send()


def test_officers_of_the_agency(agencies, parties, ids, root, party, attest, both, send, officers, other_officer):
    """Must ask officers of the party's agency; of a closed one, those above."""
    for key in (other_officer, officers.ministry[0]):
        with reverts("OtherAgency", key, ids.land):
            send(by=key)
        with reverts("OtherAgency", key, ids.land):
            parties.withdrawAttestation(ids.land, RECORD, DIGEST, {"from": key})
    attest()
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    with reverts("OtherAgency", officers.land[0], ids.ministry):
        send(digest=OTHER)
    tx = both(parties.attest, ids.land, RECORD, OTHER, EVIDENCE, by=officers.ministry)
    assert tx.events["Attested"]["agency"] == ids.land
    parties.withdrawAttestation(ids.land, RECORD, DIGEST, {"from": officers.ministry[0]})
    assert parties.attested(party, OTHER)
    assert not parties.attested(party, DIGEST)


def test_record_and_evidence_are_named(parties, ids, party, send, identity_officer):
    """Must refuse an empty commitment and empty evidence."""
    with reverts("EvidenceMissing", party):
        send(evidence=ZERO_ID)
    with reverts("CommitmentMissing"):
        send(record=ZERO_ID)
    with reverts("CommitmentMissing"):
        parties.withdrawAttestation(ids.land, ZERO_ID, DIGEST, {"from": identity_officer})
