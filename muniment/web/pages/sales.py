"""Sales of land: the list, one sale with its steps, the forms for its papers, and paying into escrow."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from muniment.db.answers import as_of
from muniment.errors import Refused
from muniment.land import queries as land
from muniment.land.encumbrances import liens_of
from muniment.land.model import RestrictionKind
from muniment.land.sales import queries
from muniment.land.sales.case import Case, case_of
from muniment.land.sales.model import CONTRACT, ESCROW, SaleStatus
from muniment.land.sales.queries import SaleAnswer
from muniment.land.sales.steps import Step
from muniment.land.standing import restrictions_of
from muniment.web.pages import drafting
from muniment.web.pages.common import PageNumber, missing
from muniment.web.pages.drafting import Form, typed_amount
from muniment.web.pages.papers import name_of
from muniment.web.site import Here, Site
from muniment.web.text import is_id

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Word = Annotated[str, Query(max_length=70)]
# The paper that a step is done with.
_DRAFTS = {
    "accept_offer": "offer",
    "sign_contract": "contract",
    "finance": "finance",
    "sign_bill_of_sale": "bill",
}


@router.get("/sales")
def search(
    site: Here, request: Request, title: Word = "", party: Word = "", status: Word = "", page: PageNumber = 1
) -> HTMLResponse:
    """Sales, 25 to a page: all of them, or a title's, a party's, or those at one step."""
    chosen = next((one for one in SaleStatus if one.name.lower() == status and one), None)
    title, party = (one.lower() if is_id(one) else "" for one in (title, party))
    with site.reading() as connection:
        found = queries.search(connection, site.clock(), title or None, party or None, chosen, page)

    def link(number: int, at: str | None = None) -> str:
        kept = {"title": title, "party": party, "status": status if at is None else at, "page": number}
        return "/sales?" + urlencode({name: value for name, value in kept.items() if value})

    return site.page(
        request,
        "sales.html",
        known=found.as_of,
        found=found,
        title=title,
        party=party,
        chosen=chosen.name.lower() if chosen else "",
        link=link,
    )


@router.get("/sales/{sale}")
def sale(site: Here, request: Request, sale: str) -> HTMLResponse:
    """One sale: the next step first, then all steps, the money, who takes part, and how it can end."""
    now = site.clock()
    with site.reading() as connection:
        answer = _answer(connection, sale, now)
        frozen = bool(restrictions_of(connection, answer.title, RestrictionKind.FREEZE, now).standing)
    coming = [step for step in answer.steps if step.state in ("next", "missed")] if answer.status.under_way else []
    roles: dict[str, list[str]] = {}
    for line in answer.parties:
        roles.setdefault(line.role, []).append(line.party)
    return site.page(
        request,
        "sale.html",
        known=answer.as_of,
        answer=answer,
        now=now,
        frozen=frozen,
        next_steps=coming,
        ways={step.step: _ways(answer, step) for step in coming},
        waiting_for={step.step: [actor for actor in step.who if not actor.signed] for step in coming},
        roles=sorted(roles.items(), key=lambda one: _ORDER.index(one[0])),
    )


_ORDER = ("seller", "buyer", "agent", "sellers_bank", "buyers_bank", "lien_holder")


@router.get("/sales/{sale}/draft/{kind}")
def draft(site: Here, request: Request, sale: str, kind: str, lien: Word = "") -> HTMLResponse:
    """The form for a paper of a sale."""
    if kind not in drafting.OPEN:
        raise missing()
    now = site.clock()
    with site.reading() as connection:
        case = _case(connection, sale)
        open_ = case.status in drafting.OPEN[kind] and case.deadline >= now
        form = _form(site, request, connection, case, kind, lien.lower(), now) if open_ else None
        known, name = as_of(connection), name_of(connection, case.title)
    return site.page(
        request,
        "sale_draft.html",
        known=known,
        kind=kind,
        name=name,
        back=f"/sales/{case.sale}",
        closed="draft.closed",
        **_shown(form),
    )


@router.get("/land/{title}/sell")
def sell(site: Here, request: Request, title: str) -> HTMLResponse:
    """The form with which holders put up their title for sale."""
    if not is_id(title):
        raise missing()
    now, words = site.clock(), site.words_of(request)
    with site.reading() as connection:
        answer = land.title(connection, title, now)
        if answer is None or answer.retired_at is not None:
            raise missing()
        accepted = [line for line in queries.rates(connection, answer.jurisdiction) if line.accepted]
    currencies = [site.currencies.of(line.currency) for line in accepted]
    form = drafting.listing(words, answer.title, currencies, now) if currencies else None
    return site.page(
        request,
        "sale_draft.html",
        known=answer.as_of,
        kind="listing",
        name=answer.ref,
        back=f"/land/{answer.title}",
        closed="draft.no_currency",
        **_shown(form),
    )


@router.get("/sales/{sale}/deposit")
def deposit(site: Here, request: Request, sale: str) -> HTMLResponse:
    """The page on which a payer pays into escrow, from a wallet of its own."""
    with site.reading() as connection:
        answer = _answer(connection, sale, site.clock())
    money, offer = answer.money, answer.documents["offer"]
    unit = site.currencies.of(money.currency)
    left = 0 if money.due is None else money.due - money.open
    open_ = answer.status is SaleStatus.PENDING_TITLE and money.due is not None and left > 0 and not answer.overdue
    payers = [] if offer is None else list(offer["payers"])
    shown = {
        "chain": site.deployment.chain_id,
        "sale": answer.sale,
        "token": money.token,
        "payers": payers,
        "left": str(left),
        "decimals": unit.decimals or 0,
        "unit": unit.name,
        "listing": answer.documents["listing"],
        "offer": offer,
        "terms": answer.documents["contract"],
    }
    return site.page(
        request,
        "sale_deposit.html",
        known=answer.as_of,
        answer=answer,
        name=answer.ref or answer.title,
        unit=unit,
        left=left,
        open=open_,
        closed="deposit.full" if money.due is not None and left == 0 else "deposit.closed",
        payers=payers,
        amount=typed_amount(left, unit),
        escrow=site.deployment.contracts[ESCROW].address.lower() if open_ else "",
        deposit=json.dumps(shown) if open_ and CONTRACT in site.deployment.contracts else "",
    )


def _answer(connection: Connection, sale: str, now: int) -> SaleAnswer:
    """A sale by its id. Raises Problem (404)."""
    answer = queries.sale(connection, sale, now) if is_id(sale) else None
    if answer is None:
        raise missing()
    return answer


def _case(connection: Connection, sale: str) -> Case:
    """The same as its next step needs it. Raises Problem (404)."""
    try:
        if is_id(sale):
            return case_of(connection, sale)
    except Refused:
        pass
    raise missing()


def _ways(answer: SaleAnswer, step: Step) -> Sequence[tuple[str, str]]:
    """Where the next step can be done: address, and the words' key."""
    here = f"/sales/{answer.sale}"
    if step.step == "deposit":
        return [(f"{here}/deposit", "deposit.link")]
    if step.step == "settle":
        ready = all(line.state in ("signed", "paid") for line in answer.payoffs)
        return [(f"{here}/draft/settle", "draft.settle")] if ready else []
    kind = _DRAFTS.get(step.step)
    if kind is None:
        return []
    made = [] if step.paper is None else [(f"/sales/papers/{step.paper}", "draft.sign")]
    # An offer is one of many; of any other paper one is enough.
    return made + ([(f"{here}/draft/{kind}", f"draft.{kind}")] if kind == "offer" or not made else [])


def _form(
    site: Site, request: Request, connection: Connection, case: Case, kind: str, lien: str, now: int
) -> Form:
    """The form for a kind of paper. Raises Problem (404) for a payoff of a lien that is not paid off."""
    words, currency = site.words_of(request), site.currencies.of(case.currency)
    if kind == "payoff":
        fates = {fate["lien"]: int(fate["payoff"]) for fate in case.terms_or_refused()["liens"]}
        if not fates.get(lien):
            raise missing()
        return drafting.payoff(words, case, currency, lien, fates[lien])
    if kind == "contract":
        return drafting.contract(words, case, currency, liens_of(connection, case.title).liens, now)
    made = {
        "offer": lambda: drafting.offer(words, case, currency, now),
        "finance": lambda: drafting.finance(words, case, currency),
        "bill": lambda: drafting.bill(words, case, now),
        "cancellation": lambda: drafting.cancellation(words, case),
        "settle": lambda: drafting.settle(case),
    }
    return made[kind]()


def _shown(form: Form | None) -> Mapping[str, object]:
    """What the template takes of a form; None for one that is closed."""
    if form is None:
        return {"open": False}
    fields = [{name: asdict(one)[name] for name in ("name", "kind", "optional", "decimals")} for one in form.fields]
    return {
        "open": True,
        "fields": form.fields,
        "currencies": form.currencies,
        "draft": json.dumps({"post": form.post, "fields": fields, "fixed": form.fixed}),
    }
