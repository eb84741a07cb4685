"""How recoveries, powers of attorney and credentials stand, read from the read tables as the contracts judge them."""

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from muniment.access.model import scopes_of
from muniment.db.answers import AsOf, Page, as_of, finality_of, page_bounds
from muniment.db.schema import credential_kinds, credentials, officers, organisations, powers, recoveries
from muniment.hashing import ZERO_HASH
from muniment.identity.answers import (
    CredentialLine,
    Credentials,
    KindLine,
    PowerLine,
    Recoveries,
    RecoveryLine,
    RepresentationLine,
)
from muniment.identity.model import CredentialFacts, CredentialStanding, kind_name

MOST_LINES = 200  # powers, credentials or recoveries shown of one party


def pending_recovery(connection: Connection, party: str) -> RecoveryLine | None:
    """The recovery under way, or None."""
    query = select(recoveries).where(recoveries.c.party == party, recoveries.c.state == "begun")
    row = connection.execute(query).one_or_none()
    return None if row is None else _recovery(row, as_of(connection))


def recoveries_of(connection: Connection, party: str) -> tuple[RecoveryLine, ...]:
    """A party's recoveries, newest first."""
    query = select(recoveries).where(recoveries.c.party == party).order_by(recoveries.c.attempt.desc())
    known = as_of(connection)
    return tuple(_recovery(row, known) for row in connection.execute(query.limit(MOST_LINES)))


def recoveries_page(connection: Connection, state: str | None = None, page: int = 1, size: int = 25) -> Recoveries:
    """All recoveries, or those in a state, the one that is ready last first."""
    number, size = page_bounds(page, size)
    wanted: list[ColumnElement[bool]] = [] if state is None else [recoveries.c.state == state]
    total = connection.execute(select(func.count()).select_from(recoveries).where(*wanted)).scalar_one()
    rows = connection.execute(
        select(recoveries)
        .where(*wanted)
        .order_by(recoveries.c.ready_at.desc(), recoveries.c.party)
        .limit(size)
        .offset((number - 1) * size)
    )
    known = as_of(connection)
    return Recoveries(Page(number, size, total), tuple(_recovery(row, known) for row in rows), known)


def ready_recoveries(connection: Connection, limit: int = 100) -> list[RecoveryLine]:
    """Recoveries that the chain lets anyone complete: its own time, at the last block read, has passed `ready_at`.

    The newest first, so that old ones which no node completes keep nobody waiting.
    """
    known = as_of(connection)
    if known is None:
        return []
    query = select(recoveries).where(recoveries.c.state == "begun", recoveries.c.ready_at <= known.time)
    return [
        _recovery(row, known) for row in connection.execute(query.order_by(recoveries.c.ready_at.desc()).limit(limit))
    ]


def court_order_needed(lines: tuple[RecoveryLine, ...]) -> bool:
    """Whether one was vetoed since the last that completed; `lines` are a party's, newest first."""
    ended = next((line.state for line in lines if line.state in ("vetoed", "completed")), None)
    return ended == "vetoed"


def representation_of(connection: Connection, party: str) -> RepresentationLine | None:
    """How an organisation signs; None for a person."""
    row = connection.execute(select(organisations).where(organisations.c.party == party)).one_or_none()
    if row is None:
        return None
    return RepresentationLine(
        version=row.version,
        threshold=row.threshold,
        representatives=tuple(json.loads(row.representatives)),
        ended=row.threshold == 0,
        set_by=row.set_by,
        changed_at=row.changed_at,
        tx_hash=row.tx_hash,
        finality=finality_of(as_of(connection), row.block_number),
    )


def powers_of(connection: Connection, side: str, party: str, now: int) -> tuple[PowerLine, ...]:
    """Powers of attorney that a party gave (`side` "principal") or holds ("attorney"), newest first."""
    query = _powers().where(powers.c[side] == party).order_by(powers.c.granted_at.desc(), powers.c.power)
    known = as_of(connection)
    return tuple(_power(row, now, known) for row in connection.execute(query.limit(MOST_LINES)))


def power(connection: Connection, power: str, now: int) -> PowerLine | None:
    """A power of attorney by its id, or None."""
    row = connection.execute(_powers().where(powers.c.power == power.lower())).one_or_none()
    return None if row is None else _power(row, now, as_of(connection))


def credentials_of(connection: Connection, party: str, now: int) -> tuple[CredentialLine, ...]:
    """A party's credentials, at most one of a kind."""
    query = _credentials().where(credentials.c.party == party).order_by(credentials.c.kind)
    known = as_of(connection)
    return tuple(_credential(row, now, known) for row in connection.execute(query.limit(MOST_LINES)))


def credential(connection: Connection, party: str, kind: str, now: int) -> CredentialLine | None:
    """A party's credential of a kind, or None."""
    query = _credentials().where(credentials.c.party == party, credentials.c.kind == kind)
    row = connection.execute(query).one_or_none()
    return None if row is None else _credential(row, now, as_of(connection))


def credentials_page(
    connection: Connection,
    now: int,
    kind: str | None = None,
    agency: str | None = None,
    page: int = 1,
    size: int = 25,
) -> Credentials:
    """Credentials of all parties, or those of a kind or an agency, newest first."""
    number, size = page_bounds(page, size)
    wanted: list[ColumnElement[bool]] = []
    if kind is not None:
        wanted.append(credentials.c.kind == kind)
    if agency is not None:
        wanted.append(credentials.c.agency == agency)
    total = connection.execute(select(func.count()).select_from(credentials).where(*wanted)).scalar_one()
    newest = (credentials.c.issued_at.desc(), credentials.c.party, credentials.c.kind)
    query = _credentials().where(*wanted).order_by(*newest).limit(size).offset((number - 1) * size)
    known = as_of(connection)
    lines = tuple(_credential(row, now, known) for row in connection.execute(query))
    return Credentials(Page(number, size, total), lines, known)


def kind(connection: Connection, kind: str) -> KindLine | None:
    """A kind of credential by its id, or None when nobody defined it."""
    row = connection.execute(select(credential_kinds).where(credential_kinds.c.kind == kind)).one_or_none()
    return None if row is None else _kind(row)


def kinds(connection: Connection) -> tuple[KindLine, ...]:
    """All kinds of credentials, those known everywhere first; at most 200."""
    query = select(credential_kinds).order_by(credential_kinds.c.agency != ZERO_HASH, credential_kinds.c.name)
    return tuple(_kind(row) for row in connection.execute(query.limit(MOST_LINES)))


def _recovery(row: Row[Any], known: AsOf | None) -> RecoveryLine:
    ordered = row.court_order != ZERO_HASH
    return RecoveryLine(
        party=row.party,
        attempt=row.attempt,
        wallet=row.wallet,
        ready_at=row.ready_at,
        vetoable=not ordered,
        court_order=row.court_order if ordered else None,
        evidence=row.evidence,
        state=row.state,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )


def _powers() -> Select[Any]:
    """Powers, with what has become of their principals since."""
    of_principal = recoveries.c.party == powers.c.principal
    # No power is given while a recovery is under way, and one takes days: one that completed later was begun later.
    completed = and_(of_principal, recoveries.c.state == "completed", recoveries.c.ended_at > powers.c.granted_at)
    pending = and_(of_principal, recoveries.c.state == "begun")
    over = and_(organisations.c.party == powers.c.principal, organisations.c.threshold == 0)
    return select(
        powers,
        select(recoveries.c.party).where(completed).exists().label("ended"),
        or_(
            select(recoveries.c.party).where(pending).exists(), select(organisations.c.party).where(over).exists()
        ).label("suspended"),
    )


def _power(row: Row[Any], now: int, known: AsOf | None) -> PowerLine:
    if row.revoked_at is not None:
        state = "revoked"
    elif row.ended:
        state = "ended"
    elif now > row.until:
        state = "expired"
    else:
        state = "suspended" if row.suspended else "current"
    return PowerLine(
        power=row.power,
        principal=row.principal,
        attorney=row.attorney,
        act=row.act,
        subject=None if row.subject == ZERO_HASH else row.subject,
        price_floor=row.price_floor,
        currency=None if row.currency == ZERO_HASH else row.currency,
        until=row.until,
        state=state,
        granted_at=row.granted_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )


def _credentials() -> Select[Any]:
    """Credentials with their kinds' names and the keys that issued them."""
    return (
        select(credentials, credential_kinds.c.name, officers.c.compromised_since)
        .outerjoin(credential_kinds, credential_kinds.c.kind == credentials.c.kind)
        .outerjoin(officers, officers.c.officer_id == credentials.c.officer_id)
    )


def _credential(row: Row[Any], now: int, known: AsOf | None) -> CredentialLine:
    facts = CredentialFacts(
        row.issued_at, row.valid_from, row.valid_until, row.revoked_at is not None, row.compromised_since
    )
    standing: CredentialStanding = facts.standing_at(now)
    return CredentialLine(
        party=row.party,
        kind=row.kind,
        name=row.name or kind_name(row.kind),
        agency=row.agency,
        officer_id=row.officer_id,
        issued_at=row.issued_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        standing=standing,
        reason=row.reason,
        revoked_at=row.revoked_at,
        source_hash=row.source_hash,
        tx_hash=row.tx_hash,
        finality=finality_of(known, row.block_number),
    )


def _kind(row: Row[Any]) -> KindLine:
    return KindLine(row.kind, row.name, None if row.agency == ZERO_HASH else row.agency, scopes_of(row.scope))
