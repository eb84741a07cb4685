"""Answers about anchored roots and their documents, from the read tables."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from muniment.db.answers import AsOf, Finality, Page, as_of, finality_of, page_bounds
from muniment.db.schema import documents_anchors, documents_policies, documents_revocations
from muniment.documents.model import AnchorKind, AnchorStatus


@dataclass(frozen=True)
class AnchorLine:
    """A root as it stands. Times are Unix seconds; `revoked` counts its documents revoked for good."""

    issuer: str
    root: str
    schema: str
    count: int
    expires_at: int
    kind: AnchorKind
    key_id: int
    policy: str
    members: tuple[str, ...]
    issued_at: int
    status: AnchorStatus
    reason: int | None
    changed_at: int | None
    successor: str | None
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality
    revoked: int


@dataclass(frozen=True)
class RevocationLine:
    """A document that was revoked (with the reason's code) or is on hold."""

    index: int
    held: bool
    reason: int | None
    revoked_at: int | None
    successor: str | None
    successor_index: int | None
    finality: Finality


@dataclass(frozen=True)
class Anchors:
    """One page of an issuer's roots, newest first."""

    page: Page
    lines: tuple[AnchorLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class Revocations:
    """One page of a root's revoked and held documents, by index."""

    page: Page
    lines: tuple[RevocationLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class PolicyLine:
    """Who may issue together for an agency."""

    policy: str
    agency: str
    allowed: bool
    threshold: int
    members: tuple[str, ...]


def anchor(connection: Connection, issuer: str, root: str) -> AnchorLine | None:
    """One root, or None when its issuer never anchored it."""
    wanted = select(documents_anchors).where(documents_anchors.c.issuer == issuer, documents_anchors.c.root == root)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _anchor(connection, row, as_of(connection))


def anchors_page(connection: Connection, issuer: str | None = None, page: int = 1, size: int = 25) -> Anchors:
    """An issuer's roots, or everybody's."""
    number, size = page_bounds(page, size)
    known = as_of(connection)
    lines = select(documents_anchors).order_by(documents_anchors.c.issued_at.desc(), documents_anchors.c.root)
    counted = select(func.count()).select_from(documents_anchors)
    if issuer is not None:
        lines = lines.where(documents_anchors.c.issuer == issuer)
        counted = counted.where(documents_anchors.c.issuer == issuer)
    total = connection.execute(counted).scalar_one()
    rows = connection.execute(lines.limit(size).offset((number - 1) * size)).all()
    return Anchors(Page(number, size, total), tuple(_anchor(connection, row, known) for row in rows), known)


def revocations_page(connection: Connection, issuer: str, root: str, page: int = 1, size: int = 100) -> Revocations:
    """The documents of a root that were revoked or are on hold."""
    number, size = page_bounds(page, size)
    known = as_of(connection)
    c = documents_revocations.c
    mine = (c.issuer == issuer, c.root == root, c.reason.is_not(None) | (c.held == 1))
    total = connection.execute(select(func.count()).select_from(documents_revocations).where(*mine)).scalar_one()
    lines = select(documents_revocations).where(*mine).order_by(c.index).limit(size).offset((number - 1) * size)
    found = tuple(
        RevocationLine(
            index=row._mapping["index"],
            held=bool(row.held),
            reason=row.reason,
            revoked_at=row.revoked_at,
            successor=row.successor,
            successor_index=row.successor_index,
            finality=finality_of(known, row.block_number),
        )
        for row in connection.execute(lines)
    )
    return Revocations(Page(number, size, total), found, known)


def revoked_indices(connection: Connection, issuer: str, root: str, held: bool = False) -> list[int]:
    """All documents of a root that are revoked for good, or all that are on hold; ascending."""
    c = documents_revocations.c
    wanted = c.held == 1 if held else c.reason.is_not(None)
    return list(connection.scalars(select(c.index).where(c.issuer == issuer, c.root == root, wanted).order_by(c.index)))


def policies_of(connection: Connection, agency: str) -> tuple[PolicyLine, ...]:
    """The policies that an agency ever set."""
    c = documents_policies.c
    rows = connection.execute(select(documents_policies).where(c.agency == agency).order_by(c.policy))
    return tuple(
        PolicyLine(row.policy, row.agency, bool(row.allowed), row.threshold, tuple(json.loads(row.members)))
        for row in rows
    )


def _anchor(connection: Connection, row: Row[Any], known: AsOf | None) -> AnchorLine:
    c = documents_revocations.c
    fallen = select(func.count()).where(c.issuer == row.issuer, c.root == row.root, c.reason.is_not(None))
    held: dict[str, Any] = dict(row._mapping)
    held |= {
        "kind": AnchorKind(row.kind),
        "status": AnchorStatus(row.status),
        "members": tuple(json.loads(row.members)),
        "finality": finality_of(known, row.block_number),
        "revoked": connection.execute(fallen).scalar_one(),
    }
    return AnchorLine(**held)
