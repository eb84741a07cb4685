"""Revoking by document, by word and by root: final but for a hold, and a hold's release lifts nothing else."""

import pytest

from tests.contracts.documents.trees import (
    HOLD,
    KEY_COMPROMISE,
    OTHER_ROOT,
    REVOKED,
    ROOT,
    ROOT_HELD,
    ROOT_REVOKED,
    ROOT_STANDING,
    SUSPENDED,
    VALID,
)
from tests.contracts.helpers import ACTIVE, CLOSED, plain, reverts
from tests.contracts.helpers import SUSPENDED as AGENCY_SUSPENDED

ALL = 2**256 - 1


@pytest.fixture
def anchored(issue):
    """ROOT with a thousand documents."""
    issue()


def status(documents, issuer, root=ROOT):
    """How a root stands."""
    return documents.anchorOf(issuer, root)["status"]


def test_one_document(documents, ids, second_issuer, anchored):
    """Must set the document's bit alone, by any officer of the agency, and tell so in one event."""
    tx = documents.revoke(ids.land, ROOT, 300, KEY_COMPROMISE, {"from": second_issuer})
    assert plain(documents.wordOf(ids.land, ROOT, 1)) == (1 << 44, 0)
    assert plain(documents.wordOf(ids.land, ROOT, 0)) == (0, 0)
    assert len(tx.events) == 1
    assert tx.events["DocumentRevoked"] == {
        "issuer": ids.land,
        "root": ROOT,
        "index": 300,
        "reason": KEY_COMPROMISE,
        "by": second_issuer,
    }


@pytest.mark.parametrize("reason", [0, 1, 2, 3, 4, 5, 9, 10])
def test_final_reasons(documents, ids, issuer, anchored, reason):
    """Must revoke for every reason of RFC 5280 but the hold."""
    documents.revoke(ids.land, ROOT, 0, reason, {"from": issuer})
    assert plain(documents.wordOf(ids.land, ROOT, 0)) == (1, 0)


@pytest.mark.parametrize("reason", [7, 8, 11, 255, 256, ALL])
def test_refused_reasons(documents, ids, issuer, anchored, reason):
    """Must refuse what is no reason, and 8, which would release."""
    by = {"from": issuer}
    with reverts("ReasonRefused", reason):
        documents.revoke(ids.land, ROOT, 0, reason, by)
    with reverts("ReasonRefused", reason):
        documents.revokeWords(ids.land, ROOT, [(0, 1)], reason, by)
    with reverts("ReasonRefused", reason):
        documents.revokeRoot(ids.land, ROOT, reason, by)


def test_nothing_twice(documents, ids, issuer, anchored):
    """Must refuse to revoke what is revoked, to hold what is held or revoked, and to release what is not held."""
    by = {"from": issuer}
    documents.revoke(ids.land, ROOT, 0, KEY_COMPROMISE, by)
    documents.revoke(ids.land, ROOT, 1, HOLD, by)
    for index, reason in ((0, 2), (0, HOLD), (1, HOLD)):
        with reverts("NothingToChange", ROOT):
            documents.revoke(ids.land, ROOT, index, reason, by)
    with reverts("NothingToChange", ROOT):
        documents.revokeWords(ids.land, ROOT, [(0, 0b11), (0, 0)], HOLD, by)
    with reverts("NothingToChange", ROOT):
        documents.releaseWord(ids.land, ROOT, 0, ALL ^ 0b10, by)


def test_index_within_count(documents, ids, issuer, anchored):
    """Must refuse a document beyond the root's count, by itself and in a word."""
    by = {"from": issuer}
    documents.revoke(ids.land, ROOT, 999, 1, by)
    for index in (1000, 2**40 - 1):
        with reverts("IndexBeyond", index, 1000):
            documents.revoke(ids.land, ROOT, index, 1, by)
    documents.revokeWords(ids.land, ROOT, [(2, ALL), (3, (1 << 231) - 1)], 1, by)
    beyond = ((3, 1 << 232, 1000), (3, ALL, 1023), (4, 1, 1024), (4, 0, 1024), (2**32 - 1, 1, 2**40 - 256))
    for word, bits, index in beyond:
        with reverts("IndexBeyond", index, 1000):
            documents.revokeWords(ids.land, ROOT, [(word, bits)], 1, by)


def test_count_of_a_whole_word(documents, ids, issuer, issue):
    """Must let a root of 256 documents have the whole of its one word revoked, and not a bit of the next."""
    issue(OTHER_ROOT, count=256)
    with reverts("IndexBeyond", 256, 256):
        documents.revokeWords(ids.land, OTHER_ROOT, [(1, 1)], 1, {"from": issuer})
    documents.revokeWords(ids.land, OTHER_ROOT, [(0, ALL)], 1, {"from": issuer})


def test_words(documents, ids, issuer, anchored):
    """Must set the bits of several words, and tell of each only those that are new."""
    by = {"from": issuer}
    documents.revoke(ids.land, ROOT, 1, 1, by)
    tx = documents.revokeWords(ids.land, ROOT, [(0, 0b111), (0, 0b011), (2, 1 << 255)], 3, by)
    told = [(each["word"], each["bits"], each["reason"], each["by"]) for each in tx.events["WordRevoked"]]
    assert told == [(0, 0b101, 3, issuer), (2, 1 << 255, 3, issuer)]
    assert plain(documents.wordOf(ids.land, ROOT, 0)) == (0b111, 0)
    assert plain(documents.wordOf(ids.land, ROOT, 2)) == (1 << 255, 0)


def test_number_of_words(documents, ids, issuer, anchored, issue):
    """Must take up to MAX_WORDS words in one call, within the gas that a transaction may use, and refuse none."""
    most, by = documents.MAX_WORDS(), {"from": issuer}
    issue(OTHER_ROOT, count=most * 256)
    tx = documents.revokeWords(ids.land, OTHER_ROOT, [(word, ALL) for word in range(most)], 1, by)
    assert tx.gas_used < 2**24
    for length in (0, most + 1):
        with reverts("WordsRefused", length):
            documents.revokeWords(ids.land, ROOT, [(0, 1)] * length, 1, by)


def test_hold_and_release(documents, ids, issuer, second_issuer, issue, diplomas, finding):
    """Must suspend documents and lift that again, telling each time which."""
    made = diplomas(5)
    issue(made.root, count=5)
    documents.revokeWords(ids.land, made.root, [(0, 0b110)], HOLD, {"from": issuer})
    assert [finding(made, n) for n in range(4)] == [VALID, SUSPENDED, SUSPENDED, VALID]
    tx = documents.releaseWord(ids.land, made.root, 0, 0b011, {"from": second_issuer})
    assert tx.events["WordReleased"] == {
        "issuer": ids.land,
        "root": made.root,
        "word": 0,
        "bits": 0b010,
        "by": second_issuer,
    }
    assert [finding(made, n) for n in range(4)] == [VALID, VALID, SUSPENDED, VALID]


def test_release_never_lifts_a_revocation(documents, ids, issuer, issue, diplomas, finding):
    """Must keep a document revoked that was on hold before, and count it out of a release."""
    made, by = diplomas(3), {"from": issuer}
    issue(made.root, count=3)
    documents.revokeWords(ids.land, made.root, [(0, 0b011)], HOLD, by)
    documents.revoke(ids.land, made.root, 0, KEY_COMPROMISE, by)
    tx = documents.releaseWord(ids.land, made.root, 0, ALL, by)
    assert tx.events["WordReleased"]["bits"] == 0b010
    assert finding(made, 0) == REVOKED
    assert finding(made, 1) == VALID
    with reverts("NothingToChange", made.root):
        documents.releaseWord(ids.land, made.root, 0, ALL, by)


def test_root(documents, ids, issuer, issue, diplomas, finding):
    """Must revoke every document of a root for good, and tell so in one event."""
    made, by = diplomas(3), {"from": issuer}
    issue(made.root, count=3)
    tx = documents.revokeRoot(ids.land, made.root, KEY_COMPROMISE, by)
    assert tx.events["RootRevoked"] == {"issuer": ids.land, "root": made.root, "reason": KEY_COMPROMISE, "by": issuer}
    assert {finding(made, n) for n in range(3)} == {REVOKED}
    for reason in (2, HOLD):
        with reverts("NothingToChange", made.root):
            documents.revokeRoot(ids.land, made.root, reason, by)
    with reverts("NothingToChange", made.root):
        documents.releaseRoot(ids.land, made.root, by)
    assert status(documents, ids.land, made.root) == ROOT_REVOKED


def test_root_on_hold(documents, ids, issuer, second_issuer, issue, diplomas, finding):
    """Must suspend a whole root and lift that again, but not the holds and revocations of its documents."""
    made, by = diplomas(4), {"from": issuer}
    issue(made.root, count=4)
    documents.revoke(ids.land, made.root, 1, HOLD, by)
    documents.revoke(ids.land, made.root, 2, 1, by)
    documents.revokeRoot(ids.land, made.root, HOLD, by)
    assert status(documents, ids.land, made.root) == ROOT_HELD
    assert [finding(made, n) for n in range(4)] == [SUSPENDED, SUSPENDED, REVOKED, SUSPENDED]
    with reverts("NothingToChange", made.root):
        documents.revokeRoot(ids.land, made.root, HOLD, by)
    tx = documents.releaseRoot(ids.land, made.root, {"from": second_issuer})
    assert tx.events["RootReleased"] == {"issuer": ids.land, "root": made.root, "by": second_issuer}
    assert status(documents, ids.land, made.root) == ROOT_STANDING
    assert [finding(made, n) for n in range(4)] == [VALID, SUSPENDED, REVOKED, VALID]


def test_held_root_revoked(documents, ids, issuer, anchored):
    """Must make a held root's revocation final."""
    by = {"from": issuer}
    documents.revokeRoot(ids.land, ROOT, HOLD, by)
    documents.revokeRoot(ids.land, ROOT, 0, by)
    with reverts("NothingToChange", ROOT):
        documents.releaseRoot(ids.land, ROOT, by)


def test_not_anchored(documents, ids, issuer, anchored):
    """Must refuse to revoke ahead: a root that is not anchored, or is another issuer's."""
    by = {"from": issuer}
    for owner, root in ((ids.land, OTHER_ROOT), (ids.tax, ROOT)):
        with reverts("NotAnchored", owner, root):
            documents.revoke(owner, root, 0, 1, by)
        with reverts("NotAnchored", owner, root):
            documents.revokeWords(owner, root, [(0, 1)], 1, by)
        with reverts("NotAnchored", owner, root):
            documents.releaseWord(owner, root, 0, 1, by)
        with reverts("NotAnchored", owner, root):
            documents.revokeRoot(owner, root, 1, by)
        with reverts("NotAnchored", owner, root):
            documents.releaseRoot(owner, root, by)
        with reverts("NotAnchored", owner, root):
            documents.supersedeRoot(owner, root, ROOT, by)
        with reverts("NotAnchored", owner, root):
            documents.supersede(owner, root, 0, ROOT, 0, by)


def test_roots_do_not_share_bits(documents, ids, issuer, other_officer, entry, issue, anchored):
    """Must keep another root's documents, and another issuer's of the same root, as they are."""
    issue(OTHER_ROOT)
    documents.issue(ids.tax, entry(), {"from": other_officer})
    documents.revoke(ids.land, ROOT, 0, 1, {"from": issuer})
    assert plain(documents.wordOf(ids.land, OTHER_ROOT, 0)) == (0, 0)
    assert plain(documents.wordOf(ids.tax, ROOT, 0)) == (0, 0)


def test_retired_issuer_strands_nothing(agencies, documents, ids, admin, issuer, second_issuer, anchored):
    """Must leave revoking to the colleagues of an officer who is gone."""
    agencies.retire(issuer, 0, {"from": admin})
    with reverts("OfficerNotCurrent", issuer, 3):
        documents.revoke(ids.land, ROOT, 0, 1, {"from": issuer})
    documents.revoke(ids.land, ROOT, 0, 1, {"from": second_issuer})


def test_suspended_agency(agencies, documents, ids, root, issuer, anchored):
    """Must let nobody revoke while the agency is suspended, and the officers again once it is not."""
    agencies.changeStatus(ids.land, AGENCY_SUSPENDED, {"from": root})
    with reverts("AgencyNotActive", ids.land, AGENCY_SUSPENDED):
        documents.revoke(ids.land, ROOT, 0, 1, {"from": issuer})
    agencies.changeStatus(ids.land, ACTIVE, {"from": root})
    documents.revoke(ids.land, ROOT, 0, 1, {"from": issuer})


def test_closed_agency(agencies, documents, ids, root, parent_admin, issuer, citizen, state, anchored):
    """Must leave a closed agency's documents to the officers of the one above."""
    agencies.accredit(ids.ministry, citizen, state.scope.documents, 0, state.end, {"from": parent_admin})
    with reverts("OtherAgency", citizen, ids.land):
        documents.revoke(ids.land, ROOT, 0, 1, {"from": citizen})
    agencies.changeStatus(ids.land, CLOSED, {"from": root})
    with reverts("OtherAgency", issuer, ids.ministry):
        documents.revoke(ids.land, ROOT, 0, 1, {"from": issuer})
    documents.revoke(ids.land, ROOT, 0, 1, {"from": citizen})
