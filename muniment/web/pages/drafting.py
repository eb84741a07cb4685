"""Forms out of which papers of a sale are made: their fields, with deadlines that leave everybody time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from muniment.land.answers import LienLine
from muniment.land.sales.case import Case
from muniment.land.sales.model import SaleStatus, is_nobody
from muniment.web.language import Words
from muniment.web.money import Currency

_DAY = 24 * 3600
# Days from now: for offers, for the contract to be signed, lodged, financed and completed.
_OFFERS, _CONTRACT, _LODGE, _FINANCE, _COMPLETE = 90, 14, 14, 35, 56


@dataclass(frozen=True)
class Field:
    """One field; `kind` says how the page's script reads it, `decimals` how many an amount has (None: as chosen)."""

    name: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    optional: bool = False
    decimals: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Form:
    """Where a paper is posted to, what is asked for it, and what goes with it as it is."""

    post: str
    fields: Sequence[Field]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    currencies: Sequence[Currency] = ()


def day(now: int, after: int) -> str:
    """The day so many days after a Unix time, as forms have it."""
    return time.strftime("%Y-%m-%d", time.gmtime(now + after * _DAY))


def listing(t: Words, title: str, currencies: Sequence[Currency], now: int) -> Form:
    """What is sold, for how much, until when."""
    party = t("draft.party.hint")
    return Form(
        "/api/sales/listings",
        [
            Field("price", "amount", t("draft.price"), t("draft.price.hint")),
            Field("currency", "currency", t("draft.currency")),
            Field("until", "day", t("draft.until"), t("draft.day.hint"), day(now, _OFFERS)),
            Field("documentHash", "file", t("draft.document"), t("draft.document.hint")),
            Field("agent", "party", t("draft.agent"), party, optional=True),
            Field("sellersBank", "party", t("draft.sellers_bank"), party, optional=True),
        ],
        {"title": title},
        currencies,
    )


def offer(t: Words, case: Case, currency: Currency, now: int) -> Form:
    """At what price, in which shares, paid by whom. In the currency of the listing."""
    asked = typed_amount(int(case.listing["price"]), currency)
    payers = [] if case.token is None else [
        Field("payers", "addresses", t("draft.payers"), t("draft.payers.hint"), optional=True)
    ]  # fmt: skip
    bank = Field(
        "buyersBank", "party", t("draft.buyers_bank"), t("draft.party.hint"), optional=case.token is not None
    )
    return Form(
        f"/api/sales/{case.sale}/offers",
        [
            Field("shares", "shares", t("draft.buyers"), t("draft.buyers.hint")),
            _amount(t, "price", "draft.price", currency, value=asked),
            *payers,
            bank,
            Field("until", "day", t("draft.offer_until"), t("draft.day.hint"), day(now, _CONTRACT)),
            Field("documentHash", "file", t("draft.document"), t("draft.document.hint")),
        ],
    )


def contract(t: Words, case: Case, currency: Currency, liens: Sequence[LienLine], now: int) -> Form:
    """What becomes of each lien, what the agent gets, and by when each step is done."""
    fates = []
    for line in liens:
        label = t("draft.lien", lien=f"{line.lien[:10]}…", rank=line.rank)
        known = line.amount is not None and line.currency == case.currency
        value = typed_amount(int(line.amount or 0), currency) if known else ""
        fates.append(
            Field(
                line.lien, "lien", label, t("draft.lien.hint"), value, True, currency.decimals or 0, currency.name
            )
        )
    agent = [] if is_nobody(case.listing["agent"]) else [
        _amount(t, "agentFee", "draft.agent_fee", currency, optional=True)
    ]  # fmt: skip
    hint = t("draft.day.hint")
    return Form(
        f"/api/sales/{case.sale}/contracts",
        [
            Field("documentHash", "file", t("draft.document"), t("draft.document.hint")),
            *fates,
            *agent,
            Field("lodgeBy", "day", t("draft.lodge_by"), hint, day(now, _LODGE)),
            Field("financeBy", "day", t("draft.finance_by"), hint, day(now, _FINANCE)),
            Field("completeBy", "day", t("draft.complete_by"), hint, day(now, _COMPLETE)),
        ],
    )


def finance(t: Words, case: Case, currency: Currency) -> Form:
    """The bank's word, and its mortgage when it lends."""
    banked = not is_nobody(case.offer_or_refused()["buyersBank"])
    mortgage = [
        _amount(t, "mortgage.amount", "draft.mortgage", currency, hint=t("draft.mortgage.hint"), optional=True),
        Field("mortgage.deedHash", "file", t("draft.deed"), t("draft.document.hint"), optional=True),
    ]
    document = Field(
        "documentHash", "file", t("draft.document"), t("draft.document.hint"), optional=case.token is not None
    )
    return Form(f"/api/sales/{case.sale}/finance", [*(mortgage if banked else ()), document])


def bill(t: Words, case: Case, now: int) -> Form:
    """The last word of both sides."""
    return Form(
        f"/api/sales/{case.sale}/bills",
        [
            Field("documentHash", "file", t("draft.document"), t("draft.document.hint")),
            Field("legalDate", "legal_date", t("draft.possession"), value=day(now, 0)),
        ],
    )


def payoff(t: Words, case: Case, currency: Currency, lien: str, most: int) -> Form:
    """For how much the holder of a lien lets go."""
    payout = [] if case.token is None else [
        Field("payout", "address", t("draft.payout"), t("draft.payout.hint"), optional=True)
    ]  # fmt: skip
    amount = _amount(t, "amount", "draft.payoff_amount", currency, value=typed_amount(most, currency))
    return Form(f"/api/sales/{case.sale}/payoffs", [amount, *payout], {"lien": lien})


def cancellation(t: Words, case: Case) -> Form:
    """An end by agreement."""
    document = Field("documentHash", "file", t("draft.document"), t("draft.document.hint"))
    return Form(f"/api/sales/{case.sale}/cancellations", [document])


def settle(case: Case) -> Form:
    """Nothing more to say: everything is signed."""
    return Form("/api/sales/settle", [], {"sales": [case.sale]})


# Where the sale stands when a paper can be drawn up.
_FROM_LISTED = frozenset(status for status in SaleStatus if status.under_way)
_AGREED = _FROM_LISTED - {SaleStatus.LISTED, SaleStatus.OFFER_ACCEPTED}
OPEN: Mapping[str, frozenset[SaleStatus]] = {
    "offer": frozenset({SaleStatus.LISTED}),
    "contract": frozenset({SaleStatus.OFFER_ACCEPTED}),
    "finance": frozenset({SaleStatus.CONTRACT_SIGNED, SaleStatus.PENDING_TITLE}),
    "bill": frozenset({SaleStatus.CONTRACT_SIGNED, SaleStatus.PENDING_TITLE, SaleStatus.FINANCED}),
    "payoff": frozenset(_AGREED),
    "cancellation": _FROM_LISTED,
    "settle": frozenset({SaleStatus.BILL_OF_SALE_SIGNED, SaleStatus.DUTY_PAID}),
}


def _amount(
    t: Words, name: str, key: str, currency: Currency, hint: str = "", value: str = "", optional: bool = False
) -> Field:
    unknown = currency.decimals is None
    told = t("draft.smallest.hint") if unknown else hint or t("draft.price.hint")
    return Field(name, "amount", t(key), told, value, optional, currency.decimals or 0, currency.name)


def typed_amount(amount: int, currency: Currency) -> str:
    """An amount as one types it into a form."""
    whole, rest = divmod(amount, 10 ** (currency.decimals or 0))
    return f"{whole}.{rest:0{currency.decimals}d}" if rest else str(whole)


