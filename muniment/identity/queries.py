"""Answers about parties: who signs for one, what it is, and what it holds. No personal data."""

from fractions import Fraction

from sqlalchemy import Connection, func, select

from muniment.db.answers import AsOf, Page, as_of, finality_of, history, page_bounds
from muniment.db.schema import attestations, invitations, party_records, representatives, shares, titles, wallets
from muniment.identity.answers import AttestationLine, HoldingLine, Invitation, Kept, PartyAnswer, WalletLine
from muniment.identity.model import code_hash
from muniment.identity.standing import (
    MOST_LINES,
    court_order_needed,
    credentials_of,
    powers_of,
    recoveries_of,
    representation_of,
)

_REFERENCE = func.coalesce(titles.c.ref, titles.c.title)  # none was told of a title that moved in with its register


def party(
    connection: Connection, party: str, page: int = 1, size: int = 25, now: int | None = None
) -> PartyAnswer | None:
    """A party by its id, or None when no event ever named it.

    Powers and credentials are judged at `now` (Unix seconds), without it at the time of the last block read.
    """
    party = party.lower()
    known = as_of(connection)
    now = now if now is not None else known.time if known else 0
    number, size = page_bounds(page, size)
    total = connection.execute(select(func.count()).where(shares.c.holder == party)).scalar_one()
    recovered = recoveries_of(connection, party)
    answer = PartyAnswer(
        party=party,
        wallet=wallet_of(connection, party),
        recovery=next((line for line in recovered if line.state == "begun"), None),
        recoveries=recovered,
        court_order_needed=court_order_needed(recovered),
        credentials=credentials_of(connection, party, now),
        representation=representation_of(connection, party),
        represents=_represents(connection, party),
        powers_given=powers_of(connection, "principal", party, now),
        powers_held=powers_of(connection, "attorney", party, now),
        attestations=_attestations(connection, party, known),
        holdings=_holdings(connection, party, known, number, size),
        page=Page(number, size, total),
        history=tuple(history(connection, party, known)),
        as_of=known,
    )
    facts = (answer.credentials, answer.represents, answer.powers_given, answer.powers_held, answer.attestations)
    named = answer.wallet is not None or answer.representation is not None or total > 0 or any(facts)
    return answer if named else None


def wallet_of(connection: Connection, party: str) -> WalletLine | None:
    """The wallet that signs for a party now, or None."""
    row = connection.execute(select(wallets).where(wallets.c.party == party)).one_or_none()
    if row is None:
        return None
    return WalletLine(
        wallet=row.wallet,
        agency=row.agency,
        bound_at=row.bound_at,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        block_hash=row.block_hash,
        finality=finality_of(as_of(connection), row.block_number),
    )


def party_of(connection: Connection, wallet: str) -> str | None:
    """The party that a wallet stands for now, or None."""
    return connection.execute(select(wallets.c.party).where(wallets.c.wallet == wallet.lower())).scalar_one_or_none()


def kept(connection: Connection, party: str) -> Kept | None:
    """What the agency's own database says of a party's record but its content; None when it holds none."""
    row = connection.execute(select(party_records).where(party_records.c.party == party.lower())).one_or_none()
    return None if row is None else Kept(row.agency, row.commitment, row.created_at, row.erased_at is not None)


def invitation(connection: Connection, code: str, now: int) -> Invitation | None:
    """The invitation of a one-time code, or None when there is no such code."""
    row = connection.execute(select(invitations).where(invitations.c.code_hash == code_hash(code))).one_or_none()
    if row is None:
        return None
    state = "used" if row.intent_key else "expired" if row.expires_at <= now else "open"
    return Invitation(row.party, row.nonce, row.expires_at, state, row.intent_key)


def _holdings(
    connection: Connection, party: str, known: AsOf | None, number: int, size: int
) -> tuple[HoldingLine, ...]:
    rows = connection.execute(
        select(shares, titles.c.jurisdiction, _REFERENCE.label("ref"), titles.c.denominator)
        .join(titles, titles.c.title == shares.c.title)
        .where(shares.c.holder == party)
        .order_by(titles.c.jurisdiction, _REFERENCE)
        .limit(size)
        .offset((number - 1) * size)
    )
    return tuple(
        HoldingLine(
            title=row.title,
            jurisdiction=row.jurisdiction,
            ref=row.ref,
            part=Fraction(row.numerator, row.denominator),
            finality=finality_of(known, row.block_number),
        )
        for row in rows
    )


def _represents(connection: Connection, party: str) -> tuple[str, ...]:
    query = select(representatives.c.party).where(representatives.c.representative == party)
    return tuple(connection.execute(query.order_by(representatives.c.party).limit(MOST_LINES)).scalars())


def _attestations(connection: Connection, party: str, known: AsOf | None) -> tuple[AttestationLine, ...]:
    query = select(attestations).where(attestations.c.party == party).order_by(attestations.c.attested_at.desc())
    return tuple(
        AttestationLine(
            digest=row.digest,
            agency=row.agency,
            evidence=row.evidence,
            attested_at=row.attested_at,
            withdrawn_at=row.withdrawn_at,
            tx_hash=row.tx_hash,
            finality=finality_of(known, row.block_number),
        )
        for row in connection.execute(query.limit(MOST_LINES))
    )
