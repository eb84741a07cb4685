"""Events of the document registry, and what they add up to."""

from typing import Any

from sqlalchemy import Engine

from muniment.db.engine import reading
from muniment.documents.model import AnchorKind, AnchorStatus
from muniment.documents.project import HANDLERS
from muniment.documents.queries import anchor, anchors_page, policies_of, revocations_page, revoked_indices
from tests.service.documents.stage import SCHEMA, UNIVERSITY, address_of, hash_of
from tests.service.projecting import TIME, event, project

ROOT, POLICY = hash_of("a root"), hash_of("a policy")
REGISTRAR = address_of("registrar")


def happened(name: str, block: int = 7, **arguments: Any) -> Any:
    """An event about the root."""
    return event("DocumentRegistry", name, block, issuer=UNIVERSITY, root=ROOT, **arguments)


ISSUED = happened("Issued", schema=SCHEMA, count=600, expiresAt=0, kind=1, keyId=7)


def test_a_root_and_its_fallen_documents(database: Engine) -> None:
    """Revoked and held documents must be listed one by one, whether they fell alone or by words."""
    project(
        database,
        HANDLERS,
        ISSUED,
        happened("DocumentRevoked", 8, index=300, reason=9, by=REGISTRAR),
        happened("WordRevoked", 8, word=0, bits=0b101, reason=6, by=REGISTRAR),
        happened("WordReleased", 9, word=0, bits=0b001, by=REGISTRAR),
        happened("WordRevoked", 9, word=1, bits=1 << 255, reason=1, by=REGISTRAR),
        happened("DocumentRevoked", 10, index=5, reason=4, by=REGISTRAR),
        happened("DocumentSuperseded", 10, index=5, successor=hash_of("b"), successorIndex=3, by=REGISTRAR),
    )
    with reading(database) as connection:
        line = anchor(connection, UNIVERSITY, ROOT)
        assert line is not None
        assert (line.kind, line.status, line.count, line.revoked) == (AnchorKind.OFFICER, AnchorStatus.STANDING, 600, 3)
        fallen = revocations_page(connection, UNIVERSITY, ROOT).lines
        assert [(one.index, one.held, one.reason) for one in fallen] == [
            (2, True, None), (5, False, 4), (300, False, 9), (511, False, 1),
        ]  # fmt: skip
        assert (fallen[1].successor, fallen[1].successor_index) == (hash_of("b"), 3)
        assert fallen[2].revoked_at == TIME + 12 * 8
        assert revoked_indices(connection, UNIVERSITY, ROOT) == [5, 300, 511]
        assert revoked_indices(connection, UNIVERSITY, ROOT, held=True) == [2]


def test_a_root_held_released_superseded_and_revoked(database: Engine) -> None:
    """A root's row must follow each change of its status."""
    steps = [
        (happened("RootRevoked", 8, reason=6, by=REGISTRAR), AnchorStatus.HELD),
        (happened("RootReleased", 9, by=REGISTRAR), AnchorStatus.STANDING),
        (happened("RootSuperseded", 10, successor=hash_of("b"), by=REGISTRAR), AnchorStatus.SUPERSEDED),
        (happened("RootRevoked", 11, reason=1, by=REGISTRAR), AnchorStatus.REVOKED),
    ]
    project(database, HANDLERS, ISSUED)
    for step, status in steps:
        project(database, HANDLERS, step)
        with reading(database) as connection:
            (line,) = anchors_page(connection, UNIVERSITY).lines
        assert line.status is status
    assert (line.reason, line.successor) == (1, hash_of("b"))


def test_who_signed_and_who_may(database: Engine) -> None:
    """Co-signers must stand with their root, policies with their agency."""
    members = [hash_of("one"), hash_of("two")]
    policy = {"agency": UNIVERSITY, "policy": POLICY, "threshold": 2, "members": members}
    project(
        database,
        HANDLERS,
        event("DocumentRegistry", "PolicySet", 6, **policy, allowed=True),
        ISSUED,
        happened("Approved", policy=POLICY, nonce=1, members=members),
        event("DocumentRegistry", "PolicySet", 8, **policy, allowed=False),
    )
    with reading(database) as connection:
        line = anchor(connection, UNIVERSITY, ROOT)
        assert line is not None
        assert (line.policy, line.members) == (POLICY, tuple(members))
        (held,) = policies_of(connection, UNIVERSITY)
        assert (held.allowed, held.threshold, held.members) == (False, 2, tuple(members))
