"""What the company registry asks of the chain: names, filings, fees, entries and ends."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from muniment.chain.outbox import Act, Call, Receipt, Request, enqueue
from muniment.db.schema import companies, company_decisions, intents
from muniment.errors import Refused
from muniment.identity.companies.model import (
    CONTRACT,
    CompanyFile,
    CompanyStatus,
    check_number,
    company_id,
)
from muniment.identity.companies.names import name_key, normalise
from muniment.identity.companies.queries import applied, name_holder, rules_of, standing
from muniment.identity.companies.signing import checked
from muniment.identity.model import commitment_of, new_salt
from muniment.identity.sealing import Sealer
from muniment.identity.signing import check_deadline, check_nonce, check_quota
from muniment.identity.submit import Relay


def reserve(
    connection: Connection,
    relay: Relay,
    agency: str,
    name: str,
    applicant: str,
    nonce: int,
    deadline: int,
    signature: str,
) -> tuple[Receipt, str]:
    """Queue the reservation of a name for an applicant who signed ReserveName; the company's id beside it.

    Times are Unix seconds. Raises Refused.
    """
    name, key = normalise(name), name_key(name)
    company = company_id(agency, key, applicant, nonce)
    holder = name_holder(connection, agency, key, relay.now)
    if holder not in (None, company):
        raise Refused("NameTaken", nameKey=key, company=holder)
    message = reserve_message(agency, name, applicant, nonce, deadline)
    signature = checked(connection, relay, "ReserveName", message, applicant, signature)
    body = {
        "agency": agency,
        "name": name,
        "nameKey": key,
        "applicant": applicant,
        "nonce": str(nonce),
        "deadline": deadline,
        "signature": signature,
    }
    return _relay(connection, relay, "reserve", applicant, company, body), company


def reserve_message(agency: str, name: str, applicant: str, nonce: int, deadline: int) -> dict[str, Any]:
    """ReserveName's message."""
    return {"party": applicant, "agency": agency, "name": name, "nonce": nonce, "deadline": deadline}


def withdraw(
    connection: Connection,
    relay: Relay,
    company: str,
    nonce: int,
    deadline: int,
    signature: str,
) -> Receipt:
    """Queue that the applicant gives the name up. Raises Refused."""
    row = standing(connection, company, CompanyStatus.RESERVED, CompanyStatus.SIGNED)
    message = {"party": row.applicant, "company": company, "nonce": nonce, "deadline": deadline}
    signature = checked(connection, relay, "WithdrawApplication", message, row.applicant, signature)
    body = {"company": company, "nonce": str(nonce), "deadline": deadline, "signature": signature}
    return _relay(connection, relay, "withdraw", row.applicant, f"{company}:{nonce}", body)


def accept_contact(
    connection: Connection,
    relay: Relay,
    company: str,
    nonce: int,
    deadline: int,
    signature: str,
) -> Receipt:
    """Queue the contact person's acceptance. Raises Refused."""
    row = applied(connection, company, relay.now)
    if row.contact_accepted:
        raise Refused("ContactAcceptedAlready", company=company)
    file, founders = row.file, row.founders
    message = contact_message(company, file, nonce, deadline)
    body = {
        "company": company,
        "founders": list(founders),
        "file": file.struct(),
        "nonce": str(nonce),
        "deadline": deadline,
        "signature": checked(connection, relay, "AcceptContact", message, file.contact, signature),
    }
    return _relay(connection, relay, "accept_contact", file.contact, f"{company}:{nonce}", body)


def contact_message(company: str, file: CompanyFile, nonce: int, deadline: int) -> dict[str, Any]:
    """AcceptContact's message."""
    return {
        "party": file.contact,
        "company": company,
        "file": file.struct(),
        "nonce": nonce,
        "deadline": deadline,
    }


def pay_fee(
    connection: Connection,
    relay: Relay,
    company: str,
    payer: str,
    nonce: int,
    deadline: int,
    signature: str,
    permit: Mapping[str, Any],
) -> Receipt:
    """Queue the payment of the fee from a party's wallet. `permit` as the contract's struct. Raises Refused."""
    message = fee_message(connection, company, payer, nonce, deadline, relay.now)
    body = {
        "company": company,
        "payer": payer,
        "token": message["token"],
        "amount": str(message["amount"]),
        "nonce": str(nonce),
        "deadline": deadline,
        "signature": checked(connection, relay, "PayFee", message, payer, signature),
        "permit": dict(permit),
    }
    return _relay(connection, relay, "pay_fee_for", payer, f"{company}:{nonce}", body)


def fee_message(
    connection: Connection, company: str, payer: str, nonce: int, deadline: int, now: int
) -> dict[str, Any]:
    """PayFee's message: token and amount as the agency asks now. Raises Refused when no fee in a token is due."""
    row = applied(connection, company, now)
    rules = rules_of(connection, row.agency)
    if row.fee_settled:
        raise Refused("FeeSettledAlready", company=company)
    if rules is None or not rules.in_token:
        raise Refused("FeeNotInToken", company=company)
    return {
        "party": payer,
        "company": company,
        "token": rules.fee_token,
        "amount": rules.fee,
        "nonce": nonce,
        "deadline": deadline,
    }


def cancel_nonce(
    connection: Connection,
    relay: Relay,
    party: str,
    nonce: int,
    deadline: int,
    signature: str,
) -> Receipt:
    """Queue that a nonce, and whatever was signed over it here, is good for nothing any more. Raises Refused."""
    message = {"party": party, "nonce": nonce, "deadline": deadline}
    body = {
        "party": party,
        "nonce": str(nonce),
        "deadline": deadline,
        "signature": checked(connection, relay, "CancelNonce", message, party, signature),
    }
    return _relay(connection, relay, "cancel_nonce", party, f"{party}:{nonce}", body)


def _relay(
    connection: Connection, relay: Relay, act: str, party: str, subject: str, body: Mapping[str, Any]
) -> Receipt:
    """Queue what one party signed; the same again gives the same receipt. Raises Refused."""
    request = Request(f"company.{act}:{subject}", f"company.{act}", party, body)
    known = select(intents.c.key).where(intents.c.key == request.key)
    if connection.execute(known).first() is None:
        check_deadline(body["deadline"], relay.now)
        check_nonce(connection, CONTRACT, party, int(body["nonce"]))
        check_quota(connection, party, request.kind, relay.most, relay.now)
    return enqueue(connection, request, relay.now)


# ── By a registrar ──────────────────────────────────────────────────────────────────────────────────────────────


def refuse(connection: Connection, sealer: Sealer, company: str, officer: str, reason: str, now: int) -> Receipt:
    """Queue the refusal of an application, and keep its reason. Raises Refused."""
    standing(connection, company, CompanyStatus.RESERVED, CompanyStatus.SIGNED)
    source = _decide(connection, sealer, company, "refusal", officer, reason, now)
    return enqueue(connection, _request("refuse", company, company, {"company": company, "sourceHash": source}), now)


def attest_fee(connection: Connection, sealer: Sealer, company: str, officer: str, receipt: str, now: int) -> Receipt:
    """Queue that the fee was paid elsewhere, and keep what the receipt says. Raises Refused."""
    if applied(connection, company, now).fee_settled:
        raise Refused("FeeSettledAlready", company=company)
    source = _decide(connection, sealer, company, "fee", officer, receipt, now)
    return enqueue(connection, _request("attest_fee", company, company, {"company": company, "receipt": source}), now)


def enter(connection: Connection, sealer: Sealer, company: str, officer: str, number: str, now: int) -> Receipt:
    """Queue the entry under the register's own number. Raises Refused."""
    row, number = applied(connection, company, now), check_number(number)
    rules = rules_of(connection, row.agency)
    if not row.contact_accepted:
        raise Refused("ContactNotAccepted", company=company)
    if not row.fee_settled and (rules is None or rules.fee):
        raise Refused("FeeMissing", company=company)
    holder = connection.execute(
        select(companies.c.company).where(companies.c.agency == row.agency, companies.c.number == number)
    ).scalar_one_or_none()
    if holder is not None:
        raise Refused("NumberTaken", agency=row.agency, company=holder)
    _decide(connection, sealer, company, "entry", officer, number, now)
    body = {"company": company, "founders": list(row.founders), "file": row.file.struct(), "number": number}
    return enqueue(connection, _request("enter", company, f"{company}:{number}", body), now)


def _decide(connection: Connection, sealer: Sealer, company: str, kind: str, officer: str, text: str, now: int) -> str:
    """Write down who decided what; the salted hash that goes on the chain. The same decision again changes nothing."""
    if not officer.strip() or not text.strip():
        raise Refused("OfficerOrReasonMissing")
    query = select(company_decisions).where(company_decisions.c.company == company, company_decisions.c.kind == kind)
    before = connection.execute(query).first()
    if before is not None:
        if before.text is not None and sealer.unseal(before.text) != text:
            raise Refused("DecidedAlready", company=company, officer=before.officer)
        return str(before.source_hash)
    salt = new_salt()
    source = commitment_of(salt, text.encode())
    connection.execute(
        company_decisions.insert().values(
            source_hash=source,
            company=company,
            kind=kind,
            officer=officer.strip(),
            text=sealer.seal(text),
            salt=sealer.seal(salt),
            decided_at=now,
        )
    )
    return source


# ── By all who must, see filing.py ──────────────────────────────────────────────────────────────────────────────


def file_articles_request(
    filing: str,
    company: str,
    founders: Sequence[str],
    file: CompanyFile,
    deadline: int,
    signatures: Sequence[Mapping[str, Any]],
) -> Request:
    """The articles with everyone's signature: [{party, nonce, signature}], ascending."""
    body = {
        "company": company,
        "founders": list(founders),
        "file": file.struct(),
        "deadline": deadline,
        "signatures": [dict(one) for one in signatures],
    }
    return _request("file_articles", company, filing, body)


def change_request(
    filing: str,
    company: str,
    previous: CompanyFile,
    file: CompanyFile,
    nonce: int,
    deadline: int,
    signature: str,
    joining: Sequence[Mapping[str, Any]],
) -> Request:
    """Another file, with the company's signature and those of everyone who takes up a post."""
    body = {
        "company": company,
        "previous": previous.struct(),
        "file": file.struct(),
        "nonce": str(nonce),
        "deadline": deadline,
        "signature": signature,
        "joining": [dict(one) for one in joining],
    }
    return _request("change", company, filing, body)


def dissolve_request(filing: str, company: str, nonce: int, deadline: int, signature: str) -> Request:
    """The company's own end."""
    body = {"company": company, "nonce": str(nonce), "deadline": deadline, "signature": signature}
    return _request("dissolve", company, filing, body)


def _request(act: str, lane: str, subject: str, body: Mapping[str, Any]) -> Request:
    return Request(f"company.{act}:{subject}", f"company.{act}", lane, body)


# Kind of intent → the function it becomes, and the names of its arguments in the body.
_CALLS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "reserve": ("reserve", ("agency", "name", "nameKey", "applicant", "nonce", "deadline", "signature")),
    "withdraw": ("withdraw", ("company", "nonce", "deadline", "signature")),
    "refuse": ("refuse", ("company", "sourceHash")),
    "file_articles": ("fileArticles", ("company", "founders", "file", "deadline", "signatures")),
    "accept_contact": ("acceptContact", ("company", "founders", "file", "nonce", "deadline", "signature")),
    "pay_fee_for": (
        "payFeeFor",
        ("company", "payer", "token", "amount", "nonce", "deadline", "signature", "permit"),
    ),
    "attest_fee": ("attestFee", ("company", "receipt")),
    "enter": ("enter", ("company", "founders", "file", "number")),
    "change": ("change", ("company", "previous", "file", "nonce", "deadline", "signature", "joining")),
    "dissolve": ("dissolve", ("company", "nonce", "deadline", "signature")),
    "cancel_nonce": ("cancelNonce", ("party", "nonce", "deadline", "signature")),
}


def _builder(function: str, names: tuple[str, ...]) -> Callable[[Sequence[Mapping[str, Any]]], Call]:
    def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
        (body,) = bodies
        return Call(CONTRACT, function, tuple(body[name] for name in names))

    return build


ACTS = tuple(Act(f"company.{kind}", _builder(function, names)) for kind, (function, names) in _CALLS.items())
FUNCTIONS = tuple((CONTRACT, function) for function, _ in _CALLS.values())
