"""What the contract finds of a document: the first finding that applies, and never for anything but a document."""

import pytest
from brownie import web3

from tests.contracts.documents.trees import (
    AFTER_COMPROMISE,
    BEFORE_RETIRED,
    EXPIRED,
    HOLD,
    NOT_ANCHORED,
    OTHER_ROOT,
    REVOKED,
    SUPERSEDED,
    SUSPENDED,
    VALID,
    hashed,
    joined,
)
from tests.contracts.helpers import CLOSED, DAY, ZERO_ID, node, now, plain, wait
from tests.contracts.helpers import SUSPENDED as AGENCY_SUSPENDED


@pytest.fixture
def compromise(agencies, custodian, second_custodian):
    """Declare a key compromised since a moment, by two custodians."""

    def declare(key, since):
        for officer in (custodian, second_custodian):
            agencies.markCompromised(key, since, {"from": officer})

    return declare


@pytest.fixture
def anchored(issue, diplomas):
    """Five diplomas under one root, issued by an officer."""
    made = diplomas(5)
    made.at = issue(made.root, count=5).timestamp
    return made


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 33])
def test_every_document_is_found(documents, issue, diplomas, finding, count):
    """Must find each document of a tree of any size, the root of one document without a proof."""
    made = diplomas(count)
    issue(made.root, count=count)
    assert [finding(made, index) for index in range(count)] == [VALID] * count


def test_leaf(documents, diplomas):
    """Must make a leaf from the fields as the interface states it, for this chain and this registry."""
    made = diplomas(3, expires=5)
    for fields, leaf in zip(made.fields, made.leaves, strict=True):
        assert str(documents.leafOf(fields)) == "0x" + leaf.hex()
    assert made.leaves[0] != hashed(made.fields[0], 1, documents.address)


def test_changed_field(documents, ids, anchored):
    """Must find nothing when any field of the document is another."""
    fields, proof = anchored.fields[2], anchored.proofs[2]
    changes = (ids.tax, OTHER_ROOT, OTHER_ROOT, OTHER_ROOT, 3, 1)
    for place, value in enumerate(changes):
        changed = (*fields[:place], value, *fields[place + 1 :])
        assert documents.verify(changed, proof)[0] == NOT_ANCHORED


def test_changed_proof(documents, anchored):
    """Must find nothing with another proof: swapped, cut, lengthened, or of another document."""
    fields, proof = anchored.fields[2], anchored.proofs[2]
    wrong = (proof[::-1], proof[:-1], proof[1:], [*proof, ZERO_ID], [], anchored.proofs[0])
    for each in wrong:
        if each != proof:
            assert documents.verify(fields, each)[0] == NOT_ANCHORED


def test_nodes_are_no_documents(documents, ids, issue, anchored):
    """Must never come from a node of the tree: neither from the root itself nor from one anchored by mistake.

    A leaf is hashed twice from nine fields, a node once from two, so no fields make a node.
    """
    fields = anchored.fields[0]
    left, right = sorted(anchored.leaves)[:2]
    node = joined(left, right)
    preimage = ("0x" + left.hex(), "0x" + right.hex(), *fields[2:])
    assert documents.verify(preimage, anchored.tree.proof(node))[0] == NOT_ANCHORED
    issue("0x" + node.hex(), count=2)
    assert documents.verify(preimage, [])[0] == NOT_ANCHORED


def test_sibling_order_does_not_matter(documents, anchored):
    """Must lead to the same root from whichever side: nodes are hashed in ascending order."""
    for fields, proof in zip(anchored.fields, anchored.proofs, strict=True):
        assert str(documents.verify(fields, proof)[1]) == anchored.root


def test_index_beyond_count(issue, diplomas, finding):
    """Must find nothing of documents beyond the count that was issued."""
    made = diplomas(5)
    issue(made.root, count=3)
    assert [finding(made, index) for index in range(5)] == [VALID] * 3 + [NOT_ANCHORED] * 2


def test_index_of_64_bits(documents, ids, issue, diplomas):
    """Must not take an index that is the same but for its upper bits for the document."""
    made = diplomas(1)
    fields = (*made.fields[0][:4], 2**40, 0)
    root = "0x" + hashed(fields, web3.eth.chain_id, documents.address).hex()
    issue(root, count=2**40 - 1)
    assert plain(documents.verify(fields, [])) == (NOT_ANCHORED, root)


def test_long_proof(documents, issue, diplomas):
    """Must follow a proof of MAX_PROOF siblings and not look at a longer one."""
    made, siblings = diplomas(1), [OTHER_ROOT] * 40
    root = made.leaves[0]
    for sibling in siblings:
        root = joined(root, bytes.fromhex(sibling[2:]))
    issue("0x" + root.hex(), count=1)
    assert documents.MAX_PROOF() == 40
    assert plain(documents.verify(made.fields[0], siblings)) == (VALID, "0x" + root.hex())
    assert plain(documents.verify(made.fields[0], [*siblings, OTHER_ROOT])) == (NOT_ANCHORED, ZERO_ID)
    assert plain(documents.verify(made.fields[0], [OTHER_ROOT] * 5000)) == (NOT_ANCHORED, ZERO_ID)


def test_not_anchored(diplomas, finding):
    """Must find nothing of a root that nobody anchored."""
    assert finding(diplomas(2)) == NOT_ANCHORED


def test_expiry(issue, diplomas, finding):
    """Must find a document expired from its own end on, or from the root's, whichever comes first."""
    end = now() + 2 * DAY
    own, whole = diplomas(2, expires=end), diplomas(3)
    issue(own.root, count=2)
    issue(whole.root, count=3, expires=end)
    assert (finding(own), finding(whole)) == (VALID, VALID)
    wait(2 * DAY)
    assert (finding(own), finding(whole)) == (EXPIRED, EXPIRED)


def test_retired_key(agencies, admin, issuer, anchored, finding):
    """Must find documents valid that were issued before the key was retired, in the same block too."""
    agencies.retire(issuer, now() + DAY, {"from": admin})
    assert finding(anchored) == VALID
    wait(DAY)
    assert finding(anchored) == BEFORE_RETIRED


def test_key_retired_in_the_block_of_issue(agencies, documents, ids, admin, issuer, diplomas, finding, entry):
    """Must not take a key for compromised that was retired in the very block in which it last issued."""
    made = diplomas(2)
    pending = {"required_confs": 0, "gas_limit": 1_000_000}  # what Brownie asks for by itself fills a block alone
    node("evm_setAutomine", False)
    issued = documents.issue(ids.land, entry(made.root, count=2), {"from": issuer, **pending})
    retired = agencies.retire(issuer, 0, {"from": admin, **pending})
    node("evm_mine")
    for sent in (issued, retired):
        sent.wait(1)
    assert issued.block_number == retired.block_number
    assert documents.anchorOf(ids.land, made.root)["issuedAt"] == agencies.officerOf(issuer)["notAfter"]
    assert finding(made) == BEFORE_RETIRED


def test_compromised_key(issuer, anchored, compromise, finding):
    """Must let a document fall that was issued at or after the key's compromise, and stand with a word before."""
    wait(DAY)
    compromise(issuer, anchored.at + 1)
    assert finding(anchored) == BEFORE_RETIRED
    compromise(issuer, anchored.at)
    assert finding(anchored) == AFTER_COMPROMISE


def test_retired_and_compromised(agencies, admin, issuer, anchored, compromise, finding):
    """Must let compromise win over a retirement that came before."""
    agencies.retire(issuer, 0, {"from": admin})
    assert finding(anchored) == BEFORE_RETIRED
    compromise(issuer, anchored.at)
    assert finding(anchored) == AFTER_COMPROMISE


def test_agency_that_is_gone(agencies, ids, root, anchored, finding):
    """Must let documents outlive the agency's powers, its suspension and its end."""
    agencies.changeScopes(ids.land, 1, {"from": root})
    assert finding(anchored) == VALID
    for status in (AGENCY_SUSPENDED, CLOSED):
        agencies.changeStatus(ids.land, status, {"from": root})
        assert finding(anchored) == VALID


@pytest.mark.parametrize("who", [[0, 1], [0, 1, 2], [0, 3], [0, 1, 3]])
def test_compromised_co_signers(board, diplomas, compromise, finding, entry, who):
    """Must let a co-signed document fall once fewer good approvals than the threshold remain, and not before.

    A party's approval was judged at issue and stays good.
    """
    made = diplomas(2)
    at = board.send(who, entry(made.root, count=2)).timestamp
    good = len(who)
    for n in who:
        assert finding(made) == (VALID if good >= 2 else AFTER_COMPROMISE)
        if n != 3:
            compromise(board.people[n].address, at)
            good -= 1
    assert good < 2
    assert finding(made) == AFTER_COMPROMISE


def test_co_signers_compromised_later(board, diplomas, compromise, finding, entry):
    """Must find valid, and say so, what was co-signed by keys that fell into wrong hands only later."""
    made = diplomas(2)
    at = board.send([0, 1], entry(made.root, count=2)).timestamp
    wait(DAY)
    compromise(board.people[0].address, at + 1)
    assert finding(made) == BEFORE_RETIRED


def test_retired_co_signers(agencies, admin, board, diplomas, finding, entry):
    """Must find valid, and say so, what was co-signed by keys of which too few are current."""
    made = diplomas(2)
    board.send([0, 1, 2], entry(made.root, count=2))
    expected = [VALID, BEFORE_RETIRED, BEFORE_RETIRED]
    for n in range(3):
        agencies.retire(board.people[n].address, 0, {"from": admin})
        assert finding(made) == expected[n]


def test_order_of_judgement(
    agencies, documents, ids, admin, issuer, second_issuer, issue, diplomas, finding, compromise
):
    """Must tell the gravest of what applies: each step adds a graver finding to those before."""
    end = now() + 10 * DAY
    made, by = diplomas(2), {"from": second_issuer}
    at = issue(made.root, count=2, expires=end).timestamp
    issue(OTHER_ROOT)
    assert finding(made) == VALID
    agencies.retire(issuer, 0, {"from": admin})
    assert finding(made) == BEFORE_RETIRED
    documents.supersedeRoot(ids.land, made.root, OTHER_ROOT, by)
    assert finding(made) == SUPERSEDED
    wait(10 * DAY)
    assert finding(made) == EXPIRED
    documents.revoke(ids.land, made.root, 0, HOLD, by)
    assert finding(made) == SUSPENDED
    documents.revoke(ids.land, made.root, 0, 1, by)
    assert finding(made) == REVOKED
    compromise(issuer, at)
    assert finding(made) == AFTER_COMPROMISE
