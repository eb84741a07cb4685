"""Answers about parties: which wallet signs for one, and what it holds. No personal data."""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import Connection, func, select

from muniment.db.answers import AsOf, Finality, HistoryLine, Page, as_of, finality_of, history, page_bounds
from muniment.db.schema import invitations, shares, titles, wallets
from muniment.identity.model import code_hash


@dataclass(frozen=True)
class WalletLine:
    """The wallet that signs for a party."""

    wallet: str
    agency: str
    bound_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality


@dataclass(frozen=True)
class HoldingLine:
    """A party's part of one title."""

    title: str
    jurisdiction: str
    ref: str
    part: Fraction
    finality: Finality


@dataclass(frozen=True)
class PartyAnswer:
    """Everything public about a party; `wallet` is None when none is bound."""

    party: str
    wallet: WalletLine | None
    holdings: tuple[HoldingLine, ...]
    page: Page
    history: tuple[HistoryLine, ...]
    as_of: AsOf | None


@dataclass(frozen=True)
class Invitation:
    """What the bearer of a one-time code may know. `state`: "open", "used" or "expired"."""

    party: str
    nonce: int
    expires_at: int
    state: str
    intent_key: str | None


def party(connection: Connection, party: str, page: int = 1, size: int = 25) -> PartyAnswer | None:
    """A party by its id, or None when no event ever named it."""
    party = party.lower()
    known = as_of(connection)
    number, size = page_bounds(page, size)
    total = connection.execute(select(func.count()).where(shares.c.holder == party)).scalar_one()
    wallet = _wallet(connection, party, known)
    if wallet is None and total == 0:
        return None
    rows = connection.execute(
        select(shares, titles.c.jurisdiction, titles.c.ref, titles.c.denominator)
        .join(titles, titles.c.title == shares.c.title)
        .where(shares.c.holder == party)
        .order_by(titles.c.jurisdiction, titles.c.ref)
        .limit(size)
        .offset((number - 1) * size)
    )
    return PartyAnswer(
        party=party,
        wallet=wallet,
        holdings=tuple(
            HoldingLine(
                title=row.title,
                jurisdiction=row.jurisdiction,
                ref=row.ref,
                part=Fraction(row.numerator, row.denominator),
                finality=finality_of(known, row.block_number),
            )
            for row in rows
        ),
        page=Page(number, size, total),
        history=tuple(history(connection, party, known)),
        as_of=known,
    )


def invitation(connection: Connection, code: str, now: int) -> Invitation | None:
    """The invitation of a one-time code, or None when there is no such code."""
    row = connection.execute(select(invitations).where(invitations.c.code_hash == code_hash(code))).one_or_none()
    if row is None:
        return None
    state = "used" if row.intent_key else "expired" if row.expires_at <= now else "open"
    return Invitation(row.party, row.nonce, row.expires_at, state, row.intent_key)


def _wallet(connection: Connection, party: str, known: AsOf | None) -> WalletLine | None:
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
        finality=finality_of(known, row.block_number),
    )
