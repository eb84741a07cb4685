"""Roots of the land agency, the trees below them, and those who sign for a root together."""

from types import SimpleNamespace

import pytest
from brownie import web3
from eth_account import Account

from tests.contracts.documents.trees import ROOT, SCHEMA, Tree, diploma, hashed
from tests.contracts.helpers import NEVER, ZERO_ID, keccak, sign


def padded(address):
    """An officer's key as a policy names it."""
    return "0x" + str(address)[2:].lower().rjust(64, "0")


@pytest.fixture
def entry():
    """What is anchored; a test changes the field it is about."""

    def make(root=ROOT, schema=SCHEMA, count=1000, expires=0):
        return (root, schema, count, expires)

    return make


@pytest.fixture
def issue(documents, ids, issuer, entry):
    """Anchor a root for the land agency by an officer; returns the transaction."""

    def send(*fields, by=issuer, **changes):
        return documents.issue(ids.land, entry(*fields, **changes), {"from": by})

    return send


@pytest.fixture
def diplomas(documents, ids):
    """Documents and the tree over them, not anchored yet."""

    def make(count, issuer=ids.land, expires=0):
        fields = [diploma(issuer, index, SCHEMA, expires) for index in range(count)]
        leaves = [hashed(each, web3.eth.chain_id, documents.address) for each in fields]
        tree = Tree(leaves)
        proofs = [tree.proof(leaf) for leaf in leaves]
        return SimpleNamespace(fields=fields, leaves=leaves, tree=tree, proofs=proofs, root=tree.root)

    return make


@pytest.fixture
def finding(documents):
    """What the contract finds of one of the diplomas."""

    def ask(made, index=0):
        found, root = documents.verify(made.fields[index], made.proofs[index])
        assert str(root) == made.root
        return found

    return ask


@pytest.fixture
def party(parties, ids, identity_officer, wallet):
    """A citizen with a wallet, as PartyId."""
    record = keccak("salted hash of an identity record")
    found = str(parties.partyIdOf(ids.land, record))
    message = {"party": found, "wallet": wallet.address, "nonce": 0, "deadline": NEVER}
    signature = sign(wallet, parties, "BindWallet", message)
    parties.bind(record, wallet.address, 0, NEVER, signature, {"from": identity_officer})
    return found


@pytest.fixture
def signers(agencies, ids, admin, state):
    """Three officers of the land agency who sign and send nothing, in the order of their keys."""
    made = sorted((Account.from_key(keccak(f"officer {n}")) for n in range(3)), key=lambda each: each.address.lower())
    for each in made:
        agencies.accredit(ids.land, each.address, state.scope.documents, 0, state.end, {"from": admin})
    return made


@pytest.fixture
def approve(documents, ids):
    """One signature over an Approval; each field can be replaced to make a wrong one."""

    def give(signer, entry, policy=ZERO_ID, nonce=0, deadline=NEVER, contract=documents, chain_id=None, **changes):
        root, schema, count, expires = entry
        message = {"issuer": ids.land, "root": root, "schema": schema, "count": count, "expiresAt": expires}
        message |= {"policy": policy, "nonce": nonce, "deadline": deadline} | changes
        return sign(signer, contract, "Approval", message, chain_id)

    return give


@pytest.fixture
def board(documents, ids, admin, stranger, signers, party, wallet, entry, approve):
    """A policy of two out of three officers and a citizen, and issuing under it; `who` counts its members from 0."""
    people = [*signers, wallet]
    members = [*(padded(each.address) for each in signers), party]
    policy = (2, members)
    documents.setPolicy(ids.land, policy, True, {"from": admin})
    policy_id = str(documents.policyIdOf(ids.land, policy))

    def approvals(who, made=None, **changes):
        return [(members[n], approve(people[n], made or entry(), policy_id, **changes)) for n in who]

    def send(who, made=None, nonce=0, deadline=NEVER, policy=policy, given=None):
        made = made or entry()
        given = approvals(who, made, nonce=nonce, deadline=deadline) if given is None else given
        return documents.issueCoSigned(ids.land, made, policy, nonce, deadline, given, {"from": stranger})

    return SimpleNamespace(people=people, members=members, policy=policy, id=policy_id, approvals=approvals, send=send)
