"""A sale as the steps that lead to registration: who must act, what they sign, by when, what was done, what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.hashing import ZERO_HASH
from muniment.land.sales.case import Case
from muniment.land.sales.model import PaperKind, Role, SaleStatus, is_nobody
from muniment.land.sales.papers import Paper

_REGISTRAR, _PAYER, _ANYONE = "registrar", "payer", "anyone"

# Step → what it is called, what is done in one sentence, the paper, and the event that tells it.
_WORDS: Mapping[str, tuple[str, str]] = {
    "list": ("Put up for sale", "Sellers and agent sign the listing."),
    "accept_offer": ("Accept an offer", "Sellers and buyers sign the offer."),
    "sign_contract": ("Sign the contract", "Sellers, buyers, agent and the sellers' bank sign the contract."),
    "lodge": ("Lodge the contract", "A registrar lodges the contract, and the title is kept for this sale."),
    "deposit": ("Pay into escrow", "Those whom the buyers named pay price and duty into escrow."),
    "finance": ("Declare the money", "The buyers' bank signs that the money is there; buyers sign when it lends."),
    "sign_bill_of_sale": ("Sign the bill of sale", "Sellers and buyers sign the bill of sale."),
    "confirm_duty": ("Confirm the duty", "A registrar confirms that stamp duty and fee were paid."),
    "settle": (
        "Settle and register",
        "Holders of liens that are paid off sign their amounts; then anyone lets money and title change hands.",
    ),
}
_EVENTS: Mapping[str, str] = {
    "SaleListed": "list",
    "OfferAccepted": "accept_offer",
    "ContractSigned": "sign_contract",
    "SaleLodged": "lodge",
    "Deposited": "deposit",
    "SaleFinanced": "finance",
    "BillOfSaleSigned": "sign_bill_of_sale",
    "DutyPaid": "confirm_duty",
    "SaleRegistered": "settle",
}
_PAPERS: Mapping[str, PaperKind] = {
    "list": PaperKind.LISTING,
    "accept_offer": PaperKind.OFFER,
    "sign_contract": PaperKind.CONTRACT,
    "finance": PaperKind.FINANCE,
    "sign_bill_of_sale": PaperKind.BILL,
}
_NEXT: Mapping[SaleStatus, tuple[str, ...]] = {
    SaleStatus.LISTED: ("accept_offer",),
    SaleStatus.OFFER_ACCEPTED: ("sign_contract",),
    SaleStatus.CONTRACT_SIGNED: ("lodge",),
    SaleStatus.PENDING_TITLE: ("deposit", "finance"),
    SaleStatus.FINANCED: ("sign_bill_of_sale",),
    SaleStatus.BILL_OF_SALE_SIGNED: ("confirm_duty", "settle"),
    SaleStatus.DUTY_PAID: ("settle",),
}


@dataclass(frozen=True)
class Actor:
    """Who acts in a step, and how; `signed` is None where nothing is signed or no paper gathers."""

    role: str
    party: str | None
    acts: str  # signs, pays, enters, sends
    signed: bool | None


@dataclass(frozen=True)
class Done:
    """In which transaction a step was done."""

    at: int
    tx_hash: str


@dataclass(frozen=True)
class Step:
    """One step. `by` is its last second, None where nothing says it yet; `state`: done, next, later or missed."""

    step: str
    title: str
    who: tuple[Actor, ...]
    what: str
    by: int | None
    state: str
    done_at: int | None
    tx_hash: str | None
    gas: int | None
    document_hash: str | None
    paper: str | None


def step_of(event: str) -> str | None:
    """The step that an event tells."""
    return _EVENTS.get(event)


def who_is_next(case: Case) -> list[tuple[Role, str]]:
    """The parties who must act for the sale to go on."""
    names = [name for name in _NEXT.get(case.status, ()) if _is_needed(case, name) and not _is_paid(case, name)]
    found: list[tuple[Role, str]] = []
    for name in names[:1]:
        found += [(role, party) for role, party in _signers(case, name) if not is_nobody(party)]
    return found


def steps_of(
    case: Case, done: Mapping[str, Done], gas: Mapping[str, int], papers: Sequence[Paper], overdue: bool
) -> tuple[Step, ...]:
    """All steps of a sale in their order, without those that it goes without."""
    names = [name for name in _WORDS if _is_needed(case, name)]
    coming = [name for name in _NEXT.get(case.status, ()) if name in names and not _is_paid(case, name)][:1]
    return tuple(_step(case, name, done, gas, papers, name in coming, overdue) for name in names)


def next_sentence(case: Case, steps: Sequence[Step], overdue: bool) -> str | None:
    """What happens next, in one sentence; None for a sale that has ended."""
    if not case.status.under_way:
        return None
    if overdue:
        return "The time for the next step is over: the sale will be ended, and payers get back what they paid."
    return next((step.what for step in steps if step.state == "next"), None)


def signature_count(case: Case, reached: Sequence[str], payoffs: int, cancelled_before: SaleStatus | None) -> int:
    """How many signatures the chain took for the steps that were done: exactly as many as the contract asks for."""
    count = payoffs if "settle" in reached else 0
    for name in reached:
        count += len([party for _, party in _signers(case, name) if not is_nobody(party)])
    if cancelled_before is not None:
        count += len(case.listing["sellers"])
        if cancelled_before is not SaleStatus.LISTED:
            count += len(case.offer_or_refused()["shares"])
    return count


def _step(
    case: Case,
    name: str,
    done: Mapping[str, Done],
    gas: Mapping[str, int],
    papers: Sequence[Paper],
    coming: bool,
    overdue: bool,
) -> Step:
    title, what = _WORDS[name]
    told = done.get(name)
    if name == "deposit" and not _is_paid(case, name) and case.status <= SaleStatus.PENDING_TITLE:
        told = None  # a part of it is there
    paper = _paper(name, papers)
    if told is not None:
        state = "done"
    elif coming:
        state = "missed" if overdue else "next"
    else:
        state = "later" if case.status.under_way else "missed"
    return Step(
        step=name,
        title=title,
        who=tuple(_actors(case, name, paper, told is not None)),
        what=what,
        by=_deadline(case, name),
        state=state,
        done_at=None if told is None else told.at,
        tx_hash=None if told is None else told.tx_hash,
        gas=None if told is None else gas.get(told.tx_hash),
        document_hash=_document(case, name),
        paper=None if paper is None else paper.paper,
    )


def _is_needed(case: Case, name: str) -> bool:
    """Whether the money takes this way: into escrow, or by a bank's word."""
    if name == "deposit":
        return case.token is not None
    return name != "confirm_duty" or case.token is None


def _is_paid(case: Case, name: str) -> bool:
    return name == "deposit" and case.due is not None and case.open >= case.due


def _signers(case: Case, name: str) -> list[tuple[Role, str]]:
    """Who signs a step, in the contract's order; nobodies too."""
    sellers = [(Role.SELLER, party) for party in case.listing["sellers"]]
    agent = (Role.AGENT, str(case.listing["agent"]))
    if name == "list":
        return [*sellers, agent]
    shares = [] if case.offer is None else case.offer["shares"]
    buyers = [(Role.BUYER, str(share["holder"])) for share in shares]
    if name in ("accept_offer", "sign_bill_of_sale"):
        return [*sellers, *buyers]
    if name == "sign_contract":
        return [*sellers, *buyers, agent, (Role.SELLERS_BANK, str(case.listing["sellersBank"]))]
    if name == "finance":
        bank = (Role.BUYERS_BANK, ZERO_HASH if case.offer is None else str(case.offer["buyersBank"]))
        lends = case.finance is not None and case.finance["mortgage"]["kind"]
        return [bank, *(buyers if lends else [])]
    return []


def _actors(case: Case, name: str, paper: Paper | None, done: bool) -> list[Actor]:
    if name in ("lodge", "confirm_duty"):
        return [Actor(_REGISTRAR, None, "enters", None)]
    if name == "deposit":
        return [Actor(_PAYER, None, "pays", None)]
    if name == "settle":
        return [Actor(_ANYONE, None, "sends", None)]
    if paper is not None and not done:
        return [Actor(one.role.value, one.party, "signs", one.signed_at is not None) for one in paper.signers]
    signers = [(role, party) for role, party in _signers(case, name) if not is_nobody(party)]
    return [Actor(role.value, party, "signs", done) for role, party in signers]


def _paper(name: str, papers: Sequence[Paper]) -> Paper | None:
    """The paper that the step was done with, or else the latest that still may be."""
    mine = [paper for paper in papers if _PAPERS.get(name) is paper.kind]
    live = [paper for paper in mine if paper.state in ("gathering", "signed", "queued", "failed")]
    return next((paper for paper in mine if paper.state == "done"), live[-1] if live else None)


def _deadline(case: Case, name: str) -> int | None:
    if name == "list":
        return None
    if name == "accept_offer":
        return int(case.listing["until"])
    if name == "sign_contract":
        return None if case.offer is None else int(case.offer["until"])
    if case.terms is None:
        return None
    member = {"lodge": "lodgeBy", "deposit": "financeBy", "finance": "financeBy"}.get(name, "completeBy")
    return int(case.terms[member])


def _document(case: Case, name: str) -> str | None:
    papers: Mapping[str, Mapping[str, Any] | None] = {
        "list": case.listing,
        "accept_offer": case.offer,
        "sign_contract": case.terms,
        "finance": case.finance,
        "sign_bill_of_sale": case.bill,
    }
    paper = papers.get(name)
    return None if paper is None or is_nobody(paper["documentHash"]) else str(paper["documentHash"])
