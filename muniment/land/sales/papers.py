"""Papers that gather signatures, one by one, and are queued with the last one or once the sale stands there.

Whoever knows a paper's id sees it, and nobody else before one of its signers has signed. What is drafted again is the
same paper for as long as that one can still be used.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from muniment.chain.deployment import Deployment
from muniment.chain.outbox import Request, enqueue
from muniment.db.engine import insert_once
from muniment.db.schema import events, intents, liens, sale_papers, sale_payoffs, sale_signatures, sales
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity.asking import signers_of
from muniment.identity.signing import check_nonce, check_quota, check_settled, party_signature
from muniment.identity.standing import power as power_of
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain, struct_hash, typed_data
from muniment.land.sales.case import BANK, ESTATE_AGENT, Case, case_of, check_licence
from muniment.land.sales.drafting import Draft, draft
from muniment.land.sales.model import ACTS, CHARGE, CONTRACT, FROM, PaperKind, Role, SaleStatus
from muniment.land.sales.submit import PAUSE, paper_request

_FAILED = ("refused", "parked")
MOST_PAPERS = 50  # of one kind, in one answer about a sale


@dataclass(frozen=True)
class Signer:
    """One of those who must sign, at their place among the contract's consents."""

    place: int
    role: Role
    party: str
    signed_at: int | None
    attorney: str | None


@dataclass(frozen=True)
class Paper:
    """How a paper stands.

    `state`: gathering; signed, and it waits for its step; queued; done, the chain has it; failed; overtaken; expired.
    """

    paper: str
    kind: PaperKind
    sale: str
    title: str
    document: Mapping[str, Any]
    hash: str
    deadline: int
    state: str
    intent_key: str | None
    missing: int
    signers: tuple[Signer, ...]


@dataclass(frozen=True)
class ToSign:
    """What a party is asked to sign at one place: typed data (EIP-712), and the wallets that sign for it.

    Under a power of attorney for `act` about `subject` the attorney's wallet signs the very same.
    """

    place: int
    role: Role
    party: str
    act: str
    subject: str
    wallets: tuple[str, ...]
    signed: bool
    typed_data: dict[str, Any]


def open_paper(
    connection: Connection,
    deployment: Deployment,
    kind: PaperKind,
    sale: str | None,
    wanted: Mapping[str, Any],
    now: int,
) -> Paper:
    """Draft a paper, or find the same one that still gathers. Raises Refused."""
    made = draft(connection, kind, sale, wanted, now)
    _check_reachable(deployment, made)
    before = connection.execute(
        select(sale_papers)
        .where(sale_papers.c.sale == made.sale, sale_papers.c.kind == kind.value, sale_papers.c.hash == made.hash)
        .order_by(sale_papers.c.created_at, sale_papers.c.paper)
    ).all()
    for row in before:
        state = _state(connection, row, now)
        if state in ("queued", "done") or (state in ("gathering", "signed") and _still_serves(connection, row, made)):
            return _paper(connection, row, state)
    key = keccak(f"{kind.value}:{made.sale}:{made.hash}:{len(before)}".encode())
    paper = secrets.token_hex(16)
    values = {
        "paper": paper,
        "draft": key,
        "kind": kind.value,
        "sale": made.sale,
        "title": made.title,
        "document": json.dumps(made.document),
        "hash": made.hash,
        "deadline": made.deadline,
        "missing": len(made.signers),
        "signed": 0,
        "attempts": 0,
        "created_at": now,
    }
    if insert_once(connection, sale_papers, values):
        for place, (role, party) in enumerate(made.signers):
            line = {"paper": paper, "place": place, "role": role.value, "party": party}
            connection.execute(sale_signatures.insert().values(**line, nonce=secrets.randbits(256)))
    found = connection.execute(select(sale_papers.c.paper).where(sale_papers.c.draft == key)).scalar_one()
    return paper_of(connection, found, now)


def paper_of(connection: Connection, paper: str, now: int) -> Paper:
    """How a paper stands. Raises Refused when there is none."""
    row = _row(connection, paper)
    return _paper(connection, row, _state(connection, row, now))


def papers_of(connection: Connection, sale: str, now: int) -> tuple[Paper, ...]:
    """The papers of a sale that somebody has signed, oldest first: of each kind the newest, and the accepted offer.

    Anybody can sign an offer; however many there are, they push no other paper out.
    """
    mine = (sale_papers.c.sale == sale) & (sale_papers.c.signed > 0)
    newest = (sale_papers.c.created_at.desc(), sale_papers.c.paper)
    accepted = select(sales.c.offer_hash).where(sales.c.sale == sale).scalar_subquery()
    queries = [select(sale_papers).where(mine, sale_papers.c.hash == accepted)]
    for kind in PaperKind:
        of_kind = select(sale_papers).where(mine, sale_papers.c.kind == kind.value)
        queries.append(of_kind.order_by(*newest).limit(MOST_PAPERS))
    found = {row.paper: row for query in queries for row in connection.execute(query).all()}
    rows = sorted(found.values(), key=lambda row: (row.created_at, row.paper))
    return tuple(_paper(connection, row, _state(connection, row, now)) for row in rows)


def to_sign(connection: Connection, deployment: Deployment, paper: str, party: str) -> tuple[ToSign, ...]:
    """Everything that a party is asked to sign in a paper. Raises Refused when it is nothing."""
    row, party = _row(connection, paper), party.lower()
    lines = [line for line in _lines(connection, paper) if line.party == party]
    if not lines:
        raise Refused("SignatoryRefused", party=party)
    domain, wallets = Domain.of(deployment, CONTRACT), signers_of(connection, party)
    return tuple(
        ToSign(
            place=line.place,
            role=Role(line.role),
            party=party,
            act=_act(row, line),
            subject=_subject(row),
            wallets=wallets,
            signed=line.signature is not None,
            typed_data=typed_data(domain, *_message(connection, row, line)),
        )
        for line in lines
    )


def sign(
    connection: Connection,
    relay: Relay,
    paper: str,
    party: str,
    signature: str,
    place: int | None = None,
    power: str | None = None,
    attorney: str | None = None,
) -> Paper:
    """Take a signature; with the last one the step is queued when the sale stands there. Raises Refused."""
    # Locked until the end of the transaction, so that of the last two signatures one finds the other.
    connection.execute(update(sale_papers).where(sale_papers.c.paper == paper).values(paper=sale_papers.c.paper))
    row, party = _row(connection, paper), party.lower()
    lines = [line for line in _lines(connection, paper) if line.party == party and place in (None, line.place)]
    if not lines:
        raise Refused("SignatoryRefused", party=party)
    line = next((line for line in lines if line.signature is None), lines[0])
    state = _state(connection, row, relay.now)
    if state in ("queued", "done") and line.signature is not None:
        return _paper(connection, row, state)
    if state == "expired":
        raise Refused("DeadlinePassed", deadline=row.deadline)
    if state not in ("gathering", "signed"):
        raise Refused("PaperClosed", paper=paper)
    signer = party
    if power is not None or attorney is not None:
        signer = _attorney(connection, row, line, (power or ZERO_HASH).lower(), (attorney or "").lower(), relay.now)
    check_settled(connection, signer)
    check_nonce(connection, CONTRACT, signer, line.nonce)
    _check_licence(connection, line, relay.now)
    domain = Domain.of(relay.deployment, CONTRACT)
    given = party_signature(connection, domain, *_message(connection, row, line), signer, signature, relay.accepted)
    mine = (sale_signatures.c.paper == paper) & (sale_signatures.c.place == line.place)
    signed = {"signature": given, "signed_at": relay.now, "power": None, "attorney": None}
    if signer != party:
        signed |= {"power": str(power).lower(), "attorney": signer}
    connection.execute(update(sale_signatures).where(mine).values(**signed))
    if line.signature is None:
        counts = {"missing": row.missing - 1, "signed": row.signed + 1}
        connection.execute(update(sale_papers).where(sale_papers.c.paper == paper).values(**counts))
    if row.missing - (line.signature is None) == 0 and row.kind != PaperKind.PAYOFF:
        case = None if row.kind == PaperKind.LISTING else case_of(connection, row.sale)
        if case is None or FROM.get(PaperKind(row.kind), case.status) == case.status:
            return submit(connection, paper, relay.now, relay.most, waits=True)
    return paper_of(connection, paper, relay.now)


def submit(connection: Connection, paper: str, now: int, most: int, *, waits: bool = False) -> Paper:
    """Queue the step of a paper that all have signed. Again: the same intent, unless the chain refused that one.

    At most `most` acts about a title are paid for in a day. With `waits`, neither that nor money that is not there yet
    is a reason to refuse: it is tried again. Raises Refused.
    """
    row = _row(connection, paper)
    state = _state(connection, row, now)
    if state in ("queued", "done"):
        return _paper(connection, row, state)
    if row.kind == PaperKind.PAYOFF:
        raise Refused("PayoffWaits", sale=row.sale)
    if row.missing:
        raise Refused("SignaturesMissing", missing=row.missing)
    if row.deadline <= now:
        raise Refused("DeadlinePassed", deadline=row.deadline)
    if state == "failed":
        _check_pause(connection, row, now)
    case = None if row.kind == PaperKind.LISTING else case_of(connection, row.sale)
    if case is not None and not _stands_there(case, PaperKind(row.kind)):
        raise Refused("WrongStep", sale=row.sale, present=int(case.status))
    if case is not None and row.kind == PaperKind.FINANCE and case.due is not None and case.open != case.due:
        if waits:
            return _paper(connection, row, state)
        raise Refused("AmountRefused", sale=row.sale, given=case.open, due=case.due)
    request = _request(case, row, _lines(connection, paper))
    try:
        check_quota(connection, request.lane, request.kind, most, now)
    except Refused:
        if not waits:
            raise
        return _paper(connection, row, state)
    receipt = enqueue(connection, request, now)
    changed = {"intent_key": receipt.key, "attempts": row.attempts + 1}
    connection.execute(update(sale_papers).where(sale_papers.c.paper == paper).values(**changed))
    return paper_of(connection, paper, now)


def ready_papers(connection: Connection, now: int, limit: int = 100) -> list[str]:
    """Papers that all have signed and that wait for nothing but the outbox."""
    query = (
        select(sale_papers, sales.c.status)
        .join(sales, sales.c.sale == sale_papers.c.sale, isouter=True)
        .where(sale_papers.c.missing == 0, sale_papers.c.intent_key.is_(None), sale_papers.c.deadline > now)
        .where(sale_papers.c.kind != PaperKind.PAYOFF.value)
        .order_by(sale_papers.c.created_at)
    )
    found = []
    for row in connection.execute(query).all():
        kind = PaperKind(row.kind)
        if row.status is None:
            if kind is PaperKind.LISTING:
                found.append(str(row.paper))
            continue
        if kind is PaperKind.LISTING:
            continue
        case = case_of(connection, row.sale)
        paid = kind is not PaperKind.FINANCE or case.due is None or case.open == case.due
        if _stands_there(case, kind) and paid and (kind is PaperKind.CANCELLATION or case.deadline >= now):
            found.append(str(row.paper))
    return found[:limit]


def payoff_of(
    connection: Connection, sale: str, lien: str, now: int
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The newest signed statement for a lien, and its holder's consent; None when there is none that still holds."""
    mine = (sale_papers.c.sale == sale) & (sale_papers.c.kind == PaperKind.PAYOFF.value)
    query = select(sale_papers).where(mine, sale_papers.c.missing == 0, sale_papers.c.deadline > now)
    for row in connection.execute(query.order_by(sale_papers.c.created_at.desc())).all():
        document = json.loads(row.document)
        if document["lien"] == lien and _state(connection, row, now) == "signed":
            return document, consents_of(_lines(connection, row.paper), row.deadline)[0]
    return None


def consents_of(lines: Sequence[Row[Any]], deadline: int) -> list[dict[str, Any]]:
    """The contract's consents, in their order."""
    return [
        {
            "power": line.power or ZERO_HASH,
            "attorney": line.attorney or ZERO_HASH,
            "nonce": str(line.nonce),
            "deadline": deadline,
            "signature": line.signature,
        }
        for line in lines
    ]


def _still_serves(connection: Connection, row: Row[Any], made: Draft) -> bool:
    """Whether a paper has the signers that a draft asks for, none of whom took its word back."""
    lines = _lines(connection, row.paper)
    same = [(line.role, line.party) for line in lines] == [(role.value, party) for role, party in made.signers]
    return same and not _is_taken_back(connection, lines)


def _is_taken_back(connection: Connection, lines: Sequence[Row[Any]]) -> bool:
    """Whether one of the nonces is spent, so that the chain would not take the signature over it."""
    try:
        for line in lines:
            check_nonce(connection, CONTRACT, line.attorney or line.party, line.nonce)
    except Refused:
        return True
    return False


def _check_pause(connection: Connection, row: Row[Any], now: int) -> None:
    """Raise Refused for a paper that was sent a moment ago: anybody may send it again, but not all day."""
    sent = connection.execute(select(intents.c.created_at).where(intents.c.key == row.intent_key)).scalar_one()
    if sent > now - PAUSE:
        raise Refused("RefusedJustNow", until=sent + PAUSE)


def _stands_there(case: Case, kind: PaperKind) -> bool:
    return case.status.under_way if kind is PaperKind.CANCELLATION else case.status is FROM[kind]


def _request(case: Case | None, row: Row[Any], lines: Sequence[Row[Any]]) -> Request:
    consents = consents_of(lines, row.deadline)
    papers: dict[str, Any] = {}
    if case is not None:
        papers = {"listing": case.listing, "offer": case.offer, "terms": case.terms}
    again = f":{row.attempts}" if row.attempts else ""
    return paper_request(
        PaperKind(row.kind), f"{row.paper}{again}", row.title, papers, json.loads(row.document), consents
    )


def _message(connection: Connection, row: Row[Any], line: Row[Any]) -> tuple[str, dict[str, Any]]:
    """What a line's party signs: primary type and message."""
    document, kind = json.loads(row.document), PaperKind(row.kind)
    end = {"party": line.party, "nonce": line.nonce, "deadline": row.deadline}
    if kind is PaperKind.LISTING:
        return "ListTitle", {"listing": document, **end}
    if kind is PaperKind.OFFER:
        return "AcceptOffer", {"sale": row.sale, "offer": document, **end}
    if kind is PaperKind.FINANCE:
        return "FinanceSale", {"sale": row.sale, "finance": document, **end}
    if kind is PaperKind.CANCELLATION:
        return "CancelSale", {"sale": row.sale, "documentHash": document["documentHash"], **end}
    if kind is PaperKind.PAYOFF:
        told = {name: document[name] for name in ("lien", "amount", "currency", "payout")}
        return "PayOffLien", {"sale": row.sale, **told, **end}
    offer = case_of(connection, row.sale).offer_or_refused()
    if kind is PaperKind.CONTRACT:
        return "SignContract", {"sale": row.sale, "offer": offer, "terms": document, **end}
    agreed = {"title": row.title, "price": offer["price"], "currency": offer["currency"]}
    return "SignBillOfSale", {"sale": row.sale, **agreed, "bill": document, **end}


def _act(row: Row[Any], line: Row[Any]) -> str:
    """What a power of attorney must allow."""
    return CHARGE if row.kind == PaperKind.FINANCE and line.role == Role.BUYER else ACTS[Role(line.role)]


def _subject(row: Row[Any]) -> str:
    return str(json.loads(row.document)["lien"] if row.kind == PaperKind.PAYOFF else row.title)


def _attorney(connection: Connection, row: Row[Any], line: Row[Any], power: str, attorney: str, now: int) -> str:
    """The attorney, once the power covers the act, as `requirePower` judges it. Raises Refused."""
    found = power_of(connection, power, now)
    if found is None:
        raise Refused("PowerUnknown", power=power)
    if found.state in ("revoked", "ended"):
        raise Refused("PowerEnded", power=power)
    covered = found.subject in (None, _subject(row)) and found.act == _act(row, line)
    if not covered or (found.principal, found.attorney) != (line.party, attorney):
        raise Refused("PowerOutOfScope", power=power)
    if found.state == "expired":
        raise Refused("PowerExpired", power=power, until=found.until)
    if found.state == "suspended":
        raise Refused("PowerSuspended", power=power)
    price, currency = _price(connection, row, line)
    if found.price_floor and (price < found.price_floor or currency != found.currency):
        raise Refused("PriceRefused", power=power, price=price, priceFloor=found.price_floor)
    return attorney


def _price(connection: Connection, row: Row[Any], line: Row[Any]) -> tuple[int, str]:
    """At which price a party acts: the one asked, then the one agreed; a buyer who borrows, and all others, at none."""
    if line.role not in (Role.SELLER, Role.BUYER) or row.kind == PaperKind.FINANCE:
        return 0, ZERO_HASH
    document = json.loads(row.document)
    if row.kind in (PaperKind.LISTING, PaperKind.OFFER):
        return int(document["price"]), document["currency"]
    case = case_of(connection, row.sale)
    return (case.price if case.offer else int(case.listing["price"])), case.currency


def _check_licence(connection: Connection, line: Row[Any], now: int) -> None:
    if line.role == Role.AGENT:
        check_licence(connection, line.party, ESTATE_AGENT, now)
    if line.role in (Role.SELLERS_BANK, Role.BUYERS_BANK):
        check_licence(connection, line.party, BANK, now)


def _check_reachable(deployment: Deployment, made: Draft) -> None:
    """Refuse money that would go where nobody could fetch it."""
    ours = {contract.address.lower() for contract in deployment.contracts.values()}
    payouts = [*made.document.get("payouts", ()), made.document.get("agentPayout"), made.document.get("payout")]
    for payout in payouts:
        if payout in ours:
            raise Refused("PayoutRefused", sale=made.sale, payout=payout)


def _state(connection: Connection, row: Row[Any], now: int) -> str:
    """Where a paper stands; what the chain has counts before what the service asked of it."""
    known = connection.execute(select(sales.c.sale).where(sales.c.sale == row.sale)).first() is not None
    case = case_of(connection, row.sale) if known else None
    if case is not None and _is_done(connection, case, row):
        return "done"
    if row.intent_key is not None:
        asked = select(intents.c.state).where(intents.c.key == row.intent_key)
        state = connection.execute(asked).scalar_one()
        if state not in _FAILED:
            return "queued"
    if case is not None and _is_overtaken(connection, case, row):
        return "overtaken"
    if row.intent_key is not None:
        return "failed"
    if row.deadline <= now:
        return "expired"
    return "gathering" if row.missing else "signed"


def _is_done(connection: Connection, case: Case, row: Row[Any]) -> bool:
    kind = PaperKind(row.kind)
    if kind is PaperKind.LISTING:
        return True
    if kind is PaperKind.CANCELLATION:
        return case.status is SaleStatus.CANCELLED and _is_how_it_ended(connection, row)
    if kind is PaperKind.PAYOFF:
        query = select(sale_payoffs).where(sale_payoffs.c.sale == case.sale)
        told = json.loads(row.document)
        return any(
            (line.lien, line.amount, line.payout) == (told["lien"], int(told["amount"]), told["payout"])
            for line in connection.execute(query)
        )
    papers = {
        PaperKind.OFFER: ("Offer", case.offer),
        PaperKind.CONTRACT: ("SaleContract", case.terms),
        PaperKind.FINANCE: ("Finance", case.finance),
        PaperKind.BILL: ("BillOfSale", case.bill),
    }
    struct, agreed = papers[kind]
    return agreed is not None and struct_hash(struct, agreed) == row.hash


def _is_how_it_ended(connection: Connection, row: Row[Any]) -> bool:
    """Whether a sale was cancelled with this paper, and not with another."""
    ours = (events.c.subject == row.sale) & (events.c.contract == CONTRACT) & (events.c.name == "SaleCancelled")
    told = [json.loads(each) for each in connection.execute(select(events.c.arguments).where(ours)).scalars()]
    both = bool(json.loads(row.document)["offer"])
    return any(each["documentHash"] == row.hash and (int(each["before"]) != SaleStatus.LISTED) == both for each in told)


def _is_overtaken(connection: Connection, case: Case, row: Row[Any]) -> bool:
    kind = PaperKind(row.kind)
    if not case.status.under_way:
        return True
    if kind is PaperKind.CANCELLATION:  # with the offer there are buyers, who must sign too
        return bool(json.loads(row.document)["offer"]) != (case.status is not SaleStatus.LISTED)
    if kind is PaperKind.PAYOFF:
        lines = _lines(connection, row.paper)
        of_lien = select(liens.c.holder).where(liens.c.lien == json.loads(row.document)["lien"])
        holder = connection.execute(of_lien).scalar_one_or_none()
        assigned = holder is not None and holder not in [line.party for line in lines]
        return assigned or _is_taken_back(connection, lines)
    return kind in FROM and case.status > FROM[kind]


def _paper(connection: Connection, row: Row[Any], state: str) -> Paper:
    lines = _lines(connection, row.paper)
    return Paper(
        paper=row.paper,
        kind=PaperKind(row.kind),
        sale=row.sale,
        title=row.title,
        document=json.loads(row.document),
        hash=row.hash,
        deadline=row.deadline,
        state=state,
        intent_key=row.intent_key,
        missing=len([line for line in lines if line.signature is None]),
        signers=tuple(Signer(line.place, Role(line.role), line.party, line.signed_at, line.attorney) for line in lines),
    )


def _row(connection: Connection, paper: str) -> Row[Any]:
    row = connection.execute(select(sale_papers).where(sale_papers.c.paper == paper)).one_or_none()
    if row is None:
        raise Refused("PaperUnknown")
    return row


def _lines(connection: Connection, paper: str) -> list[Row[Any]]:
    query = select(sale_signatures).where(sale_signatures.c.paper == paper).order_by(sale_signatures.c.place)
    return list(connection.execute(query))
