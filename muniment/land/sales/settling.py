"""Settle sales together: each after the one that feeds it, with the statements of those whose liens are paid off."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from muniment.chain.outbox import Receipt, enqueue
from muniment.db.schema import intents
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity.signing import check_quota
from muniment.land.sales.case import Case, case_of, check_free, check_liens, require_version
from muniment.land.sales.model import MAX_CHAIN, SaleStatus, is_nobody
from muniment.land.sales.papers import payoff_of
from muniment.land.sales.submit import WAITING, settle_request


def settle(connection: Connection, sales: Sequence[str], now: int, most: int) -> Receipt:
    """Queue the registration of these sales, all or none. The same again gives the same receipt. Raises Refused."""
    named = [sale.lower() for sale in sales]
    if not 1 <= len(set(named)) == len(named) <= MAX_CHAIN:
        raise Refused("ChainRefused", length=len(named))
    cases = ordered([case_of(connection, sale) for sale in sorted(named)])
    chain = [_settlement(connection, case, now) for case in cases]
    used = ":".join(str(payoff["consent"]["signature"]) for each in chain for payoff in each["payoffs"])
    subject = keccak(f"{':'.join(case.sale for case in cases)}|{used}".encode())
    request = settle_request(connection, cases[0].title, chain, subject, now)
    _check_alone(connection, cases, request.key)
    if connection.execute(select(intents.c.key).where(intents.c.key == request.key)).first() is None:
        check_quota(connection, request.lane, request.kind, most, now)
    return enqueue(connection, request, now)


def ordered(cases: Sequence[Case]) -> list[Case]:
    """Each sale after those that feed it, as it was fed. Raises Refused where that cannot be."""
    by_id = {case.sale: case for case in cases}
    fed = dict.fromkeys(by_id, 0)
    waiting = {case.sale: set[str]() for case in cases}
    for case in cases:
        terms = case.terms_or_refused()
        if is_nobody(terms["feeds"]):
            continue
        other = by_id.get(terms["feeds"])
        if other is None or other.currency != case.currency:
            raise Refused("ChainBroken", sale=case.sale, feeds=terms["feeds"])
        fed[other.sale] += int(terms["feedAmount"])
        waiting[other.sale].add(case.sale)
    for case in cases:
        agreed = int(case.terms_or_refused()["fed"])
        if fed[case.sale] != agreed:
            raise Refused("FeedDiffers", sale=case.sale, given=fed[case.sale], fed=agreed)
    done: list[Case] = []
    while len(done) < len(cases):
        ready = next((case for case in cases if case not in done and not waiting[case.sale]), None)
        if ready is None:
            stuck = next(case for case in cases if case not in done)
            raise Refused("ChainBroken", sale=stuck.sale, feeds=stuck.terms_or_refused()["feeds"])
        done.append(ready)
        for others in waiting.values():
            others.discard(ready.sale)
    return done


def _check_alone(connection: Connection, cases: Sequence[Case], key: str) -> None:
    """Raise Refused while another settlement with one of the sales is under way: the chain takes one of the two."""
    waiting = (intents.c.kind == "sales.settle") & intents.c.state.in_(WAITING) & (intents.c.key != key)
    for case in cases:
        same = intents.c.body.contains(f'"title":"{case.title}"', autoescape=True)
        if connection.execute(select(intents.c.key).where(waiting, same).limit(1)).first() is not None:
            raise Refused("SettlementQueued", sale=case.sale)


def _settlement(connection: Connection, case: Case, now: int) -> dict[str, Any]:
    """All that a sale was agreed to. Raises Refused while something is missing."""
    wanted = SaleStatus.DUTY_PAID if case.token is None else SaleStatus.BILL_OF_SALE_SIGNED
    if case.status is not wanted:
        raise Refused("WrongStep", sale=case.sale, present=int(case.status))
    if case.deadline < now:
        raise Refused("SaleOverdue", sale=case.sale, deadline=case.deadline)
    require_version(connection, case.listing)
    check_liens(connection, case)
    check_free(connection, case.title, case.sale, now)
    payoffs = _payoffs(connection, case, now)
    return {
        "listing": case.listing,
        "offer": case.offer,
        "terms": case.terms,
        "finance": case.finance,
        "bill": case.bill,
        "payoffs": payoffs,
    }


def _payoffs(connection: Connection, case: Case, now: int) -> list[Mapping[str, Any]]:
    needed = [fate["lien"] for fate in case.terms_or_refused()["liens"] if int(fate["payoff"])]
    found = [payoff_of(connection, case.sale, lien, now) for lien in needed]
    given = [pair for pair in found if pair is not None]
    if len(given) != len(needed):
        raise Refused("PayoffsRefused", sale=case.sale, given=len(given), needed=len(needed))
    return [
        {"lien": document["terms"], "amount": document["amount"], "payout": document["payout"], "consent": consent}
        for document, consent in given
    ]
