"""The shapes of what is sent and answered about sales. Members of papers keep the contract's names."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from muniment.db.answers import Finality
from muniment.web.api.company_models import Deadline, Id, Sent, Signature, Signed
from muniment.web.api.models import ADDRESS, DECIMAL, Answer, Name, Page, Uint, Whole


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _fits(bits: int) -> AfterValidator:
    def fits(text: str) -> str:
        if int(text) >= 1 << bits:
            raise ValueError(f"the number does not fit {bits} bits")
        return text

    return AfterValidator(fits)


def _low(text: str) -> str:
    return text.lower()


LowId = Annotated[Id, AfterValidator(_low)]
Address = Annotated[str, Field(pattern=ADDRESS), AfterValidator(_low)]
Uint64 = Annotated[str, BeforeValidator(_text), Field(pattern=DECIMAL), _fits(64)]
Uint128 = Annotated[str, BeforeValidator(_text), Field(pattern=DECIMAL), _fits(128)]
Uint256 = Annotated[str, BeforeValidator(_text), Field(pattern=DECIMAL), _fits(256)]
JURISDICTION = "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
Currency = Annotated[str, Field(min_length=3, max_length=66)]


class ListingAsked(Sent):
    """A title that its holders put up for sale."""

    title: LowId
    currency: Currency
    price: Uint128
    documentHash: LowId  # noqa: N815 -- the contract's name
    until: Deadline
    sellersBank: LowId | None = None  # noqa: N815
    agent: LowId | None = None


class ShareAsked(Sent):
    """A buyer's part."""

    holder: LowId
    numerator: Uint64


class OfferAsked(Sent):
    """What buyers offer; the buyers' own wallets pay a token where no payers are named."""

    shares: list[ShareAsked] = Field(min_length=1, max_length=32)
    price: Uint128
    documentHash: LowId  # noqa: N815
    until: Deadline
    denominator: Uint64 | None = None
    buyersBank: LowId | None = None  # noqa: N815
    currency: Currency | None = None
    payers: list[Address] | None = Field(default=None, max_length=16)


class FateAsked(Sent):
    """The most that it may cost to pay a lien off; 0 when it stays."""

    lien: LowId
    payoff: Uint128


class ContractAsked(Sent):
    """The contract of sale. Liens that are not named stay."""

    documentHash: LowId  # noqa: N815
    lodgeBy: Deadline  # noqa: N815
    financeBy: Deadline  # noqa: N815
    completeBy: Deadline  # noqa: N815
    liens: list[FateAsked] = Field(default=[], max_length=16)
    payouts: list[Address] | None = Field(default=None, max_length=32)
    agentFee: Uint128 = "0"  # noqa: N815
    agentPayout: Address | None = None  # noqa: N815
    feeds: LowId | None = None
    feedAmount: Uint128 = "0"  # noqa: N815
    fed: Uint128 = "0"


class MortgageAsked(Sent):
    """The lien that the buyers' bank lends against."""

    amount: Uint256
    deedHash: LowId  # noqa: N815
    currency: Currency | None = None


class FinanceAsked(Sent):
    """Where the money comes from."""

    documentHash: LowId | None = None  # noqa: N815
    mortgage: MortgageAsked | None = None
    rank: int | None = Field(default=None, ge=0, le=255)


class BillAsked(Sent):
    """The bill of sale; `legalDate` is YYYYMMDD, 0 for none."""

    documentHash: LowId  # noqa: N815
    legalDate: int = Field(ge=0, le=99_991_231)  # noqa: N815


class PayoffAsked(Sent):
    """For how much a lien's holder releases the title."""

    lien: LowId
    amount: Uint128
    payout: Address | None = None


class CancellationAsked(Sent):
    """The agreement to end a sale."""

    documentHash: LowId  # noqa: N815


class PaperSignature(Sent):
    """A party's signature under a paper; under a power of attorney that of its attorney."""

    party: LowId
    signature: Signature
    place: int | None = Field(default=None, ge=0, le=255)
    power: LowId | None = None
    attorney: LowId | None = None


class SettlementAsked(Sent):
    """Sales that are settled together, in any order."""

    sales: list[LowId] = Field(max_length=64)


class DutyAsked(Sent):
    """A price, and who would hold the title."""

    jurisdiction: str = Field(pattern=JURISDICTION)
    currency: Currency
    price: Uint128
    shares: list[ShareAsked] = Field(min_length=1, max_length=32)


class WithdrawalAsked(Sent):
    """A payee that is to be sent its credit."""

    token: Address
    payee: Address


class NonceAsked(Sent):
    """A nonce that a party wants to be good for nothing."""

    party: LowId
    nonce: Uint256


class NonceSigned(Signed):
    """The party's signature over CancelNonce."""

    party: LowId


# ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


class PaperSigner(Answer):
    """One of those who sign a paper."""

    place: int
    role: str
    party: str
    signed_at: int | None
    attorney: str | None


class Paper(Answer):
    """How a paper stands."""

    paper: str
    kind: str
    sale: str
    title: str
    document: Mapping[str, Any]
    hash: str
    deadline: int
    state: str
    intent_key: str | None
    missing: int
    signers: tuple[PaperSigner, ...]


class PaperPart(Answer):
    """What a party signs at one place."""

    place: int
    role: str
    party: str
    act: str
    subject: str
    wallets: tuple[str, ...]
    signed: bool
    typed_data: dict[str, Any]


class PaperParts(BaseModel):
    """Everything that a party signs in a paper."""

    to_sign: tuple[PaperPart, ...]


class SaleLine(Answer):
    """A sale in a list."""

    sale: str
    title: str
    jurisdiction: str | None
    ref: str | None
    status: Name
    deadline: int
    overdue: bool
    price: Uint
    currency: str
    currency_text: str
    sellers: tuple[str, ...]
    buyers: tuple[str, ...]
    listed_at: int
    block_number: int
    finality: Finality


class Sales(Whole):
    """One page of sales."""

    page: Page
    sales: tuple[SaleLine, ...] = Field(validation_alias="lines")


class Party(Answer):
    """Who takes part, and as what."""

    role: str
    party: str
    place: int


class DepositLine(Answer):
    """What a payer paid in."""

    payer: str
    paid: Uint
    refunded: Uint
    refund: str


class Release(Answer):
    """What a payee had credited."""

    payee: str
    amount: Uint


class Money(Answer):
    """The money of a sale."""

    mode: str | None
    currency: str
    currency_text: str
    token: str | None
    price: Uint
    duty: Uint | None
    fed: Uint | None
    due: Uint | None
    open: Uint
    deposits: tuple[DepositLine, ...]
    releases: tuple[Release, ...]


class Payoff(Answer):
    """A lien that is paid off."""

    lien: str
    most: Uint
    holder: str | None
    paper: str | None
    amount: Uint | None
    payout: str | None
    state: str
    tx_hash: str | None


class Actor(Answer):
    """Who acts in a step."""

    role: str
    party: str | None
    acts: str
    signed: bool | None


class Step(Answer):
    """One step of a sale."""

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


class End(Answer):
    """How a sale ended."""

    how: str
    at: int
    tx_hash: str
    document_hash: str | None


class Counts(Answer):
    """What a sale took so far."""

    signatures: int
    transactions: int
    gas: int
    gas_unknown: int


class PaperLine(Answer):
    """A paper that somebody has signed."""

    paper: str
    kind: str
    state: str
    missing: int


class Sale(Whole):
    """Everything public about a sale; its history is under /history."""

    sale: str
    title: str
    jurisdiction: str | None
    ref: str | None
    status: Name
    deadline: int
    overdue: bool
    documents: Mapping[str, Mapping[str, Any] | None]
    parties: tuple[Party, ...]
    lodgement: Uint | None
    notice_until: int | None
    officer: str | None
    money: Money
    payoffs: tuple[Payoff, ...]
    steps: tuple[Step, ...]
    end: End | None
    next: str | None
    counts: Counts
    papers: tuple[PaperLine, ...]
    listed_at: int
    changed_at: int
    tx_hash: str
    block_number: int
    block_hash: str
    finality: Finality


class PayerCall(Answer):
    """A transaction that a payer sends."""

    what: str
    to: str
    data: str
    value: str


class Deposit(Answer):
    """What a payer sends to pay into escrow."""

    payer: str
    token: str
    amount: Uint
    due: Uint
    open: Uint
    by: int
    transactions: tuple[PayerCall, ...]


class Rate(Answer):
    """What a register takes of prices in a currency."""

    currency: str
    currency_text: str
    token: str | None
    accepted: bool
    person: int
    organisation: int
    payee: str
    fee: Uint


class Rates(BaseModel):
    """What a register takes, by currency."""

    rates: tuple[Rate, ...]


class Duty(BaseModel):
    """Stamp duty and fee."""

    duty: Uint


class Credit(Answer):
    """What a payee may fetch."""

    token: str
    payee: str
    amount: Uint
    finality: Finality


class Credits(BaseModel):
    """What a payee may fetch, by token."""

    credits: tuple[Credit, ...]


class Notice(Answer):
    """One thing to tell."""

    id: int
    key: str
    kind: str
    subject: str
    facts: Mapping[str, Any]
    created_at: int


class Notices(BaseModel):
    """Notices behind a cursor; ask again from `next`."""

    notices: tuple[Notice, ...]
    next: int
