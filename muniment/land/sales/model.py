"""Sales of titles as the chain knows them (`interfaces/land/IConveyance.sol`): steps, papers, money."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import Any

from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak, keccak_words

CONTRACT = "Conveyance"
ESCROW = "SaleEscrow"
SALE_DOMAIN = keccak(b"Muniment.Sale.v1")
MAX_CHAIN = 8
MAX_LIENS = 16
MAX_HOLDERS = 32
MOST_PAYERS = 16
NOTICE_LIMIT = 180 * 24 * 3600  # seconds that a priority notice stands at most
LIFETIME = 30 * 24 * 3600  # seconds for which what a person signs can be used, unless the step's time is over before
WHOLE = 1_000_000  # duty is in millionths of the price
NO_LIEN: Mapping[str, Any] = {
    "kind": 0, "creditor": ZERO_HASH, "amount": "0", "currency": ZERO_HASH, "deedHash": ZERO_HASH,
}  # fmt: skip

_CODE = re.compile(r"[A-Z]{3}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_WORD = re.compile(r"0x[0-9a-f]{64}")


class SaleStatus(IntEnum):
    """Where a sale stands. The last three are its ends."""

    NONE = 0
    LISTED = 1
    OFFER_ACCEPTED = 2
    CONTRACT_SIGNED = 3
    PENDING_TITLE = 4
    FINANCED = 5
    BILL_OF_SALE_SIGNED = 6
    DUTY_PAID = 7
    REGISTERED = 8
    CANCELLED = 9
    EXPIRED = 10

    @property
    def under_way(self) -> bool:
        """Whether it has begun and not ended."""
        return SaleStatus.NONE < self < SaleStatus.REGISTERED


class Role(StrEnum):
    """In what part somebody takes part in a sale."""

    SELLER = "seller"
    BUYER = "buyer"
    AGENT = "agent"
    SELLERS_BANK = "sellers_bank"
    BUYERS_BANK = "buyers_bank"
    LIEN_HOLDER = "lien_holder"


class PaperKind(StrEnum):
    """What is signed together. A payoff is kept for the settlement; every other paper is a step of its own."""

    LISTING = "listing"
    OFFER = "offer"
    CONTRACT = "contract"
    FINANCE = "finance"
    BILL = "bill"
    PAYOFF = "payoff"
    CANCELLATION = "cancellation"


# The struct that a paper is, where it is one.
STRUCT: Mapping[PaperKind, str] = {
    PaperKind.LISTING: "Listing",
    PaperKind.OFFER: "Offer",
    PaperKind.CONTRACT: "SaleContract",
    PaperKind.FINANCE: "Finance",
    PaperKind.BILL: "BillOfSale",
}
# Where the sale stands when the chain takes the paper, and since when it may be drafted.
FROM: Mapping[PaperKind, SaleStatus] = {
    PaperKind.LISTING: SaleStatus.NONE,
    PaperKind.OFFER: SaleStatus.LISTED,
    PaperKind.CONTRACT: SaleStatus.OFFER_ACCEPTED,
    PaperKind.FINANCE: SaleStatus.PENDING_TITLE,
    PaperKind.BILL: SaleStatus.FINANCED,
}
EARLIEST: Mapping[PaperKind, SaleStatus] = {
    **FROM,
    PaperKind.FINANCE: SaleStatus.CONTRACT_SIGNED,
    PaperKind.BILL: SaleStatus.CONTRACT_SIGNED,
    PaperKind.PAYOFF: SaleStatus.CONTRACT_SIGNED,
}
# What a power of attorney must allow, by the part that the principal has.
ACTS: Mapping[Role, str] = {
    Role.SELLER: "land.sell",
    Role.BUYER: "land.buy",
    Role.AGENT: "land.mediate",
    Role.SELLERS_BANK: "land.receive",
    Role.BUYERS_BANK: "land.lend",
    Role.LIEN_HOLDER: "land.discharge",
}
CHARGE = "land.charge"  # buyers who borrow


@dataclass(frozen=True)
class Rates:
    """What a register takes of prices in a currency; duty in millionths of the price."""

    jurisdiction: str
    currency: str
    accepted: bool
    person: int
    organisation: int
    payee: str
    fee: int


def sale_id(listing_hash: str) -> str:
    """keccak256(abi.encode(keccak256("Muniment.Sale.v1"), hashStruct(listing)))."""
    return keccak_words(SALE_DOMAIN, listing_hash)


def closing_of(finance_hash: str, bill_hash: str) -> str:
    """The financing and the bill of sale in one word, as the contract keeps them."""
    return keccak_words(finance_hash, bill_hash)


def currency_word(text: str) -> str:
    """A currency as contracts have it: of a code (ISO 4217), a token's address, or the word itself. Raises Refused."""
    low = text.strip().lower()
    if _CODE.fullmatch(text.strip()):
        return "0x" + text.strip().encode().hex().ljust(64, "0")
    if _ADDRESS.fullmatch(low):
        low = "0x" + low[2:].rjust(64, "0")
    if not _WORD.fullmatch(low) or low == ZERO_HASH or (token_of(low) is None and currency_code(low) is None):
        raise Refused("CurrencyUnreadable", currency=text[:100])
    return low


def token_of(currency: str) -> str | None:
    """The token that a currency is; None for one of ISO 4217."""
    return "0x" + currency[26:] if int(currency, 16) < 1 << 160 else None


def currency_code(currency: str) -> str | None:
    """The ISO 4217 code that a currency is, or None."""
    raw = bytes.fromhex(currency[2:]).rstrip(b"\0")
    return raw.decode() if len(raw) == 3 and _CODE.fullmatch(raw.decode("latin-1")) else None


def currency_text(currency: str) -> str:
    """The code, or the token's address; the word itself where it is neither."""
    return currency_code(currency) or token_of(currency) or currency


def split(amount: int, denominator: int, numerators: Iterable[int]) -> list[int]:
    """Parts of an amount that sum exactly to it: each up to where its share ends, less what came before."""
    parts, reached, given = [], 0, 0
    for numerator in numerators:
        reached += numerator
        upto = amount * reached // denominator
        parts.append(upto - given)
        given = upto
    return parts


def duty_of(rates: Rates, price: int, denominator: int, buyers: Sequence[tuple[int, bool]]) -> int:
    """Stamp duty and fee on a price; of each buyer the numerator, and whether it is an organisation."""
    duty = rates.fee
    for part, (_, organisation) in zip(split(price, denominator, (part for part, _ in buyers)), buyers, strict=True):
        duty += part * (rates.organisation if organisation else rates.person) // WHOLE
    return duty


def check_shares(title: str, denominator: int, shares: Sequence[Mapping[str, Any]]) -> None:
    """Refuse shares that the contract would refuse; they come in ascending order of holder."""
    if not 1 <= len(shares) <= MAX_HOLDERS:
        raise Refused("HoldersRefused", title=title, count=len(shares))
    for one in shares:
        if one["holder"] == ZERO_HASH:
            raise Refused("HolderOrder", title=title, holder=one["holder"])
        if not int(one["numerator"]):
            raise Refused("ShareMissing", title=title, holder=one["holder"])
    for one, other in pairwise(shares):
        if one["holder"] >= other["holder"]:
            raise Refused("HolderOrder", title=title, holder=other["holder"])
    total = sum(int(one["numerator"]) for one in shares)
    if total != denominator or (len(shares) == 1 and denominator != 1) or denominator >= 1 << 64:
        raise Refused("SharesNotWhole", title=title, sum=total, denominator=denominator)


def deposit_due(offer: Mapping[str, Any], terms: Mapping[str, Any]) -> int:
    """What payers have to pay into escrow: price and duty, less what other sales feed."""
    return int(offer["price"]) + int(terms["duty"]) - int(terms["fed"])


def next_deadline(status: SaleStatus, papers: Mapping[str, Any]) -> int:
    """The last second for the step that comes after a status, by the papers that were signed."""
    if status is SaleStatus.LISTED:
        return int(papers["listing"]["until"])
    if status is SaleStatus.OFFER_ACCEPTED:
        return int(papers["offer"]["until"])
    terms = papers["terms"]
    name = {SaleStatus.CONTRACT_SIGNED: "lodgeBy", SaleStatus.PENDING_TITLE: "financeBy"}.get(status, "completeBy")
    return int(terms[name])


def is_nobody(party: str) -> bool:
    """Whether an id stands for nobody."""
    return party == ZERO_HASH


def is_nowhere(address: str) -> bool:
    """Whether an address stands for none."""
    return address == ZERO_ADDRESS
