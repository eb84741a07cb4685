"""Issuing together, where one person is an officer, a citizen and on the boards of organisations at once."""

from types import SimpleNamespace

import pytest
from brownie import accounts

from tests.contracts.documents.conftest import padded
from tests.contracts.documents.trees import ROOT, SCHEMA
from tests.contracts.helpers import DAY, NEVER, keccak, plain, reverts, sign, typed, wait
from tests.contracts.identity.conftest import digest_of, joint

HOME = keccak("record of the officer at home")
LADY = keccak("record of an old lady")
EVIDENCE = keccak("salted hash of a register's extract")


@pytest.fixture
def both(agencies, ids, admin, state, identity_officer):
    """Send an act by two identity officers."""
    second = accounts[40]
    agencies.accredit(ids.land, second, state.scope.identity, 0, state.end, {"from": admin})
    wait(3 * DAY)

    def send(act, *values):
        for officer in (identity_officer, second):
            act(*values, {"from": officer})

    return send


@pytest.fixture
def at_home(parties, ids, identity_officer, signers):
    """The first officer as a citizen with the same key, as PartyId."""
    found = str(parties.partyIdOf(ids.land, HOME))
    message = {"party": found, "wallet": signers[0].address, "nonce": 0, "deadline": NEVER}
    signature = sign(signers[0], parties, "BindWallet", message)
    parties.bind(HOME, signers[0].address, 0, NEVER, signature, {"from": identity_officer})
    return found


@pytest.fixture
def company(parties, ids, both):
    """Say who signs for an organisation, each alone unless told otherwise; returns the party."""

    def represent(name, *persons, threshold=1):
        both(parties.setRepresentation, ids.land, keccak(name), threshold, sorted(persons), EVIDENCE)
        return str(parties.partyIdOf(ids.land, keccak(name)))

    return represent


@pytest.fixture
def pair(documents, ids, admin, stranger, entry, approve):
    """A policy that asks for both of two members, and issuing under it."""

    def make(*members):
        policy = (2, sorted(members))
        documents.setPolicy(ids.land, policy, True, {"from": admin})
        policy_id = str(documents.policyIdOf(ids.land, policy))

        def send(signatures):
            given = sorted(signatures.items())
            return documents.issueCoSigned(ids.land, entry(), policy, 0, NEVER, given, {"from": stranger})

        def by(signer):
            return approve(signer, entry(), policy_id)

        return SimpleNamespace(id=policy_id, last=policy[1][1], send=send, by=by)

    return make


def test_officer_and_organisation(documents, ids, signers, wallet, party, at_home, company, pair):
    """Must refuse an officer's key that signs for an organisation too, also beside another's, and take the other's."""
    officer, board = padded(signers[0].address), company("board", at_home, party)
    asked = pair(officer, board)
    own, others = (at_home, asked.by(signers[0])), (party, asked.by(wallet))
    for parts in ([own], sorted([own, others])):
        with reverts("MemberRefused", board):
            asked.send({officer: own[1], board: joint(*parts)})
    asked.send({officer: own[1], board: joint(others)})
    assert plain(documents.approversOf(ids.land, ROOT))[1] == 0


def test_citizen_and_organisation(wallet, party, company, pair):
    """Must refuse a citizen who signs for an organisation too, whichever of the two comes first."""
    board = company("board", party)
    asked = pair(party, board)
    with reverts("MemberRefused", asked.last):
        asked.send({party: asked.by(wallet), board: joint((party, asked.by(wallet)))})


def test_two_organisations(signers, wallet, party, at_home, company, pair):
    """Must refuse one person who signs for two organisations, and take two persons."""
    one, other = company("one", party), company("other", party, at_home)
    asked = pair(one, other)
    own, others = joint((party, asked.by(wallet))), joint((at_home, asked.by(signers[0])))
    with reverts("MemberRefused", asked.last):
        asked.send({one: own, other: own})
    asked.send({one: own, other: others})


def test_every_representative(signers, wallet, party, at_home, company, pair):
    """Must know the second of two who signed for an organisation again."""
    board = company("board", party, at_home, threshold=2)
    for who, signer in ((party, wallet), (at_home, signers[0])):
        asked = pair(who, board)
        parts = sorted([(party, asked.by(wallet)), (at_home, asked.by(signers[0]))])
        with reverts("MemberRefused", asked.last):
            asked.send({who: asked.by(signer), board: joint(*parts)})


def test_person_without_a_wallet(documents, parties, ids, party, wallet, both, company, pair):
    """Must not count a person for whom officers stood in again, for an organisation."""
    lady = str(parties.partyIdOf(ids.land, LADY))
    board = company("board", lady, party)
    asked = pair(lady, board)
    message = {"issuer": ids.land, "root": ROOT, "schema": SCHEMA, "count": 1000, "expiresAt": 0}
    message |= {"policy": asked.id, "nonce": 0, "deadline": NEVER}
    both(parties.attest, ids.land, LADY, digest_of(typed(documents, "Approval", message)), EVIDENCE)
    with reverts("MemberRefused", asked.last):
        asked.send({lady: b"", board: joint((lady, b""))})
    asked.send({lady: b"", board: joint((party, asked.by(wallet)))})
    assert plain(documents.approversOf(ids.land, ROOT)) == (0, 0)
