"""Papers of a sale: what is to be signed in plain words and numbers, who has signed, and the place to sign."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select
from starlette.responses import HTMLResponse

from muniment.db.answers import as_of
from muniment.db.schema import titles
from muniment.errors import Refused
from muniment.identity.queries import wallet_of
from muniment.identity.standing import powers_of, representation_of
from muniment.land.sales.case import Case, case_of
from muniment.land.sales.model import ACTS, CHARGE, CONTRACT, PaperKind, Role
from muniment.land.sales.papers import Paper, Signer, paper_of
from muniment.web.language import Words
from muniment.web.pages import signing
from muniment.web.pages.common import missing
from muniment.web.site import Here

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_DIGITS = frozenset("0123456789abcdef")
_MOST_ATTORNEYS = 10
_TYPES = {
    PaperKind.LISTING: "ListTitle",
    PaperKind.OFFER: "AcceptOffer",
    PaperKind.CONTRACT: "SignContract",
    PaperKind.FINANCE: "FinanceSale",
    PaperKind.BILL: "SignBillOfSale",
    PaperKind.PAYOFF: "PayOffLien",
    PaperKind.CANCELLATION: "CancelSale",
}


@router.get("/sales/papers/{paper}")
def paper(site: Here, request: Request, paper: str) -> HTMLResponse:
    """One paper. Its address is known to those alone who were told."""
    if len(paper) != 32 or not set(paper) <= _DIGITS:
        raise missing()
    now, words = site.clock(), site.words_of(request)
    with site.reading() as connection:
        try:
            stands = paper_of(connection, paper, now)
        except Refused:
            raise missing() from None
        case = _case(connection, stands)
        name = name_of(connection, stands.title)
        open_ = stands.state in ("gathering", "signed") and stands.missing > 0
        parts = _parts(connection, words, stands, case, now) if open_ else []
        known = as_of(connection)
    response = site.page(
        request,
        "sale_paper.html",
        known=known,
        paper=stands,
        name=name,
        listed=case is not None,
        offer=None if case is None else case.offer,
        sellers=stands.document.get("sellers", ()) if case is None else case.listing["sellers"],
        open=open_,
        act=signing.act(site, CONTRACT, parts, stands.intent_key if stands.state == "queued" else None),
    )
    # Who knows the address may see the paper: it belongs in no cache and no search engine.
    response.headers["Cache-Control"] = "no-store"
    return response


def name_of(connection: Connection, title: str) -> str:
    """What a title is called: its reference, or its id where that was not published."""
    ref = connection.execute(select(titles.c.ref).where(titles.c.title == title)).scalar_one_or_none()
    return ref or title


def _case(connection: Connection, stands: Paper) -> Case | None:
    """The paper's sale; None for a listing that the chain does not have yet."""
    try:
        return case_of(connection, stands.sale)
    except Refused:
        return None


def _parts(
    connection: Connection, words: Words, stands: Paper, case: Case | None, now: int
) -> Sequence[signing.Part]:
    """What is still to be signed: each by the party itself, its representatives, or an attorney of its."""
    made = []
    for signer in stands.signers:
        if signer.signed_at is None:
            message = {**_message(stands, case), "party": signer.party, "deadline": stands.deadline}
            made += _ways(connection, words, stands, signer, message, now)
    return made


def _ways(
    connection: Connection, words: Words, stands: Paper, signer: Signer, message: Mapping[str, Any], now: int
) -> list[signing.Part]:
    """The ways in which one signature can be given."""
    address, label = f"/api/sales/papers/{stands.paper}", words(f"role.{signer.role.value}")
    wallet, represented = wallet_of(connection, signer.party), _represented(connection, signer.party)

    def way(wallet: str | None, label: str, represented: signing.Represented | None = None, **more: str) -> signing.Part:
        return signing.Part(
            type=_TYPES[stands.kind],
            wallet=wallet,
            message=message,
            ask=f"{address}/typed-data?party={signer.party}",
            send=f"{address}/signatures",
            body={"party": signer.party, "place": signer.place, **more},
            echo=(),
            label=label,
            represented=represented,
        )

    made = [way(None if wallet is None else wallet.wallet, label, represented)]
    act = CHARGE if stands.kind is PaperKind.FINANCE and signer.role is Role.BUYER else ACTS[signer.role]
    subject = stands.document["lien"] if stands.kind is PaperKind.PAYOFF else stands.title
    for power in powers_of(connection, "principal", signer.party, now):
        attorney = wallet_of(connection, power.attorney)
        fits = power.state == "current" and power.act == act and power.subject in (None, subject)
        if fits and attorney is not None and len(made) <= _MOST_ATTORNEYS:
            how = f"{label}, {words('paper.as_attorney')}"
            made.append(way(attorney.wallet, how, power=power.power, attorney=power.attorney))
    return made


def _represented(connection: Connection, party: str) -> signing.Represented | None:
    """Who signs for an organisation; None for a person."""
    rule = representation_of(connection, party)
    if rule is None or rule.ended:
        return None
    found = [(one, wallet_of(connection, one)) for one in rule.representatives]
    by = [signing.Representative(one, wallet.wallet) for one, wallet in found if wallet is not None]
    return signing.Represented(rule.threshold, by)


def _message(stands: Paper, case: Case | None) -> dict[str, Any]:
    """What the page shows of the message, but for party and deadline; the one-time number is the service's to choose."""
    document = dict(stands.document)
    if stands.kind is PaperKind.LISTING:
        return {"listing": document}
    sale: dict[str, Any] = {"sale": stands.sale}
    if stands.kind is PaperKind.OFFER:
        return {**sale, "offer": document}
    if stands.kind is PaperKind.FINANCE:
        return {**sale, "finance": document}
    if stands.kind is PaperKind.PAYOFF:
        return {**sale, **{name: document[name] for name in ("lien", "amount", "currency", "payout")}}
    if stands.kind is PaperKind.CANCELLATION:
        return {**sale, "documentHash": document["documentHash"]}
    if case is None:
        raise missing()
    offer = case.offer_or_refused()
    if stands.kind is PaperKind.CONTRACT:
        return {**sale, "offer": offer, "terms": document}
    agreed = {"title": stands.title, "price": offer["price"], "currency": offer["currency"]}
    return {**sale, **agreed, "bill": document}
