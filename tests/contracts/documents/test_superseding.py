"""Successors of roots and of single documents: anchored, standing, and never in a circle."""

import pytest

from tests.contracts.documents.trees import (
    BY_SUCCESSOR,
    HOLD,
    OTHER_ROOT,
    REVOKED,
    ROOT,
    ROOT_REVOKED,
    ROOT_SUPERSEDED,
    SUPERSEDED,
    VALID,
)
from tests.contracts.helpers import DAY, ZERO_ID, keccak, now, reverts, wait

THIRD_ROOT = keccak("a third root")


@pytest.fixture
def by(issuer):
    """Sent by an officer of the agency."""
    return {"from": issuer}


@pytest.fixture
def roots(issue):
    """Three roots of a thousand documents each."""
    for root in (ROOT, OTHER_ROOT, THIRD_ROOT):
        issue(root)


def test_root(documents, ids, issuer, by, issue, diplomas, finding, roots):
    """Must name the successor, tell so in one event, and find the documents superseded, but the revoked ones."""
    made = diplomas(3)
    issue(made.root, count=3)
    documents.revoke(ids.land, made.root, 1, 1, by)
    tx = documents.supersedeRoot(ids.land, made.root, OTHER_ROOT, by)
    assert documents.successorOf(ids.land, made.root) == OTHER_ROOT
    assert documents.successorOf(ids.land, OTHER_ROOT) == ZERO_ID
    assert tx.events["RootSuperseded"] == {
        "issuer": ids.land,
        "root": made.root,
        "successor": OTHER_ROOT,
        "by": issuer,
    }
    assert [finding(made, n) for n in range(3)] == [SUPERSEDED, REVOKED, SUPERSEDED]


def test_superseding_is_final(documents, ids, by, roots):
    """Must refuse a second successor, a hold and a release, so that nothing stands again; a revocation still counts."""
    documents.supersedeRoot(ids.land, ROOT, OTHER_ROOT, by)
    with reverts("NothingToChange", ROOT):
        documents.supersedeRoot(ids.land, ROOT, THIRD_ROOT, by)
    with reverts("NothingToChange", ROOT):
        documents.revokeRoot(ids.land, ROOT, HOLD, by)
    with reverts("NothingToChange", ROOT):
        documents.releaseRoot(ids.land, ROOT, by)
    assert documents.anchorOf(ids.land, ROOT)["status"] == ROOT_SUPERSEDED
    documents.revokeRoot(ids.land, ROOT, 1, by)
    assert documents.anchorOf(ids.land, ROOT)["status"] == ROOT_REVOKED
    with reverts("NothingToChange", ROOT):
        documents.supersedeRoot(ids.land, ROOT, THIRD_ROOT, by)


def test_held_root_may_be_superseded(documents, ids, by, roots):
    """Must let a root on hold have a successor, and no release undo it."""
    documents.revokeRoot(ids.land, ROOT, HOLD, by)
    documents.supersedeRoot(ids.land, ROOT, OTHER_ROOT, by)
    with reverts("NothingToChange", ROOT):
        documents.releaseRoot(ids.land, ROOT, by)


def test_no_circle(documents, ids, by, roots):
    """Must refuse a root as its own successor, and one that was superseded as anybody's."""
    with reverts("SuccessorRefused", ids.land, ROOT):
        documents.supersedeRoot(ids.land, ROOT, ROOT, by)
    documents.supersedeRoot(ids.land, ROOT, OTHER_ROOT, by)
    documents.supersedeRoot(ids.land, OTHER_ROOT, THIRD_ROOT, by)
    for root in (ROOT, OTHER_ROOT):
        with reverts("SuccessorRefused", ids.land, root):
            documents.supersedeRoot(ids.land, THIRD_ROOT, root, by)


def test_successor_must_stand(documents, ids, by, issue, roots, entry, other_officer):
    """Must refuse a successor that is not anchored, is another's, is held, revoked, or has expired."""
    foreign, expiring = keccak("another agency's root"), keccak("a root with an end")
    documents.issue(ids.tax, entry(foreign), {"from": other_officer})
    issue(expiring, expires=now() + DAY)
    wait(DAY)
    documents.revokeRoot(ids.land, OTHER_ROOT, HOLD, by)
    documents.revokeRoot(ids.land, THIRD_ROOT, 1, by)
    for successor in (ZERO_ID, keccak("nobody's root"), foreign, expiring, OTHER_ROOT, THIRD_ROOT):
        with reverts("SuccessorRefused", ids.land, successor):
            documents.supersedeRoot(ids.land, ROOT, successor, by)
        with reverts("SuccessorRefused", ids.land, successor):
            documents.supersede(ids.land, ROOT, 0, successor, 0, by)


def test_document(documents, ids, issuer, by, issue, diplomas, finding, roots):
    """Must set the document's bit with reason 4 and tell its successor; the other documents stand."""
    made = diplomas(3)
    issue(made.root, count=3)
    tx = documents.supersede(ids.land, made.root, 1, OTHER_ROOT, 999, by)
    assert list(tx.events.keys()) == ["DocumentRevoked", "DocumentSuperseded"]
    assert tx.events["DocumentRevoked"]["reason"] == BY_SUCCESSOR
    assert tx.events["DocumentSuperseded"] == {
        "issuer": ids.land,
        "root": made.root,
        "index": 1,
        "successor": OTHER_ROOT,
        "successorIndex": 999,
        "by": issuer,
    }
    assert [finding(made, n) for n in range(3)] == [VALID, REVOKED, VALID]


def test_document_indices(documents, ids, by, roots):
    """Must refuse a document, or a successor, beyond its root's count."""
    with reverts("IndexBeyond", 1000, 1000):
        documents.supersede(ids.land, ROOT, 1000, OTHER_ROOT, 0, by)
    with reverts("IndexBeyond", 1000, 1000):
        documents.supersede(ids.land, ROOT, 0, OTHER_ROOT, 1000, by)


def test_document_in_the_same_root(documents, ids, by, roots):
    """Must let a document of the same root be the successor, but not the document itself, and not in a circle."""
    with reverts("SuccessorRefused", ids.land, ROOT):
        documents.supersede(ids.land, ROOT, 5, ROOT, 5, by)
    documents.supersede(ids.land, ROOT, 5, ROOT, 6, by)
    documents.supersede(ids.land, ROOT, 6, ROOT, 7, by)
    for revoked in (5, 6):
        with reverts("SuccessorRefused", ids.land, ROOT):
            documents.supersede(ids.land, ROOT, 7, ROOT, revoked, by)


def test_successor_document_must_stand(documents, ids, by, roots):
    """Must refuse a successor that is on hold or revoked."""
    documents.revoke(ids.land, OTHER_ROOT, 1, HOLD, by)
    documents.revoke(ids.land, OTHER_ROOT, 2, 1, by)
    for index in (1, 2):
        with reverts("SuccessorRefused", ids.land, OTHER_ROOT):
            documents.supersede(ids.land, ROOT, 0, OTHER_ROOT, index, by)
    documents.releaseWord(ids.land, OTHER_ROOT, 0, 0b10, by)
    documents.supersede(ids.land, ROOT, 0, OTHER_ROOT, 1, by)


def test_document_superseded_once(documents, ids, by, roots):
    """Must refuse a successor for what is revoked, and take one for what is on hold."""
    documents.revoke(ids.land, ROOT, 0, 1, by)
    with reverts("NothingToChange", ROOT):
        documents.supersede(ids.land, ROOT, 0, OTHER_ROOT, 0, by)
    documents.revoke(ids.land, ROOT, 1, HOLD, by)
    documents.supersede(ids.land, ROOT, 1, OTHER_ROOT, 0, by)
    with reverts("NothingToChange", ROOT):
        documents.releaseWord(ids.land, ROOT, 0, 0b10, by)
