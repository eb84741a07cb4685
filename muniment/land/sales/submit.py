"""What sales ask of the chain: the steps that parties signed, a registrar's, and what anyone may ask for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from muniment.chain.outbox import Act, Call, Receipt, Request, enqueue
from muniment.db.schema import intents, sale_acts, sale_credits
from muniment.errors import Refused
from muniment.identity.model import Seals, commitment_of, new_salt
from muniment.identity.signing import check_deadline, check_nonce, check_quota, party_signature
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain
from muniment.land.sales.case import Case, case_of, check_burdens, check_free, require_version
from muniment.land.sales.model import CONTRACT, ESCROW, NO_LIEN, NOTICE_LIMIT, PaperKind, SaleStatus

RETRY = 3_600  # seconds until what nobody asked for is asked again where the chain refused it
PAUSE = 60  # seconds until anybody may ask again for what the chain refused
WAITING = ("queued", "signed", "broadcast")
_FAILED = ("refused",)
# Before there is an offer the contract takes anything for one.
NO_OFFER: Mapping[str, Any] = {
    "denominator": "0", "shares": [], "buyersBank": NO_LIEN["creditor"], "currency": NO_LIEN["currency"], "price": "0",
    "payers": [], "documentHash": NO_LIEN["deedHash"], "until": 0,
}  # fmt: skip


# ── What parties signed, see papers.py ──────────────────────────────────────────────────────────────────────────

_STEPS: Mapping[PaperKind, tuple[str, str, tuple[str, ...]]] = {
    PaperKind.LISTING: ("list", "list", ()),
    PaperKind.OFFER: ("accept_offer", "acceptOffer", ("listing",)),
    PaperKind.CONTRACT: ("sign_contract", "signContract", ("listing", "offer")),
    PaperKind.FINANCE: ("finance", "finance", ("listing", "offer", "terms")),
    PaperKind.BILL: ("sign_bill", "signBillOfSale", ("listing", "offer")),
    PaperKind.CANCELLATION: ("cancel", "cancel", ("listing", "offer")),
}


def paper_request(
    kind: PaperKind,
    subject: str,
    title: str,
    papers: Mapping[str, Any],
    document: Mapping[str, Any],
    consents: Sequence[Mapping[str, Any]],
) -> Request:
    """The step that a paper is: the papers before it, itself, and everyone's consent."""
    act, _, before = _STEPS[kind]
    given: Any = document["documentHash"] if kind is PaperKind.CANCELLATION else dict(document)
    earlier = {name: papers[name] if papers[name] is not None else dict(NO_OFFER) for name in before}
    body = {**earlier, "paper": given, "consents": [dict(one) for one in consents]}
    return Request(f"sales.{act}:{subject}", f"sales.{act}", title, body)


def cancel_nonce(
    connection: Connection, relay: Relay, party: str, nonce: int, deadline: int, signature: str
) -> Receipt:
    """Queue that a nonce, and whatever was signed over it for a sale, is good for nothing any more. Raises Refused.

    While one request is under way another, with a later deadline, asks for nothing new.
    """
    domain, message = Domain.of(relay.deployment, CONTRACT), {"party": party, "nonce": nonce, "deadline": deadline}
    given = party_signature(connection, domain, "CancelNonce", message, party, signature, relay.accepted)
    body = {"party": party, "nonce": str(nonce), "deadline": deadline, "signature": given}
    request = again(connection, "sales.cancel_nonce", f"{party}:{nonce}", party, body, relay.now, wait=0)
    known = connection.execute(select(intents.c.state).where(intents.c.key == request.key)).scalar_one_or_none()
    if known is not None:
        return Receipt(request.key, known, new=False)
    check_deadline(deadline, relay.now)
    check_nonce(connection, CONTRACT, party, nonce)
    check_quota(connection, party, request.kind, relay.most, relay.now)
    return enqueue(connection, request, relay.now)


# ── By a registrar ──────────────────────────────────────────────────────────────────────────────────────────────


def lodge(connection: Connection, sale: str, officer: str, now: int) -> Receipt:
    """Queue that a contract is lodged: the title is kept for this sale. Raises Refused."""
    case = _at(connection, sale, SaleStatus.CONTRACT_SIGNED, now)
    require_version(connection, case.listing)
    check_burdens(connection, case)
    check_free(connection, case.title, case.sale, now)
    terms = case.terms_or_refused()
    if terms["completeBy"] > now + NOTICE_LIMIT:
        raise Refused("NoticeRefused", title=case.title, sale=case.sale, until=terms["completeBy"])
    body = {"listing": case.listing, "terms": terms}
    request = again(connection, "sales.lodge", case.sale, case.title, body, now, wait=0)
    _write_down(connection, None, request.key, case.sale, "lodge", officer, None, now)
    return enqueue(connection, request, now)


def confirm_duty(connection: Connection, sealer: Seals, sale: str, officer: str, receipt: str, now: int) -> Receipt:
    """Queue that the duty was paid outside of escrow, and keep what the receipt says. Raises Refused."""
    case = _at(connection, sale, SaleStatus.BILL_OF_SALE_SIGNED, now)
    if case.token is not None:
        raise Refused("WrongMoney", sale=case.sale, currency=case.currency)
    if not receipt.strip():
        raise Refused("OfficerOrReasonMissing")
    before = select(sale_acts).where(sale_acts.c.sale == case.sale, sale_acts.c.act == "duty")
    for row in connection.execute(before.order_by(sale_acts.c.done_at.desc())):
        state = connection.execute(select(intents.c.state).where(intents.c.key == row.intent_key)).scalar_one()
        if state not in _FAILED:
            if sealer.unseal_or_none(row.text) != receipt.strip():
                raise Refused("DutyConfirmedAlready", sale=case.sale, officer=row.officer)
            return Receipt(row.intent_key, state, new=False)
    salt = new_salt()
    papers = {"listing": case.listing, "offer": case.offer, "terms": case.terms}
    body = {**papers, "receipt": commitment_of(salt, receipt.strip().encode())}
    number = len(connection.execute(before).all())
    key = f"sales.confirm_duty:{case.sale}" + (f":{number}" if number else "")
    request = Request(key, "sales.confirm_duty", case.title, body)
    _write_down(connection, sealer, key, case.sale, "duty", officer, (receipt.strip(), salt), now)
    return enqueue(connection, request, now)


def _at(connection: Connection, sale: str, status: SaleStatus, now: int) -> Case:
    """A sale that stands where the step begins, in time. Raises Refused."""
    case = case_of(connection, sale)
    if case.status is not status:
        raise Refused("WrongStep", sale=case.sale, present=int(case.status))
    if case.deadline < now:
        raise Refused("SaleOverdue", sale=case.sale, deadline=case.deadline)
    return case


def _write_down(
    connection: Connection,
    sealer: Seals | None,
    key: str,
    sale: str,
    act: str,
    officer: str,
    told: tuple[str, str] | None,
    now: int,
) -> None:
    """Who did it, once for each intent."""
    if not officer.strip():
        raise Refused("OfficerOrReasonMissing")
    if connection.execute(select(sale_acts.c.sale).where(sale_acts.c.intent_key == key)).first() is not None:
        return
    text, salt = told or (None, None)
    row = {"intent_key": key, "sale": sale, "act": act, "officer": officer.strip()[:100], "done_at": now}
    sealed: dict[str, str | None] = {"text": None, "salt": None}
    if sealer is not None:
        sealed = {"text": sealer.seal_or_none(text), "salt": sealer.seal_or_none(salt)}
    connection.execute(sale_acts.insert().values(**row, **sealed))


# ── By anyone ───────────────────────────────────────────────────────────────────────────────────────────────────


def settle_request(
    connection: Connection, title: str, chain: Sequence[Mapping[str, Any]], subject: str, now: int
) -> Request:
    """Register sales that are settled together, in their order; `subject` tells these from others."""
    return again(connection, "sales.settle", subject, title, {"chain": [dict(one) for one in chain]}, now, wait=PAUSE)


def expiry(connection: Connection, case: Case, now: int) -> Request:
    """End a sale whose time is over."""
    return again(connection, "sales.expire", case.sale, case.title, {"listing": case.listing}, now)


def refund(connection: Connection, sale: str, payer: str, title: str, paid: int, now: int) -> Request:
    """Move what a payer paid into a sale that came to nothing to its credit; `paid` is all that it ever paid in."""
    return again(connection, "sales.refund", f"{sale}:{payer}:{paid}", title, {"sale": sale, "payer": payer}, now)


def withdraw(connection: Connection, token: str, payee: str, most: int, now: int) -> Receipt:
    """Queue that a payee is sent all of its credit in a token. Raises Refused."""
    mine = (sale_credits.c.token == token) & (sale_credits.c.payee == payee)
    row = connection.execute(select(sale_credits).where(mine)).one_or_none()
    if row is None or not row.amount:
        raise Refused("NothingDue", who=payee)
    # The block that last changed the credit tells one withdrawal from the next of the same amount.
    subject = f"{token}:{payee}:{row.block_number}:{row.amount}"
    request = again(
        connection, "sales.withdraw", subject, f"payee:{payee}", {"token": token, "payee": payee}, now, wait=PAUSE
    )
    if connection.execute(select(intents.c.key).where(intents.c.key == request.key)).first() is None:
        check_quota(connection, request.lane, request.kind, most, now)
    return enqueue(connection, request, now)


def again(
    connection: Connection, kind: str, subject: str, lane: str, body: Mapping[str, Any], now: int, *, wait: int = RETRY
) -> Request:
    """The request for an act that is done once; anew where the chain refused what was asked `wait` seconds ago or more.

    By the chain's time, as it was asked: the worker's own clock may be far behind.
    """
    key = f"{kind}:{subject}"
    mine = or_(intents.c.key == key, intents.c.key.startswith(f"{key}:", autoescape=True))
    columns = (intents.c.key, intents.c.state, intents.c.created_at)
    tried = [
        row
        for row in connection.execute(select(*columns).where(mine).order_by(intents.c.id))
        if row.key == key or row.key[len(key) + 1 :].isdigit()
    ]
    if tried:
        last = tried[-1]
        refused = last.state in _FAILED and last.created_at <= now - wait
        key = f"{key}:{len(tried)}" if refused else last.key
    return Request(key, kind, lane, body)


# Kind of intent → contract, function, and the names of its arguments in the body.
_CALLS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    **{
        act: (CONTRACT, function, (("paper", "consents") if not before else (*before, "paper", "consents")))
        for act, function, before in _STEPS.values()
    },
    "lodge": (CONTRACT, "lodge", ("listing", "terms")),
    "confirm_duty": (CONTRACT, "confirmDuty", ("listing", "offer", "terms", "receipt")),
    "settle": (CONTRACT, "settle", ("chain",)),
    "expire": (CONTRACT, "expire", ("listing",)),
    "refund": (ESCROW, "refund", ("sale", "payer")),
    "withdraw": (ESCROW, "withdrawFor", ("token", "payee")),
    "cancel_nonce": (CONTRACT, "cancelNonce", ("party", "nonce", "deadline", "signature")),
}


def _builder(contract: str, function: str, names: tuple[str, ...]) -> Callable[[Sequence[Mapping[str, Any]]], Call]:
    def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
        (body,) = bodies
        return Call(contract, function, tuple(body[name] for name in names))

    return build


ACTS = tuple(Act(f"sales.{kind}", _builder(*call)) for kind, call in _CALLS.items())
FUNCTIONS = tuple((contract, function) for contract, function, _ in _CALLS.values())
