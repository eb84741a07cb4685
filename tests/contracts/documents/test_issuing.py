"""Anchoring by an officer: one slot under the agency's own name, once, and never ahead of somebody else."""

import pytest

from tests.contracts.documents.trees import OFFICER, OTHER_ROOT, ROOT, ROOT_STANDING, SCHEMA
from tests.contracts.helpers import CLOSED, DAY, SUSPENDED, ZERO_ID, now, plain, reverts


def test_anchored(agencies, documents, ids, issuer, issue):
    """Must store who issued how much, when and until when, and tell so in one event."""
    end = now() + DAY
    tx = issue(expires=end)
    key_id = agencies.officerOf(issuer)["id"]
    assert plain(documents.anchorOf(ids.land, ROOT)) == (
        tx.timestamp,
        end,
        key_id,
        1000,
        OFFICER,
        ROOT_STANDING,
        0,
        0,
    )
    assert len(tx.events) == 1
    assert tx.events["Issued"] == {
        "issuer": ids.land,
        "root": ROOT,
        "schema": SCHEMA,
        "count": 1000,
        "expiresAt": end,
        "kind": OFFICER,
        "keyId": key_id,
    }


def test_anchored_once(documents, ids, issue, second_issuer):
    """Must refuse a root that the agency anchored before, whoever of its officers asks and whatever became of it."""
    issue()
    with reverts("AnchorExists", ids.land, ROOT):
        issue(by=second_issuer, count=5)
    documents.revokeRoot(ids.land, ROOT, 1, {"from": second_issuer})
    with reverts("AnchorExists", ids.land, ROOT):
        issue()


def test_root_cannot_be_taken_first(documents, ids, entry, other_officer, issue):
    """Must let another agency anchor the same root without standing in anybody's way."""
    documents.issue(ids.tax, entry(count=7), {"from": other_officer})
    issue()
    assert documents.anchorOf(ids.land, ROOT)["count"] == 1000
    assert documents.anchorOf(ids.tax, ROOT)["count"] == 7


@pytest.mark.parametrize("changes", [{"root": ZERO_ID}, {"count": 0}], ids=["no root", "no documents"])
def test_incomplete(issue, entry, changes):
    """Must refuse an entry without a root or without documents."""
    root, _, count, expires = entry(**changes)
    with reverts("IssueRefused", root, count, expires):
        issue(**changes)


def test_expired_already(documents, ids, issue):
    """Must refuse an end that is not ahead, and take one a second ahead."""
    end = now() + DAY
    with reverts("IssueRefused", ROOT, 1000, end - DAY):
        issue(expires=end - DAY)
    issue(expires=end)
    assert documents.anchorOf(ids.land, ROOT)["expiresAt"] == end


def test_largest_count(documents, ids, issue):
    """Must hold as many documents as a count can tell."""
    issue(count=2**40 - 1)
    assert documents.anchorOf(ids.land, ROOT)["count"] == 2**40 - 1


def test_only_for_ones_own_agency(documents, ids, entry, other_officer, issuer):
    """Must refuse an officer who issues in the name of another agency."""
    with reverts("OtherAgency", other_officer, ids.land):
        documents.issue(ids.land, entry(), {"from": other_officer})
    with reverts("OtherAgency", issuer, ids.tax):
        documents.issue(ids.tax, entry(), {"from": issuer})


def test_agency_must_be_active(agencies, ids, issue, root):
    """Must refuse to issue for an agency that is suspended or closed."""
    for status in (SUSPENDED, CLOSED):
        agencies.changeStatus(ids.land, status, {"from": root})
        with reverts("AgencyNotActive", ids.land, status):
            issue()


def test_never_anchored(documents, ids, issue):
    """Must answer with an empty record for a root that was not anchored, and for one of another issuer."""
    issue()
    assert plain(documents.anchorOf(ids.land, OTHER_ROOT)) == (0,) * 8
    assert plain(documents.anchorOf(ids.tax, ROOT)) == (0,) * 8
    assert plain(documents.approversOf(ids.land, ROOT)) == ()
