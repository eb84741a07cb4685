"""A sale as its next step needs it: the papers that were signed, the title beneath, the money."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from muniment.db.schema import (
    liens,
    organisations,
    restrictions,
    sale_rates,
    sales,
    shares,
    title_liens,
    title_notices,
    title_restrictions,
    wallets,
)
from muniment.errors import Refused
from muniment.identity.model import CredentialStanding, known_kind
from muniment.identity.standing import credential
from muniment.land.encumbrances import liens_of
from muniment.land.sales.model import Rates, SaleStatus, deposit_due, token_of
from muniment.land.standing import standing_title

_FREEZE = 1
ESTATE_AGENT, BANK = known_kind("ESTATE_AGENT"), known_kind("BANK")


@dataclass(frozen=True)
class Case:
    """One sale. Papers are the contract's structs as JSON has them; None where they are not signed yet."""

    sale: str
    title: str
    status: SaleStatus
    deadline: int
    listing: Mapping[str, Any]
    offer: Mapping[str, Any] | None
    terms: Mapping[str, Any] | None
    finance: Mapping[str, Any] | None
    bill: Mapping[str, Any] | None
    currency: str
    price: int
    open: int
    closing: str

    @property
    def token(self) -> str | None:
        """The token that the price is in; None for money that a bank answers for."""
        return token_of(self.currency)

    @property
    def due(self) -> int | None:
        """What payers have to pay in altogether; None before the contract is signed, or without a token."""
        if self.token is None or self.offer is None or self.terms is None:
            return None
        return deposit_due(self.offer, self.terms)

    def offer_or_refused(self) -> Mapping[str, Any]:
        """The accepted offer. Raises Refused."""
        if self.offer is None:
            raise Refused("WrongStep", sale=self.sale, present=int(self.status))
        return self.offer

    def terms_or_refused(self) -> Mapping[str, Any]:
        """The signed contract. Raises Refused."""
        if self.terms is None:
            raise Refused("WrongStep", sale=self.sale, present=int(self.status))
        return self.terms


@dataclass(frozen=True)
class Charge:
    """A lien on a title; `terms` is its struct as JSON, None where it moved in and nobody published it."""

    lien: str
    rank: int
    holder: str | None
    terms: Mapping[str, Any] | None


def case_of(connection: Connection, sale: str) -> Case:
    """A sale by its id. Raises Refused when there is none."""
    row = connection.execute(select(sales).where(sales.c.sale == sale.lower())).one_or_none()
    if row is None:
        raise Refused("SaleUnknown", sale=sale)
    return case_from(row)


def case_from(row: Row[Any]) -> Case:
    """A row of `sales`."""
    return Case(
        sale=row.sale,
        title=row.title,
        status=SaleStatus(row.status),
        deadline=row.deadline,
        listing=json.loads(row.listing),
        offer=_read(row.offer),
        terms=_read(row.terms),
        finance=_read(row.finance),
        bill=_read(row.bill),
        currency=row.currency,
        price=row.price,
        open=row.open,
        closing=row.closing,
    )


def require_version(connection: Connection, listing: Mapping[str, Any]) -> Row[Any]:
    """The listing's title, which must not have changed since. Raises Refused."""
    row = standing_title(connection, listing["title"])
    if row.version != listing["version"]:
        raise Refused("VersionStale", title=row.title, given=listing["version"], present=row.version)
    return row


def holders_of(connection: Connection, title: str) -> list[Row[Any]]:
    """A title's shares in their order."""
    query = select(shares.c.holder, shares.c.numerator).where(shares.c.title == title).order_by(shares.c.place)
    return list(connection.execute(query))


def charges_on(connection: Connection, title: str) -> list[Charge]:
    """The liens on a title in the order of their rank."""
    query = (
        select(title_liens.c.lien, title_liens.c.rank, liens)
        .join(liens, liens.c.lien == title_liens.c.lien, isouter=True)
        .where(title_liens.c.title == title, title_liens.c.rank.is_not(None))
        .order_by(title_liens.c.rank)
    )
    return [_charge(row) for row in connection.execute(query)]


def check_liens(connection: Connection, case: Case) -> None:
    """Raise Refused when other liens stand on the title than the contract deals with."""
    present = [charge.lien for charge in charges_on(connection, case.title)]
    if present != [fate["lien"] for fate in case.terms_or_refused()["liens"]]:
        raise Refused("LiensChanged", sale=case.sale, present=present)


def check_burdens(connection: Connection, case: Case) -> None:
    """Raise Refused when a lien, lease or easement came or went since the contract was signed."""
    check_liens(connection, case)
    if liens_of(connection, case.title).revision != case.closing:
        raise Refused("BurdensChanged", sale=case.sale)


def check_free(connection: Connection, title: str, sale: str, now: int) -> None:
    """Raise Refused when something stands on the title that keeps this sale from lodging or settling."""
    query = (
        select(restrictions)
        .join(title_restrictions, title_restrictions.c.restriction == restrictions.c.restriction)
        .where(title_restrictions.c.title == title, restrictions.c.lifted_at.is_(None))
        .order_by(restrictions.c.kind, restrictions.c.entered_at)
    )
    for row in connection.execute(query):
        if row.kind == _FREEZE:
            raise Refused("FreezeStands", title=title, freeze=row.restriction)
        if row.until >= now:
            raise Refused("CaveatStands", title=title, caveat=row.restriction)
    notice = connection.execute(select(title_notices).where(title_notices.c.title == title)).one_or_none()
    if notice is not None and notice.until >= now and notice.sale != sale:
        raise Refused("NoticeStands", title=title, sale=notice.sale, until=notice.until)


def rates_of(connection: Connection, jurisdiction: str, currency: str) -> Rates:
    """What a register takes of prices in a currency that it accepts. Raises Refused."""
    mine = (sale_rates.c.jurisdiction == jurisdiction) & (sale_rates.c.currency == currency)
    row = connection.execute(select(sale_rates).where(mine)).one_or_none()
    if row is None or not row.accepted:
        raise Refused("CurrencyRefused", jurisdiction=jurisdiction, currency=currency)
    return rates_from(row)


def rates_from(row: Row[Any]) -> Rates:
    """A row of `sale_rates`."""
    accepted = bool(row.accepted)
    return Rates(row.jurisdiction, row.currency, accepted, row.person, row.organisation, row.payee, row.fee)


def is_organisation(connection: Connection, party: str) -> bool:
    """Whether a party is an organisation; one that has ended still is."""
    query = select(organisations.c.party).where(organisations.c.party == party)
    return connection.execute(query).first() is not None


def wallet_or_none(connection: Connection, party: str) -> str | None:
    """The wallet that signs for a party."""
    return connection.execute(select(wallets.c.wallet).where(wallets.c.party == party)).scalar_one_or_none()


def check_licence(connection: Connection, party: str, kind: str, now: int) -> None:
    """Raise Refused unless the party has its credential now, as `requireCredential` judges it."""
    line = credential(connection, party, kind, now)
    told = {"party": party, "kind": kind}
    if line is None or line.standing is CredentialStanding.NONE:
        raise Refused("CredentialMissing", **told)
    if line.standing is CredentialStanding.SUSPECT:
        raise Refused("CredentialSuspect", **told)
    if line.standing is CredentialStanding.REVOKED:
        raise Refused("CredentialWithdrawn", **told, reason=line.reason)
    if line.standing is CredentialStanding.NOT_YET:
        raise Refused("CredentialNotYet", **told, **{"from": line.valid_from})
    if line.standing is CredentialStanding.EXPIRED:
        raise Refused("CredentialExpired", **told, until=line.valid_until)


def _charge(row: Row[Any]) -> Charge:
    known = row.kind is not None and row.deed_hash is not None
    terms = {
        "kind": row.kind,
        "creditor": row.creditor,
        "amount": str(row.amount),
        "currency": row.currency,
        "deedHash": row.deed_hash,
    }
    return Charge(row[0], row.rank, row.holder, terms if known else None)


def _read(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else dict(json.loads(text))
