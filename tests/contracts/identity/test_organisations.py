"""Organisations: persons sign for them, as many as the rule asks for, one step deep."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import CLOSED, NEVER, ZERO_ID, keccak, plain, reverts, sign, typed
from tests.contracts.identity.conftest import DIGEST, EVIDENCE, RECORD, digest_of, joint, over, turned

NONE = (0, 0, ())
SUBJECT = keccak("company 16543210")


@pytest.fixture
def send(parties, ids, identity_officer, officers):
    """Say by one officer who signs for the organisation; every value can be replaced."""

    def represent(representatives, threshold=1, by=identity_officer, record=RECORD, evidence=EVIDENCE):
        return parties.setRepresentation(ids.land, record, threshold, representatives, evidence, {"from": by})

    return represent


@pytest.fixture
def represent(parties, ids, both, board):
    """Say by two officers who signs for the organisation: two of the board unless told otherwise."""

    def send(threshold=2, representatives=None, evidence=EVIDENCE):
        members = [each.party for each in board] if representatives is None else representatives
        return both(parties.setRepresentation, ids.land, RECORD, threshold, members, evidence)

    return send


@pytest.fixture
def end(parties, ids, both):
    """End the organisation by two officers."""
    return lambda: both(parties.endRepresentation, ids.land, RECORD, EVIDENCE)


@pytest.fixture
def signed(board):
    """The board members' joint signature over a digest; `who` counts them from 0."""

    def make(*who, digest=DIGEST):
        return joint(*((board[each].party, over(board[each].wallet, digest)) for each in who))

    return make


@pytest.fixture
def refused(parties, party):
    """Check that neither an answer nor an act takes this signature for the organisation's."""

    def check(signature):
        assert not parties.checkSignature(party, DIGEST, signature)
        with reverts("SignatureInvalid", ZERO_ADDRESS):
            parties.requireSignature(party, DIGEST, signature)

    return check


# ── Representation ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_first_officer_sets_nothing(parties, party, board, send):
    """Must leave the party a person while one officer alone asked."""
    tx = send([board[0].party])
    assert tx.return_value is False
    assert "RepresentationSet" not in tx.events
    assert plain(parties.representationOf(party)) == NONE


def test_set(parties, party, board, represent, officers):
    """Must tell the rule and its version, and who said so on what evidence."""
    members = tuple(each.party for each in board)
    tx = represent()
    assert plain(parties.representationOf(party)) == (1, 2, members)
    assert tx.events["RepresentationSet"] == {
        "party": party,
        "version": 1,
        "threshold": 2,
        "representatives": members,
        "by": officers.land[1],
        "evidence": EVIDENCE,
    }


def test_changed(parties, party, board, represent, signed):
    """Must ask the present representatives alone, by the present rule."""
    represent()
    represent(1, [board[2].party])
    assert plain(parties.representationOf(party)) == (2, 1, (board[2].party,))
    assert parties.checkSignature(party, DIGEST, signed(2))
    assert not parties.checkSignature(party, DIGEST, signed(0, 1))
    assert not parties.checkSignature(party, DIGEST, signed(0))


def test_ended(parties, party, represent, end, signed, refused, officers):
    """Must let nobody sign for an organisation that has ended, and tell so."""
    represent()
    tx = end()
    assert plain(parties.representationOf(party)) == (2, 0, ())
    assert tx.events["RepresentationEnded"] == {
        "party": party,
        "version": 2,
        "by": officers.land[1],
        "evidence": EVIDENCE,
    }
    refused(signed(0, 1, 2))
    refused(joint())
    refused(b"")


def test_ended_once(parties, ids, party, represent, end, identity_officer, officers):
    """Must refuse to end a person, or what has ended."""
    with reverts("OrganisationMissing", party):
        parties.endRepresentation(ids.land, RECORD, EVIDENCE, {"from": identity_officer})
    represent()
    end()
    with reverts("OrganisationMissing", party):
        parties.endRepresentation(ids.land, RECORD, EVIDENCE, {"from": identity_officer})


def test_brought_back(parties, party, represent, end, signed):
    """Must let two officers bring an organisation back, with versions counting on."""
    represent()
    end()
    represent()
    assert parties.representationOf(party)[0] == 3
    assert parties.checkSignature(party, DIGEST, signed(0, 2))


def test_no_wallet(parties, represent, party, wallet, second_wallet, identity_officer, give, stranger):
    """Must not bind or rotate a wallet of an organisation, which has none."""
    represent()
    with reverts("PartyIsOrganisation", party):
        parties.bind(RECORD, wallet.address, 0, NEVER, give.bind(wallet), {"from": identity_officer})
    moved = [give.rotate(each, wallet, second_wallet) for each in (wallet, second_wallet)]
    with reverts("PartyIsOrganisation", party):
        parties.rotate(party, second_wallet.address, 1, NEVER, *moved, {"from": stranger})


def test_person_with_a_wallet_stays_one(bound, wallet, board, send):
    """Must refuse to put representatives over a person who signs."""
    with reverts("PartyBoundAlready", bound, wallet.address):
        send([board[0].party])


def test_without_persons(party, send):
    """Must refuse an organisation without persons."""
    with reverts("RepresentativesMissing", party):
        send([])
    with reverts("RepresentativesMissing", party):
        send([], threshold=0)


@pytest.mark.parametrize(("threshold", "size"), [(0, 1), (2, 1), (17, 16), (1, 17), (255, 17)])
def test_rule_out_of_bounds(parties, party, send, threshold, size):
    """Must refuse a threshold that nobody or more than everybody has to meet, and more than 16 persons."""
    assert parties.MAX_REPRESENTATIVES() == 16
    with reverts("RepresentationRefused", party, threshold, size):
        send([f"0x{number + 1:064x}" for number in range(size)], threshold)


def test_sixteen_persons(parties, party, represent, person):
    """Must take sixteen persons, all of whom must sign."""
    made = {}
    for number in range(16):
        signer = Account.from_key(keccak(f"partner {number}"))
        made[person(signer, keccak(f"record of partner {number}"))] = signer
    members = sorted(made)
    represent(16, members)
    parts = [(each, over(made[each])) for each in members]
    assert parties.checkSignature(party, DIGEST, joint(*parts))
    assert not parties.checkSignature(party, DIGEST, joint(*parts[:-1]))


def test_order(party, board, send):
    """Must refuse representatives twice, out of order, or zero."""
    one, two = board[0].party, board[1].party
    with reverts("RepresentativeOrder", party, one):
        send([one, one])
    with reverts("RepresentativeOrder", party, one):
        send([two, one])
    with reverts("RepresentativeOrder", party, ZERO_ID):
        send([ZERO_ID, one])


def test_nested_organisation(parties, ids, party, represent, send):
    """Must refuse an organisation as a representative, another or itself, before it is one and after."""
    with reverts("RepresentativeNotPerson", party, party):
        send([party])
    represent()
    with reverts("RepresentativeNotPerson", party, party):
        send([party])
    with reverts("RepresentativeNotPerson", parties.partyIdOf(ids.land, SUBJECT), party):
        send([party], record=SUBJECT)


def test_evidence_and_record_are_named(parties, ids, party, board, represent, send, identity_officer):
    """Must refuse empty evidence and an empty commitment."""
    with reverts("EvidenceMissing", party):
        send([board[0].party], evidence=ZERO_ID)
    with reverts("CommitmentMissing"):
        send([board[0].party], record=ZERO_ID)
    represent()
    with reverts("EvidenceMissing", party):
        parties.endRepresentation(ids.land, RECORD, ZERO_ID, {"from": identity_officer})
    with reverts("CommitmentMissing"):
        parties.endRepresentation(ids.land, ZERO_ID, EVIDENCE, {"from": identity_officer})


def test_officers(agencies, parties, ids, root, party, board, send, both, officers, other_officer):
    """Must ask two officers of the party's agency; of a closed one, those above."""
    members = [board[0].party]
    act = send(members).events["ActProposed"]["id"]
    with reverts("SecondOfficerNeeded", act, officers.land[0]):
        send(members)
    for key in (other_officer, officers.ministry[0]):
        with reverts("OtherAgency", key, ids.land):
            send(members, by=key)
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    both(parties.setRepresentation, ids.land, RECORD, 1, members, EVIDENCE, by=officers.ministry)
    both(parties.endRepresentation, ids.land, RECORD, EVIDENCE, by=officers.ministry)
    assert parties.representationOf(party)[0] == 2


def test_stale_approval(parties, party, board, represent, send, officers):
    """Must not carry out a change whose first half is from before another one."""
    send([board[0].party])
    represent()
    assert send([board[0].party], by=officers.land[1]).return_value is False
    assert parties.representationOf(party)[0] == 1


# ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", [(0, 1), (0, 2), (1, 2), (0, 1, 2)], ids=str)
def test_enough_signed(parties, party, represent, signed, who):
    """Must take any two of three, or all, over that digest alone."""
    represent()
    assert parties.checkSignature(party, DIGEST, signed(*who))
    parties.requireSignature(party, DIGEST, signed(*who))
    assert not parties.checkSignature(party, keccak("another contract"), signed(*who))


@pytest.mark.parametrize("who", [(), (0,), (2,), (0, 0), (1, 0), (0, 2, 1), (1, 1, 2)], ids=str)
def test_too_few_or_out_of_order(represent, signed, refused, who):
    """Must refuse fewer than the rule asks for, one person twice, and persons out of order."""
    represent()
    refused(signed(*who))


def test_no_representative(represent, board, person, signed, refused, wallet):
    """Must refuse a part by a person who is none of the representatives, beside however many who are."""
    represent(1, [board[0].party, board[2].party])
    refused(signed(1))
    refused(signed(0, 1))
    refused(joint((board[0].party, over(board[1].wallet))))


def test_bad_part_does_not_count(parties, party, represent, board, refused):
    """Must not count a part that is no signature, and still count the others."""
    represent()
    bad = (board[0].party, turned(over(board[0].wallet)))
    good = [(each.party, over(each.wallet)) for each in board[1:]]
    refused(joint(bad, good[0]))
    refused(joint((board[0].party, b""), good[0]))
    assert parties.checkSignature(party, DIGEST, joint(bad, *good))


def test_representative_under_recovery(parties, ids, party, represent, board, both, give, signed, refused, wallet):
    """Must not count a representative whose wallet is being recovered, nor the old wallet after that."""
    represent()
    lost = board[1]
    signature = give.recover(wallet, party=lost.party)
    both(parties.recover, ids.land, lost.record, wallet.address, EVIDENCE, ZERO_ID, NEVER, signature)
    refused(signed(0, 1))
    refused(joint((board[0].party, over(board[0].wallet)), (lost.party, over(wallet))))
    assert parties.checkSignature(party, DIGEST, signed(0, 2))


def test_representative_without_wallet(parties, ids, party, represent, board, attest, refused):
    """Must count a representative without a wallet for whom two officers stood in."""
    record = keccak("record of an old lady")
    lady = str(parties.partyIdOf(ids.land, record))
    members = sorted([board[0].party, lady])
    represent(2, members)
    parts = [(each, b"" if each == lady else over(board[0].wallet)) for each in members]
    refused(joint(*parts))
    attest(record=record)
    assert parties.checkSignature(party, DIGEST, joint(*parts))


def test_representative_who_became_an_organisation(parties, ids, represent, attest, both, board, refused, signed):
    """Must not count a representative that is an organisation by now."""
    record = keccak("record of a person, for now")
    other = str(parties.partyIdOf(ids.land, record))
    represent(1, [other])
    attest(record=record)
    both(parties.setRepresentation, ids.land, record, 1, [board[0].party], EVIDENCE)
    refused(joint((other, b"")))
    refused(joint((other, signed(0))))


def test_contract_wallet_represents(parties, ids, party, doubles, deployer, identity_officer, represent, refused):
    """Must ask a representative's contract wallet itself (ERC-1271)."""
    contract, record = doubles.ApprovingWallet, keccak("record of a contract's owner")
    owner = str(parties.partyIdOf(ids.land, record))
    message = {"party": owner, "wallet": contract.address, "nonce": 0, "deadline": NEVER}
    contract.approve(digest_of(typed(parties, "BindWallet", message)), {"from": deployer})
    parties.bind(record, contract.address, 0, NEVER, b"by resolution", {"from": identity_officer})
    represent(1, [owner])
    refused(joint((owner, b"by resolution")))
    contract.approve(DIGEST, {"from": deployer})
    assert parties.checkSignature(party, DIGEST, joint((owner, b"by resolution")))


def test_delegated_account_represents(parties, party, board, represent, signed, put_code):
    """Must take the key's own signature of a representative with code under EIP-7702."""
    represent()
    put_code(board[0].wallet.address, "RefusingWallet")
    assert parties.checkSignature(party, DIGEST, signed(0, 1))


MALFORMED = {
    "nothing": b"",
    "a wallet's signature": bytes(64) + b"\x1b",
    "one byte": b"\1",
    "an offset beyond the end": (2**255).to_bytes(32, "big"),
    "a length beyond the end": (32).to_bytes(32, "big") + (2**64).to_bytes(32, "big"),
    "a length of everything": (32).to_bytes(32, "big") + b"\xff" * 32,
    "a part beyond the end": encode(["uint256"] * 3, [32, 1, 2**200]),
    "a part that is its own list": encode(["uint256"] * 3, [32, 1, 0]),
}


@pytest.mark.parametrize("signature", MALFORMED.values(), ids=MALFORMED)
def test_malformed(represent, refused, signature):
    """Must refuse bytes that are no list of parts by the same error as a signature that will not do."""
    represent(1)
    refused(signature)


def test_cut_short(represent, signed, refused):
    """Must refuse a joint signature that misses its end."""
    represent()
    whole = signed(0, 1)
    for length in (32, 64, 128, 200, len(whole) - 32):
        refused(whole[:length])


def test_acts_by_signature(parties, party, represent, board, stranger):
    """Must let an organisation carry out signed acts as a person does: once."""
    represent()
    message = {"party": party, "nonce": 3, "deadline": NEVER}
    signature = joint(*((each.party, sign(each.wallet, parties, "CancelNonce", message)) for each in board[:2]))
    tx = parties.cancelNonce(party, 3, NEVER, signature, {"from": stranger})
    assert tx.events["NonceCancelled"] == {"party": party, "nonce": 3}
    with reverts("NonceUsed", party, 3):
        parties.cancelNonce(party, 3, NEVER, signature, {"from": stranger})


# ── Kept by a registry ──────────────────────────────────────────────────────────────────────────────────────────────


def test_id_is_derived_from_registry_and_subject(parties, stranger):
    """Must be the hash that the interface states, so that nobody reaches another registry's organisations."""
    words = [keccak_bytes(text="Muniment.Organisation.v1"), stranger.address, bytes.fromhex(SUBJECT[2:])]
    expected = "0x" + keccak_bytes(encode(["bytes32", "address", "bytes32"], words)).hex()
    assert str(parties.organisationIdOf(stranger, SUBJECT)) == expected


def test_kept_by_a_registry(parties, board, stranger, signed):
    """Must let whoever keeps an organisation say who signs for it, and end it, in its own name."""
    company = str(parties.organisationIdOf(stranger, SUBJECT))
    members = tuple(each.party for each in board)
    tx = parties.setOrganisation(SUBJECT, 2, members, {"from": stranger})
    assert str(tx.return_value) == company
    assert plain(parties.representationOf(company)) == (1, 2, members)
    assert parties.checkSignature(company, DIGEST, signed(1, 2))
    assert tx.events["RepresentationSet"] == {
        "party": company,
        "version": 1,
        "threshold": 2,
        "representatives": members,
        "by": stranger,
        "evidence": ZERO_ID,
    }
    tx = parties.endOrganisation(SUBJECT, {"from": stranger})
    assert tx.events["RepresentationEnded"] == {"party": company, "version": 2, "by": stranger, "evidence": ZERO_ID}
    assert not parties.checkSignature(company, DIGEST, signed(1, 2))


def test_anothers_organisation(parties, board, stranger, citizen):
    """Must give everyone organisations of their own alone: the same subject is another party."""
    parties.setOrganisation(SUBJECT, 1, [board[0].party], {"from": stranger})
    theirs = str(parties.organisationIdOf(citizen, SUBJECT))
    with reverts("OrganisationMissing", theirs):
        parties.endOrganisation(SUBJECT, {"from": citizen})
    assert parties.representationOf(parties.organisationIdOf(stranger, SUBJECT))[0] == 1


def test_registry_keeps_the_rules(parties, board, stranger):
    """Must refuse a registry what is refused an agency: no persons, a bad rule, disorder, nesting."""
    company = str(parties.organisationIdOf(stranger, SUBJECT))
    one, two = board[0].party, board[1].party
    with reverts("RepresentativesMissing", company):
        parties.setOrganisation(SUBJECT, 0, [], {"from": stranger})
    with reverts("RepresentationRefused", company, 3, 2):
        parties.setOrganisation(SUBJECT, 3, [one, two], {"from": stranger})
    with reverts("RepresentativeOrder", company, one):
        parties.setOrganisation(SUBJECT, 1, [two, one], {"from": stranger})
    parties.setOrganisation(SUBJECT, 1, [one], {"from": stranger})
    other = keccak("company 2")
    with reverts("RepresentativeNotPerson", parties.organisationIdOf(stranger, other), company):
        parties.setOrganisation(other, 1, [company], {"from": stranger})
